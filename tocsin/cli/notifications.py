"""``tocsin notifications``: look at messages on their way, send dead ones again, drop those that shall not go."""

from typing import get_args

import click

from engine.model.notification import NotificationState
from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place

_STATES = get_args(NotificationState)
_MOST = 10_000

_ids_argument = click.argument("ids", metavar="[ID]...", nargs=-1)
_rule_option = option("--rule", of="notifications", metavar="RULE", help="Only those of this rule, by id or name.")
_connector_option = option("--connector", of="notifications", metavar="ID", help="Only those for this connector.")
_all_dead_option = option(
    "--all-dead", of="notifications", is_flag=True, help="All dead letters (of --rule, of --connector)."
)


@verb_group
def notifications() -> None:
    """Look at messages to connectors, send dead letters again, drop what shall not be sent.

    A message is dead when its last attempt has failed, or an attempt failed for good. It stays until it is sent again
    or dropped. A daemon that works with the store sends what is due within a second.
    """


@notifications.verb("list")
@option("--state", of="notifications", type=click.Choice(_STATES), help="Only messages in this state.")
@_rule_option
@_connector_option
@option(
    "--limit",
    of="notifications",
    type=click.IntRange(1, _MOST),
    default=100,
    show_default=True,
    help="At most the newest so many.",
)
@output_option
@place_options()
def _list(
    place: Place,
    state: NotificationState | None,
    rule: str | None,
    connector: str | None,
    limit: int,
    output: OutputFormat,
) -> int:
    """Show messages, oldest first: for whom, how many attempts, when the next one is, what failed.

    Example: tocsin notifications list --state dead
    """
    from tocsin.cli.notification_result import Selection, print_notifications

    selection = Selection(rule=rule, connector=connector)
    return act_at(place, lambda api: print_notifications(api, selection, state, limit, output))


@notifications.verb("retry")
@_ids_argument
@_all_dead_option
@_rule_option
@_connector_option
@option("--force", of="notifications", is_flag=True, help="Send again even what later messages have overtaken.")
@output_option
@place_options()
def _retry(
    place: Place,
    ids: tuple[str, ...],
    all_dead: bool,
    rule: str | None,
    connector: str | None,
    force: bool,
    output: OutputFormat,
) -> int:
    """Send dead letters again, with as many attempts as new ones; one that waits for an attempt is tried now.

    A dead letter stays dead if a later message for the same connector, rule and alert went out, or is dead and not
    sent again with it: a trigger sent after its resolve would open an incident that nothing closes. Exit code 1 if any
    was left as it was.

    Example: tocsin notifications retry --all-dead --connector pager
    """
    from tocsin.cli.notification_result import retry_notifications, selection_of

    selection = selection_of(ids, all_dead, rule, connector)
    return act_at(place, lambda api: retry_notifications(api, selection, force, output))


@notifications.verb("drop")
@_ids_argument
@_all_dead_option
@_rule_option
@_connector_option
@output_option
@place_options()
def _drop(
    place: Place,
    ids: tuple[str, ...],
    all_dead: bool,
    rule: str | None,
    connector: str | None,
    output: OutputFormat,
) -> int:
    """Give up dead or waiting messages for good; what waits behind them may go.

    One that is being sent at the moment is left, for it may arrive. Exit code 1 if any was left as it was.

    Example: tocsin notifications drop --all-dead --rule slow-hosts
    """
    from tocsin.cli.notification_result import drop_notifications, selection_of

    selection = selection_of(ids, all_dead, rule, connector)
    return act_at(place, lambda api: drop_notifications(api, selection, output))
