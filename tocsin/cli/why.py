"""``tocsin why``: tell from the decision ledger why somebody was notified, or not."""

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option, store_url
from tocsin.cli.verb import verb


@verb
@click.argument("rule")
@click.argument("alert", required=False)
@option("--last", metavar="DURATION", help="Only the runs of the last 30m, 2h, 1d ... up to the newest run.")
@store_option
@output_option
@click.pass_obj
def why(
    options: Globals, rule: str, alert: str | None, last: str | None, store: str | None, output: OutputFormat
) -> int:
    """Tell, run by run, which actions fired for which alerts and what kept the others back.

    RULE is a rule's id or name, ALERT the id of one of its alerts. Runs like the one before are left out.

    Example: tocsin why slow-hosts web-3 --last 1h --store tocsin-demo/tocsin.db
    """
    import asyncio

    from tocsin.cli.why_result import print_story
    from tocsin.session import read_config
    from tocsin.story import read_story

    url = store_url(store) if store is not None else read_config(options.config).store
    print_story(asyncio.run(read_story(url, rule=rule, alert=alert, last=last)), output)
    return 0
