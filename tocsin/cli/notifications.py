"""``tocsin notifications``: look at messages on their way, send dead ones again, drop those that shall not go."""

from pathlib import Path
from typing import get_args

import click

from engine.model.notification import NotificationState
from tocsin.cli.options import Globals, OutputFormat, api_key_option, option, output_option, server_option, store_option
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
    or dropped. A daemon that works with the store sends what is due within a second. With --server a running daemon is
    asked over HTTP instead; there --rule is an id.
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
@server_option
@api_key_option
@output_option
@click.pass_obj
def _list(
    options: Globals,
    state: NotificationState | None,
    rule: str | None,
    connector: str | None,
    limit: int,
    store: str | None,
    server: str | None,
    api_key_file: Path | None,
    output: OutputFormat,
) -> int:
    """Show messages, oldest first: for whom, how many attempts, when the next one is, what failed.

    Example: tocsin notifications list --state dead
    """
    import asyncio

    from tocsin.cli.notification_result import place_of, print_notifications
    from tocsin.notification_places import Selection

    place = place_of(options, store, server, api_key_file)
    selection = Selection(rule=rule, connector=connector)
    asyncio.run(print_notifications(place, selection, state, limit, output))
    return 0


@notifications.verb("retry")
@_ids_argument
@_all_dead_option
@_rule_option
@_connector_option
@option("--force", of="notifications", is_flag=True, help="Send again even what later messages have overtaken.")
@store_option
@server_option
@api_key_option
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
    server: str | None,
    api_key_file: Path | None,
    output: OutputFormat,
) -> int:
    """Send dead letters again, with as many attempts as new ones; one that waits for an attempt is tried now.

    A dead letter stays dead if a later message for the same connector, rule and alert went out, or is dead and not
    sent again with it: a trigger sent after its resolve would open an incident that nothing closes. Exit code 1 if any
    was left as it was.

    Example: tocsin notifications retry --all-dead --connector pager
    """
    import asyncio

    from tocsin.cli.notification_result import place_of, retry_notifications, selection_of

    place = place_of(options, store, server, api_key_file)
    selection = selection_of(ids, all_dead, rule, connector)
    return asyncio.run(retry_notifications(place, selection, force, output))


@notifications.verb("drop")
@_ids_argument
@_all_dead_option
@_rule_option
@_connector_option
@store_option
@server_option
@api_key_option
@output_option
@click.pass_obj
def _drop(
    options: Globals,
    ids: tuple[str, ...],
    all_dead: bool,
    rule: str | None,
    connector: str | None,
    store: str | None,
    server: str | None,
    api_key_file: Path | None,
    output: OutputFormat,
) -> int:
    """Give up dead or waiting messages for good; what waits behind them may go.

    One that is being sent at the moment is left, for it may arrive. Exit code 1 if any was left as it was.

    Example: tocsin notifications drop --all-dead --rule slow-hosts
    """
    import asyncio

    from tocsin.cli.notification_result import drop_notifications, place_of, selection_of

    place = place_of(options, store, server, api_key_file)
    selection = selection_of(ids, all_dead, rule, connector)
    return asyncio.run(drop_notifications(place, selection, output))
