"""Finding, sending again and dropping notifications, and telling what became of each."""

from dataclasses import dataclass

import click

from engine.model.jsonvalue import JsonObject
from engine.model.notification import NotificationState
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table
from tocsin.cli.text import printable
from tocsin.client.api import Api
from tocsin.client.rules import find_rule

_ALL = "/api/tocsin/v1/notifications"
_DONE, _LEFT = 0, 1
_SENT = ("queued", "hastened")


@dataclass(frozen=True, slots=True)
class Selection:
    """The notifications that are meant: those of these ids, or all dead ones; of a rule (id or name), a connector."""

    ids: tuple[str, ...] = ()
    rule: str | None = None
    connector: str | None = None


def selection_of(ids: tuple[str, ...], all_dead: bool, rule: str | None, connector: str | None) -> Selection:
    """What the options select. Raises UsageError if that is nothing, or two things."""
    if bool(ids) == all_dead:
        raise click.UsageError("name messages by their ids, or give --all-dead")
    if ids and (rule or connector):
        raise click.UsageError("--rule and --connector go with --all-dead, not with ids")
    return Selection(ids, rule, connector)


async def print_notifications(
    api: Api, selection: Selection, state: NotificationState | None, limit: int, output: OutputFormat
) -> None:
    """Print the newest ``limit`` that match, oldest first."""
    query = {**await _named(api, selection), "state": state, "limit": limit}
    found: list[JsonObject] = (await api.ask("GET", _ALL, query=query))["notifications"]
    if output is OutputFormat.JSON:
        print_json({"notifications": found})
    elif found:
        headings = ("id", "queued", "rule", "alert", "group", "connector", "state", "attempts", "next attempt", "error")
        print_table(headings, [_row(each) for each in found])
        if len(found) == limit:
            click.echo(f"the newest {limit}; there may be more (--limit)")
    else:
        click.echo("no messages")


async def retry_notifications(api: Api, selection: Selection, is_forced: bool, output: OutputFormat) -> int:
    """Send them again, print what became of each; the exit code."""
    body = {**await _chosen(api, selection), "force": is_forced}
    retried = (await api.ask("POST", f"{_ALL}/_retry", body=body))["notifications"]
    if output is OutputFormat.JSON:
        print_json({"notifications": retried})
    else:
        _say([f"{each['id']}: {_retried_in_words(each)}" for each in retried])
    return _DONE if all(each["outcome"] in _SENT for each in retried) else _LEFT


async def drop_notifications(api: Api, selection: Selection, output: OutputFormat) -> int:
    """Drop them, print what became of each; the exit code."""
    dropped = (await api.ask("POST", f"{_ALL}/_drop", body=await _chosen(api, selection)))["notifications"]
    if output is OutputFormat.JSON:
        print_json({"notifications": dropped})
    else:
        _say([f"{each['id']}: {_dropped_in_words(each)}" for each in dropped])
    return _DONE if all(each["dropped"] for each in dropped) else _LEFT


async def _chosen(api: Api, selection: Selection) -> JsonObject:
    if selection.ids:
        return {"ids": list(selection.ids)}
    return {"all_dead": True, **await _named(api, selection)}


async def _named(api: Api, selection: Selection) -> JsonObject:
    """The rule and the connector of a selection, as the API takes them."""
    named: JsonObject = {}
    if selection.rule is not None:
        named["rule_id"] = (await find_rule(api, selection.rule))["id"]
    if selection.connector is not None:
        named["connector_id"] = selection.connector
    return named


def _say(lines: list[str]) -> None:
    for line in lines or ["no dead letters"]:
        click.echo(printable(line))


def _row(shown: JsonObject) -> tuple[str, ...]:
    names = ("id", "created_at", "rule", "alert", "group", "connector", "state", "attempts", "next_attempt_at", "error")
    return tuple("-" if shown[name] in (None, "") else str(shown[name]) for name in names)


def _retried_in_words(each: JsonObject) -> str:
    if each["outcome"] == "queued":
        return "queued again"
    if each["outcome"] == "hastened":
        return "tried now instead of later"
    if each["later"] is not None:
        return f"left dead, because {_overtaking(each['later']['id'], each['later']['state'])}"
    return f"left as it is: {each['state']}"


def _overtaking(later_id: str, state: NotificationState) -> str:
    about = f"the later message {later_id} about the same alert"
    if state == "dead":
        return f"{about} is dead, too (send both again, or this one alone with --force)"
    words = {"delivered": "was delivered", "sending": "is being sent", "dropped": "was dropped"}
    return f"{about} {words.get(state, state)} (drop this one, or send it all the same with --force)"


def _dropped_in_words(each: JsonObject) -> str:
    if each["dropped"]:
        return "dropped"
    if each["state"] == "sending":
        return "left: it is being sent at the moment"
    return f"left as it is: {each['state']}"
