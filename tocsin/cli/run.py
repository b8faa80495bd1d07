"""``tocsin run``: evaluate rules once and say what fired, and why the rest did not."""

from datetime import datetime
from pathlib import Path

import click

from tocsin.cli.options import (
    Globals,
    Instant,
    OutputFormat,
    es_option,
    option,
    output_option,
    parse_data,
    rule_paths,
    store_url,
)
from tocsin.cli.verb import verb


@verb
@rule_paths("RULE", is_required=True)
@option("--at", type=Instant(), help="Evaluate as if it were this time (ISO 8601). Default: now.")
@option(
    "--state",
    default="none",
    show_default=True,
    metavar="none|FILE",
    help="Where alerts are remembered from run to run: an SQLite file (made if missing), or nowhere.",
)
@option(
    "--data",
    multiple=True,
    metavar="NAME=GLOB",
    help="An index and the NDJSON, JSON, CSV or Parquet files it is made of, besides those of tocsin.yml. May be "
    "repeated; in the variable several are divided by spaces.",
)
@es_option
@option("--send", is_flag=True, help="Deliver the notifications instead of only showing them.")
@option("--fail-on-alert", is_flag=True, help="Exit with 1 if an alert is active after the run.")
@output_option
@click.pass_obj
def run(
    options: Globals,
    paths: tuple[Path, ...],
    at: datetime | None,
    state: str,
    data: tuple[str, ...],
    es: str | None,
    send: bool,
    fail_on_alert: bool,
    output: OutputFormat,
) -> int:
    """Evaluate rules once: show every alert, and for every action whether it fired or why not.

    RULE is a rule file or a folder of them. Without --send nothing leaves the machine; the state advances as if the
    messages had been sent. Exit codes: 1 with --fail-on-alert, 4 a query or connector failed, 5 a rule is being run by
    another process; see `tocsin --help`.

    Example: tocsin run rules/ --data web=logs/web.ndjson --at 2026-01-15T10:40:00Z --state state.db
    """
    import asyncio

    from tocsin.cli.run_result import exit_code_of, print_outcome
    from tocsin.one_shot import run_once
    from tocsin.session import load_session

    session = load_session(options.config, paths)
    session.refuse_problems()
    outcome = asyncio.run(
        run_once(
            session,
            at=at,
            store="sqlite://" if state == "none" else store_url(state),
            data=parse_data(data),
            is_sending=send,
            es=es,
        )
    )
    print_outcome(outcome, output)
    return exit_code_of(outcome, is_alert_failing=fail_on_alert)
