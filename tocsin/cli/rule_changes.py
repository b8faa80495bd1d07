"""Switching and muting several rules, one after the other, and telling what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable
from tocsin.client.alerts import active_alerts
from tocsin.client.api import Api, Refused, path_of
from tocsin.client.rules import find_rules

RULE = "/api/alerting/rule/{id}"
_ALERT = "/api/alerting/rule/{id}/alert/{alert_id}"
_STATE = ("enabled", "mute_all", "muted_alert_ids", "snooze_schedule", "updated_at")
"""What tells whether anything was changed."""


@dataclass(frozen=True, slots=True)
class Made:
    """The rule as it is then, and in words what was done, said after the rule's name."""

    rule: JsonObject
    words: str
    is_change: bool


class Change(Protocol):
    """What is done to each rule."""

    async def make(self, api: Api, rule: JsonObject) -> Made:
        """Do it to the rule, which is as it was before."""
        ...


@dataclass(frozen=True, slots=True)
class Enabling:
    """``is_in_bulk``: the first runs are spread instead of starting together."""

    is_in_bulk: bool

    async def make(self, api: Api, rule: JsonObject) -> Made:
        if self.is_in_bulk:
            done = await api.ask("PATCH", "/internal/alerting/rules/_bulk_enable", body={"ids": [rule["id"]]})
            for error in done["errors"]:
                raise Refused(error["status"], error["message"])
        else:
            await api.ask("POST", path_of(f"{RULE}/_enable", id=rule["id"]))
        return await made(api, rule, "was enabled already" if rule["enabled"] else "enabled")


@dataclass(frozen=True, slots=True)
class Disabling:
    """``is_untracking``: the rule's alerts are let go."""

    is_untracking: bool

    async def make(self, api: Api, rule: JsonObject) -> Made:
        let_go = await active_alerts(api, rule["id"]) if self.is_untracking else []
        await api.ask("POST", path_of(f"{RULE}/_disable", id=rule["id"]), body={"untrack": self.is_untracking})
        words = "disabled" if rule["enabled"] else "was disabled already"
        is_let_go = bool(let_go) or (self.is_untracking and rule["enabled"])
        return await made(
            api, rule, f"{words}, its alerts are untracked" if is_let_go else words, is_change=bool(let_go)
        )


@dataclass(frozen=True, slots=True)
class Muting:
    """No alert ids: the whole rule."""

    alert_ids: Sequence[str]

    async def make(self, api: Api, rule: JsonObject) -> Made:
        if not self.alert_ids:
            await api.ask("POST", path_of(f"{RULE}/_mute_all", id=rule["id"]))
            return await made(api, rule, "muted")
        for alert_id in self.alert_ids:
            await api.ask("POST", path_of(f"{_ALERT}/_mute", id=rule["id"], alert_id=alert_id))
        after = await made(api, rule, "is muted as a whole already")
        return after if after.rule["mute_all"] else after_words(after, f"muted for {_muted(after.rule)}")


@dataclass(frozen=True, slots=True)
class Unmuting:
    """No alert ids: the whole rule, with all its alerts."""

    alert_ids: Sequence[str]

    async def make(self, api: Api, rule: JsonObject) -> Made:
        if not self.alert_ids:
            await api.ask("POST", path_of(f"{RULE}/_unmute_all", id=rule["id"]))
            return await made(api, rule, "unmuted")
        for alert_id in self.alert_ids:
            await api.ask("POST", path_of(f"{_ALERT}/_unmute", id=rule["id"], alert_id=alert_id))
        after = await made(api, rule, "is muted as a whole: unmute the rule itself (without --alert)")
        if after.rule["mute_all"]:
            return after
        muted = _muted(after.rule)
        return after_words(after, f"is still muted for {muted}" if muted else "unmuted")


async def change_rules(api: Api, texts: Sequence[str], change: Change, output: OutputFormat) -> None:
    """Change the rules of these ids or names and say what was done, also when a later one fails."""
    done: list[JsonObject] = []
    try:
        for rule in await find_rules(api, texts):
            after = await change.make(api, rule)
            done.append(_as_json(after))
            if output is OutputFormat.TABLE:
                click.echo(printable(f"{after.rule['name']} [{after.rule['id']}]: {after.words}"))
    finally:
        if output is OutputFormat.JSON and done:
            print_json({"rules": done})


async def made(api: Api, before: JsonObject, words: str, *, is_change: bool = False) -> Made:
    """What has become of a rule. ``is_change``: something was changed that the rule does not show."""
    after = await api.ask("GET", path_of(RULE, id=before["id"]))
    return Made(after, words, is_change or any(after.get(name) != before.get(name) for name in _STATE))


def after_words(made: Made, words: str) -> Made:
    """The same, said otherwise."""
    return Made(made.rule, words, made.is_change)


def _muted(rule: JsonObject) -> str:
    return ", ".join(rule["muted_alert_ids"])


def _as_json(made: Made) -> JsonObject:
    members = {name: made.rule[name] for name in ("id", "name", "enabled", "mute_all", "muted_alert_ids")}
    return {**members, "snooze_schedule": made.rule.get("snooze_schedule", []), "changed": made.is_change}
