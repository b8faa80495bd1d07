"""``tocsin demo``: watch rules evaluate real documents, raise alerts, deliver messages and recover."""

import shlex
import shutil
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import click

from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.verb import verb

_FAILED = 4


@verb
@option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("tocsin-demo"),
    show_default=True,
    help="Where to leave the data, the rules and the store; those of an earlier demo are replaced.",
)
@output_option
def demo(folder: Path, output: OutputFormat) -> int:
    """Replay a web log with an incident, and flights, through sample rules: two hours in simulated time.

    Messages go to the log, to an index in memory and to a receiver on this machine that the demo starts. Nothing is
    sent elsewhere. The flights need the extra `demo` (pip install '.[demo]').

    Example: tocsin demo --folder /tmp/tocsin-demo
    """
    import asyncio

    import orjson

    from tocsin.cli.tables import print_table
    from tocsin.cli.text import printable
    from tocsin.demo.replay import HEADINGS, as_json, replay, rows_of

    is_json = output is OutputFormat.JSON
    outcome = asyncio.run(replay(folder, lambda text: click.echo(printable(text), err=is_json)))
    if is_json:
        click.echo(orjson.dumps(as_json(outcome), option=orjson.OPT_INDENT_2))
    else:
        click.echo("\nWhat happened to each rule, and why\n")
        print_table(HEADINGS, rows_of(outcome))
        sent = f"{outcome.logged} messages in the log, {outcome.posted} posted, {outcome.indexed} written to an index"
        click.echo(f"\n{sent}. Look further:")
        for command in _further(folder, outcome.tallies):
            click.echo(f"  {command}")
    return _FAILED if any(tally.failed for tally in outcome.tallies.values()) else 0


def _further(folder: Path, rules: Container[str]) -> Iterator[str]:
    """Commands to go on with, as they can be copied."""
    tocsin, place = _this_program(), shlex.quote(str(folder))
    yield f"{tocsin} why slow-hosts web-3 --store {place}/tocsin.db"
    yield f"{tocsin} why error-budget --last 90m --store {place}/tocsin.db"
    if "flights" in rules:
        yield f"{tocsin} why flights 'UA Denver to Chicago-Nebraska' --store {place}/tocsin.db"
    yield f"{tocsin} run {place}/rules --config {place}/tocsin.yml --at 2026-01-15T10:45:00Z"


def _this_program() -> str:
    """How this program was called: it may be in no folder of the search path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m tocsin"
    found = shutil.which("tocsin")
    is_found = found is not None and Path(found).resolve() == called.resolve()
    return "tocsin" if is_found else shlex.quote(sys.argv[0])
