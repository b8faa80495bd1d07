"""``tocsin why``: tell from the decision ledger why somebody was notified, or not."""

import asyncio
from typing import Annotated

import typer

from tocsin.cli.options import Globals, OutputFormat, option, store_url

app = typer.Typer()


@app.command()
def why(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The rule's id or name.", metavar="RULE")],
    alert: Annotated[str | None, typer.Argument(help="Only this alert.", metavar="ALERT")] = None,
    last: Annotated[
        str | None, option("--last", help="Only the runs of the last 30m, 2h, 1d ... before the newest run.")
    ] = None,
    store: Annotated[
        str | None, option("--store", help="The store: an SQLite file or an SQLAlchemy URL. Default: from tocsin.yml.")
    ] = None,
    output: Annotated[OutputFormat, option("--output", "-o", help="How to print the story.")] = OutputFormat.TABLE,
) -> None:
    """Tell, run by run, which actions fired for which alerts and what kept the others back.

    Example: tocsin why "Server errors by host" web-2 --last 1h --store tocsin-demo/tocsin.db
    """
    from tocsin.files.config import find_config, load_config
    from tocsin.story import print_story, read_story

    options: Globals = context.obj
    url = store_url(store) if store is not None else load_config(find_config(options.config_file)).config.store
    story = asyncio.run(read_story(url, rule=rule, alert=alert, last=last))
    print_story(story, output)
