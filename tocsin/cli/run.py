"""``tocsin run``: evaluate rules once and say what fired, and why the rest did not."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import Globals, OutputFormat, option, parse_data, parse_instant, store_url

app = typer.Typer()


@app.command()
def run(
    context: typer.Context,
    rules: Annotated[list[Path], typer.Argument(help="Rule files, or folders of them.", metavar="RULE...")],
    at: Annotated[str | None, option("--at", help="Evaluate as if it were this time (ISO 8601). Default: now.")] = None,
    state: Annotated[
        str, option("--state", help="Where alerts are remembered from run to run: 'none' or an SQLite file.")
    ] = "none",
    data: Annotated[
        list[str] | None,
        option("--data", help="An index and the files it is made of, NAME=GLOB: NDJSON, JSON, CSV or Parquet."),
    ] = None,
    send: Annotated[bool, option("--send", help="Deliver the notifications instead of only showing them.")] = False,
    fail_on_alert: Annotated[
        bool, option("--fail-on-alert", help="Exit with 1 if an alert is active after the run.")
    ] = False,
    output: Annotated[OutputFormat, option("--output", "-o", help="How to print the result.")] = OutputFormat.TABLE,
) -> None:
    """Evaluate rules once: show every alert, and for every action whether it fired or why not.

    Without --send nothing leaves the machine; the state advances as if the messages had been sent.

    Example: tocsin run rules/ --data web=logs/*.ndjson --at 2026-01-15T10:40:00Z --state state.db
    """
    from tocsin.cli.run_result import print_result, worst_exit_code
    from tocsin.cli.session import load_session
    from tocsin.one_shot import run_once

    options: Globals = context.obj
    session = load_session(options, rules)
    session.refuse_problems()
    results = asyncio.run(
        run_once(
            session,
            at=parse_instant(at),
            store="sqlite://" if state == "none" else store_url(state),
            data=parse_data(data or []),
            is_sending=send,
        )
    )
    print_result(results, output)
    raise typer.Exit(worst_exit_code(results, fail_on_alert=fail_on_alert))
