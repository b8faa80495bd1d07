"""Finding, sending again and dropping notifications of a store, and telling what became of each."""

from dataclasses import dataclass
from pathlib import Path

import click

from engine.model.instant import iso
from engine.model.notification import NotificationState, StoredNotification
from engine.operations.notification_presentation import dropped_to_json, notification_to_json, requeued_to_json
from engine.ports.store import Dropped, Requeued
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table
from tocsin.cli.text import printable
from tocsin.desk import Desk, open_desk

_DONE, _LEFT = 0, 1


@dataclass(frozen=True, slots=True)
class Selection:
    """The notifications that are meant: those of these ids, or all dead ones; of a rule (id or name), a connector."""

    ids: tuple[str, ...] = ()
    rule: str | None = None
    connector: str | None = None

    async def rule_id(self, desk: Desk) -> str | None:
        """The id of the rule, if one was named. Raises InvalidInput."""
        return None if self.rule is None else (await desk.find([self.rule]))[0].rule.id


def selection_of(ids: tuple[str, ...], all_dead: bool, rule: str | None, connector: str | None) -> Selection:
    """What the options select. Raises UsageError if that is nothing, or two things."""
    if bool(ids) == all_dead:
        raise click.UsageError("name messages by their ids, or give --all-dead")
    if ids and (rule or connector):
        raise click.UsageError("--rule and --connector go with --all-dead, not with ids")
    return Selection(ids, rule, connector)


async def print_notifications(
    config_file: Path | None,
    store: str | None,
    selection: Selection,
    state: NotificationState | None,
    limit: int,
    output: OutputFormat,
) -> None:
    """Print the newest ``limit`` that match, oldest first."""
    async with open_desk(config_file, store) as desk:
        found = await desk.notifications.find(
            rule_id=await selection.rule_id(desk), connector_id=selection.connector, state=state, limit=limit
        )
    if output is OutputFormat.JSON:
        print_json({"notifications": [notification_to_json(stored) for stored in found]})
    elif found:
        headings = ("id", "queued", "rule", "alert", "group", "connector", "state", "attempts", "next attempt", "error")
        print_table(headings, [_row(stored) for stored in found])
        if len(found) == limit:
            click.echo(f"the newest {limit}; there may be more (--limit)")
    else:
        click.echo("no messages")


async def retry_notifications(
    config_file: Path | None, store: str | None, selection: Selection, is_forced: bool, output: OutputFormat
) -> int:
    """Send them again, print what became of each; the exit code."""
    async with open_desk(config_file, store) as desk:
        if selection.ids:
            retried = await desk.notifications.retry(selection.ids, at=desk.at, actor=desk.actor, is_forced=is_forced)
        else:
            retried = await desk.notifications.retry_dead(
                rule_id=await selection.rule_id(desk),
                connector_id=selection.connector,
                at=desk.at,
                actor=desk.actor,
                is_forced=is_forced,
            )
    if output is OutputFormat.JSON:
        print_json({"notifications": [requeued_to_json(each) for each in retried]})
    else:
        _say([f"{each.id}: {_retried_in_words(each)}" for each in retried])
    return _DONE if all(each.is_accepted for each in retried) else _LEFT


async def drop_notifications(
    config_file: Path | None, store: str | None, selection: Selection, output: OutputFormat
) -> int:
    """Drop them, print what became of each; the exit code."""
    async with open_desk(config_file, store) as desk:
        if selection.ids:
            dropped = await desk.notifications.drop(selection.ids, at=desk.at, actor=desk.actor)
        else:
            dropped = await desk.notifications.drop_dead(
                rule_id=await selection.rule_id(desk),
                connector_id=selection.connector,
                at=desk.at,
                actor=desk.actor,
            )
    if output is OutputFormat.JSON:
        print_json({"notifications": [dropped_to_json(each) for each in dropped]})
    else:
        _say([f"{each.id}: {_dropped_in_words(each)}" for each in dropped])
    return _DONE if all(each.is_dropped for each in dropped) else _LEFT


def _say(lines: list[str]) -> None:
    for line in lines or ["no dead letters"]:
        click.echo(printable(line))


def _row(stored: StoredNotification) -> tuple[str, ...]:
    sent = stored.notification
    return (
        sent.id,
        iso(sent.created_at),
        sent.rule_id,
        sent.alert_id or "-",
        sent.group,
        sent.connector_id,
        stored.state,
        str(stored.attempts),
        "-" if stored.next_attempt_at is None else iso(stored.next_attempt_at),
        stored.last_error or "-",
    )


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
