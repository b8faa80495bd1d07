"""``tocsin alerts``: look at the alerts of a store."""

from typing import Literal, get_args

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb_group

_Status = Literal["active", "recovered", "untracked"]


@verb_group
def alerts() -> None:
    """Look at the alerts that a store remembers."""


@alerts.verb("list")
@option("--rule", of="alerts", metavar="RULE", help="Only alerts of this rule, given by id or name.")
@option(
    "--status",
    of="alerts",
    type=click.Choice(get_args(_Status)),
    help="Only alerts that are active, have recovered, or were let go.",
)
@option(
    "--limit", of="alerts", type=click.IntRange(1), default=100, show_default=True, help="At most the newest so many."
)
@store_option
@output_option
@click.pass_obj
def _list(
    options: Globals, rule: str | None, status: _Status | None, limit: int, store: str | None, output: OutputFormat
) -> int:
    """Show alerts, oldest start first: since when and how long, whether flapping or muted, and for what reason.

    An active alert's figures are those of the last run of its rule.

    Example: tocsin alerts list --status active
    """
    import asyncio

    from tocsin.cli.alert_result import print_alerts

    asyncio.run(print_alerts(options.config, store, rule, status, limit, output))
    return 0
