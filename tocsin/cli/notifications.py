"""``tocsin notifications``: look at messages on their way, send dead ones again, drop those that shall not go."""

from typing import get_args

import click

from engine.model.notification import NotificationState
from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb_group

_STATES = get_args(NotificationState)

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
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="At most the newest so many.",
)
@store_option
@output_option
@click.pass_obj
def _list(
    options: Globals,
    state: NotificationState | None,
    rule: str | None,
    connector: str | None,
    limit: int,
    store: str | None,
    output: OutputFormat,
) -> int:
    """Show messages, oldest first: for whom, how many attempts, when the next one is, what failed.

    Example: tocsin notifications list --state dead
    """
    import asyncio

    from tocsin.cli.notification_result import Selection, print_notifications

    selection = Selection(rule=rule, connector=connector)
    asyncio.run(print_notifications(options.config, store, selection, state, limit, output))
    return 0


@notifications.verb("retry")
@_ids_argument
@_all_dead_option
@_rule_option
@_connector_option
@option("--force", of="notifications", is_flag=True, help="Send again even what later messages have overtaken.")
@store_option
@output_option
@click.pass_obj
def _retry(
    options: Globals,
    ids: tuple[str, ...],
    all_dead: bool,
    rule: str | None,
    connector: str | None,
    force: bool,
    store: str | None,
    output: OutputFormat,
) -> int:
    """Send dead letters again, with as many attempts as new ones; one that waits for an attempt is tried now.

    A dead letter stays dead if a later message for the same connector, rule and alert went out, or is dead and not
    sent again with it: a trigger sent after its resolve would open an incident that nothing closes. Exit code 1 if any
    was left as it was.

    Example: tocsin notifications retry --all-dead --connector pager
    """
    import asyncio

    from tocsin.cli.notification_result import retry_notifications, selection_of

    selection = selection_of(ids, all_dead, rule, connector)
    return asyncio.run(retry_notifications(options.config, store, selection, force, output))


@notifications.verb("drop")
@_ids_argument
@_all_dead_option
@_rule_option
@_connector_option
@store_option
@output_option
@click.pass_obj
def _drop(
    options: Globals,
    ids: tuple[str, ...],
    all_dead: bool,
    rule: str | None,
    connector: str | None,
    store: str | None,
    output: OutputFormat,
) -> int:
    """Give up dead or waiting messages for good; what waits behind them may go.

    One that is being sent at the moment is left, for it may arrive. Exit code 1 if any was left as it was.

    Example: tocsin notifications drop --all-dead --rule slow-hosts
    """
    import asyncio

    from tocsin.cli.notification_result import drop_notifications, selection_of

    selection = selection_of(ids, all_dead, rule, connector)
    return asyncio.run(drop_notifications(options.config, store, selection, output))
