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
@rule_paths("RULE", is_required=False)
@option("--at", type=Instant(), help="Evaluate as if it were this time (ISO 8601). Default: now.")
@option(
    "--state",
    default="none",
    show_default=True,
    metavar="none|FILE",
    help="Where alerts are remembered from run to run: an SQLite file (made if missing), or nowhere.",
)
@option(
    "--store",
    of="run",
    metavar="FILE|URL",
    help="Instead of --state: the store of a daemon, which may be running. A rule that it is running is left out.",
)
@option(
    "--rule",
    "names",
    of="run",
    multiple=True,
    metavar="RULE",
    help="With --store: a rule of the store, by id or name. May be repeated.",
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
    store: str | None,
    names: tuple[str, ...],
    data: tuple[str, ...],
    es: str | None,
    send: bool,
    fail_on_alert: bool,
    output: OutputFormat,
) -> int:
    """Evaluate rules once: show every alert, and for every action whether it fired or why not.

    RULE is a rule file or a folder of them. Without --send nothing leaves the machine; the state advances as if the
    messages had been sent, and nothing sends them later. Exit codes: 1 with --fail-on-alert, 4 a query or connector
    failed, 5 a rule is being run by another process; see `tocsin --help`.

    With --store, rules are run beside a daemon: each as it stands in the store, under a lease. A rule file that says
    something else changes the rule there, for the daemon, too.

    Example: tocsin run rules/ --data web=logs/web.ndjson --at 2026-01-15T10:40:00Z --state state.db
    """
    import asyncio

    from tocsin.cli.run_result import exit_code_of, print_outcome, tell_swallowed
    from tocsin.guest import Guest
    from tocsin.one_shot import run_once
    from tocsin.session import load_session, load_settings
    from tocsin.user_name import user_name

    _check_usage(paths, names, store, state, at)
    session = load_session(options.config, paths) if paths else load_settings(options.config)
    session.refuse_problems()
    outcome = asyncio.run(
        run_once(
            session,
            at=at,
            store=_url_of(state, store),
            data=parse_data(data),
            is_sending=send,
            es=es,
            guest=None if store is None else Guest(names, user_name()),
        )
    )
    print_outcome(outcome, output)
    if store is not None and not send:
        tell_swallowed(outcome)
    return exit_code_of(outcome, is_alert_failing=fail_on_alert)


def _check_usage(
    paths: tuple[Path, ...], names: tuple[str, ...], store: str | None, state: str, at: datetime | None
) -> None:
    if names and store is None:
        raise click.UsageError("--rule names a rule of a store: give --store, too")
    if not paths and not names:
        raise click.UsageError("Missing argument 'RULE...'" + (" or option '--rule'." if store else "."))
    if store is not None and state != "none":
        raise click.UsageError("--state and --store cannot be used together: a store remembers the alerts")
    if store is not None and at is not None:
        remedy = "use --state with a copy of the store"
        raise click.UsageError(
            f"--at and --store cannot be used together: a daemon's alerts live in real time ({remedy})"
        )


def _url_of(state: str, store: str | None) -> str:
    """Where the alerts are remembered. Raises StoreUnavailable if a store that was named is not there."""
    from tocsin.stored import refuse_missing_store

    if store is None:
        return "sqlite://" if state == "none" else store_url(state)
    refuse_missing_store(url := store_url(store))
    return url
