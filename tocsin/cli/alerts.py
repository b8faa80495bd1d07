"""``tocsin alerts``: look at alerts, present and past."""

from typing import Literal, get_args

import click

from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place

_Status = Literal["active", "recovered", "untracked"]
_MOST = 10_000


@verb_group
def alerts() -> None:
    """Look at the alerts that a store or a daemon remembers."""


@alerts.verb("list")
@option("--rule", of="alerts", metavar="RULE", help="Only alerts of this rule, given by id or name.")
@option(
    "--status",
    of="alerts",
    type=click.Choice(get_args(_Status)),
    help="Only alerts that are active, have recovered, or were let go.",
)
@option(
    "--limit",
    of="alerts",
    type=click.IntRange(1, _MOST),
    default=100,
    show_default=True,
    help="At most the newest so many.",
)
@output_option
@place_options()
def _list(place: Place, rule: str | None, status: _Status | None, limit: int, output: OutputFormat) -> int:
    """Show alerts, oldest start first: since when and how long, whether flapping or muted, and for what reason.

    An active alert's figures are those of the last run of its rule.

    Example: tocsin alerts list --status active
    """
    from tocsin.cli.alert_result import print_alerts

    return act_at(place, lambda api: print_alerts(api, rule, status, limit, output))
