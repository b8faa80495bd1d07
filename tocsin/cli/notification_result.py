"""Finding, sending again and dropping notifications, and telling what became of each."""

from pathlib import Path

import click

from engine.model.jsonvalue import JsonObject
from engine.model.notification import NotificationState
from engine.operations.notification_presentation import dropped_to_json, requeued_to_json
from engine.ports.store import Dropped, Requeued
from tocsin.cli.options import Globals, OutputFormat
from tocsin.cli.tables import print_json, print_table
from tocsin.cli.text import printable
from tocsin.notification_places import Place, Selection, ServerPlace, StorePlace
from tocsin.server import server_at

_DONE, _LEFT = 0, 1


def selection_of(ids: tuple[str, ...], all_dead: bool, rule: str | None, connector: str | None) -> Selection:
    """What the options select. Raises UsageError if that is nothing, or two things."""
    if bool(ids) == all_dead:
        raise click.UsageError("name messages by their ids, or give --all-dead")
    if ids and (rule or connector):
        raise click.UsageError("--rule and --connector go with --all-dead, not with ids")
    return Selection(ids, rule, connector)


def place_of(options: Globals, store: str | None, server: str | None, api_key_file: Path | None) -> Place:
    """Where the options say that the notifications are. Raises UsageError, InvalidInput."""
    if server is None:
        return StorePlace(options.config, store)
    if store is not None:
        raise click.UsageError("give --store or --server, not both")
    return ServerPlace(server_at(server, api_key_file))


async def print_notifications(
    place: Place, selection: Selection, state: NotificationState | None, limit: int, output: OutputFormat
) -> None:
    """Print the newest ``limit`` that match, oldest first."""
    found = await place.find(selection, state, limit)
    if output is OutputFormat.JSON:
        print_json({"notifications": found})
    elif found:
        headings = ("id", "queued", "rule", "alert", "group", "connector", "state", "attempts", "next attempt", "error")
        print_table(headings, [_row(each) for each in found])
        if len(found) == limit:
            click.echo(f"the newest {limit}; there may be more (--limit)")
    else:
        click.echo("no messages")


async def retry_notifications(place: Place, selection: Selection, is_forced: bool, output: OutputFormat) -> int:
    """Send them again, print what became of each; the exit code."""
    retried = await place.retry(selection, is_forced=is_forced)
    if output is OutputFormat.JSON:
        print_json({"notifications": [requeued_to_json(each) for each in retried]})
    else:
        _say([f"{each.id}: {_retried_in_words(each)}" for each in retried])
    return _DONE if all(each.is_accepted for each in retried) else _LEFT


async def drop_notifications(place: Place, selection: Selection, output: OutputFormat) -> int:
    """Drop them, print what became of each; the exit code."""
    dropped = await place.drop(selection)
    if output is OutputFormat.JSON:
        print_json({"notifications": [dropped_to_json(each) for each in dropped]})
    else:
        _say([f"{each.id}: {_dropped_in_words(each)}" for each in dropped])
    return _DONE if all(each.is_dropped for each in dropped) else _LEFT


def _say(lines: list[str]) -> None:
    for line in lines or ["no dead letters"]:
        click.echo(printable(line))


def _row(shown: JsonObject) -> tuple[str, ...]:
    names = ("id", "created_at", "rule", "alert", "group", "connector", "state", "attempts", "next_attempt_at", "error")
    return tuple("-" if shown[name] in (None, "") else str(shown[name]) for name in names)


def _retried_in_words(each: Requeued) -> str:
    if each.outcome == "queued":
        return "queued again"
    if each.outcome == "hastened":
        return "tried now instead of later"
    if each.later is not None:
        return f"left dead, because {_overtaking(each.later.id, each.later.state)}"
    return f"left as it is: {each.state}"


def _overtaking(later_id: str, state: NotificationState) -> str:
    about = f"the later message {later_id} about the same alert"
    if state == "dead":
        return f"{about} is dead, too (send both again, or this one alone with --force)"
    words = {"delivered": "was delivered", "sending": "is being sent", "dropped": "was dropped"}
    return f"{about} {words.get(state, state)} (drop this one, or send it all the same with --force)"


def _dropped_in_words(each: Dropped) -> str:
    if each.is_dropped:
        return "dropped"
    if each.state == "sending":
        return "left: it is being sent at the moment"
    return f"left as it is: {each.state}"
