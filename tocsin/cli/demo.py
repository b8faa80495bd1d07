"""``tocsin demo``: watch rules evaluate real documents, raise alerts, deliver messages and recover."""

from pathlib import Path

import click

from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.verb import verb


@verb
@option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("tocsin-demo"),
    show_default=True,
    help="Where to leave the data, the rules and the store.",
)
@output_option
def demo(folder: Path, output: OutputFormat) -> int:
    """Replay two hours of a web log with an incident through sample rules, in simulated time.

    Messages go to the log and to a receiver on this machine that the demo starts. Nothing is sent elsewhere.

    Example: tocsin demo --folder /tmp/tocsin-demo
    """
    import asyncio

    import orjson

    from tocsin.cli.tables import print_table
    from tocsin.demo.replay import HEADINGS, as_json, replay, rows_of

    is_json = output is OutputFormat.JSON
    outcome = asyncio.run(replay(folder, lambda text: click.echo(text, err=is_json)))
    if is_json:
        click.echo(orjson.dumps(as_json(outcome), option=orjson.OPT_INDENT_2))
        return 0
    click.echo("\nWhat happened to each rule, and why\n")
    print_table(HEADINGS, rows_of(outcome))
    click.echo(
        f"\n{outcome.logged} messages in the log, {len(outcome.posted)} posted to the receiver. Look further:\n"
        f"  tocsin why slow-hosts web-3 --store {folder}/tocsin.db\n"
        f"  tocsin why error-budget --last 90m --store {folder}/tocsin.db\n"
        f"  tocsin --config {folder}/tocsin.yml run {folder}/rules --data web={folder}/web.ndjson "
        "--at 2026-01-15T10:45:00Z"
    )
    return 0
