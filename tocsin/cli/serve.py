"""``tocsin serve``: run stored rules on their intervals, for as long as one likes."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, es_option, option, parse_data
from tocsin.cli.verb import verb


@verb
@option(
    "--rules",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule files, or folders of them. May be repeated. Default: what tocsin.yml names.",
)
@option(
    "--data",
    multiple=True,
    metavar="NAME=GLOB",
    help="An index and the files it is made of; lines appended later are read, too. May be repeated.",
)
@es_option
@option(
    "--listen",
    metavar="HOST:PORT",
    help="Offer the HTTP API there, such as 127.0.0.1:9095; port 0 is any free one, which the log tells. "
    "Default: what tocsin.yml says under api.",
)
@click.pass_obj
def serve(options: Globals, paths: tuple[Path, ...], data: tuple[str, ...], es: str | None, listen: str | None) -> int:
    """Run stored rules on their intervals and deliver what they have to say, until a signal ends it.

    The store is the one that tocsin.yml names. A changed rule file is read again on SIGHUP; a rule that has vanished
    from the files is disabled. SIGTERM or SIGINT let what is under way end (25 s), a second one ends at once.

    With --listen (or api.listen in tocsin.yml) the HTTP API is offered, too: what Kibana's answers for rules, under the
    same paths.

    Example: tocsin --config tocsin.yml serve --rules rules/ --data web=logs/web.ndjson --listen 127.0.0.1:9095
    """
    import asyncio

    from engine.api.address import parse_address
    from tocsin.daemon import serve as run_daemon
    from tocsin.log_lines import log_to_stderr
    from tocsin.session import load_session, refuse

    address = None if listen is None else parse_address(listen)
    session = load_session(options.config, paths)
    refuse([problem for problem in session.problems if problem.file == session.config_file])
    log_to_stderr(options.log_level or "info")
    asyncio.run(run_daemon(paths, parse_data(data), session, es, address))
    return 0
