"""Switching and muting several rules, one after the other, and telling what became of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from engine.model.jsonvalue import JsonObject
from engine.ports.store import StoredRule
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable
from tocsin.desk import Desk, open_desk


class Change(Protocol):
    """What is done to each rule."""

    async def make(self, desk: Desk, stored: StoredRule) -> tuple[StoredRule, str]:
        """The rule as it is then, and in words what was done, said after the rule's name."""
        ...


@dataclass(frozen=True, slots=True)
class Enabling:
    """``is_in_bulk``: the first runs are spread instead of starting together."""

    is_in_bulk: bool

    async def make(self, desk: Desk, stored: StoredRule) -> tuple[StoredRule, str]:
        rule_id, was = stored.rule.id, stored.rule.enabled
        after = await desk.rules.enable(rule_id, at=desk.at, actor=desk.actor, in_bulk=self.is_in_bulk)
        return after, "was enabled already" if was else "enabled"


@dataclass(frozen=True, slots=True)
class Disabling:
    """``is_untracking``: the rule's alerts are let go."""

    is_untracking: bool

    async def make(self, desk: Desk, stored: StoredRule) -> tuple[StoredRule, str]:
        rule_id, was = stored.rule.id, stored.rule.enabled
        after = await desk.rules.disable(rule_id, at=desk.at, actor=desk.actor, untrack=self.is_untracking)
        done = "disabled" if was else "was disabled already"
        is_let_go = self.is_untracking and after.version != stored.version
        return after, f"{done}, its alerts are untracked" if is_let_go else done


@dataclass(frozen=True, slots=True)
class Muting:
    """No alert ids: the whole rule."""

    alert_ids: Sequence[str]

    async def make(self, desk: Desk, stored: StoredRule) -> tuple[StoredRule, str]:
        rule_id = stored.rule.id
        if not self.alert_ids:
            return await desk.rules.mute_all(rule_id, at=desk.at, actor=desk.actor), "muted"
        for alert_id in self.alert_ids:
            stored = await desk.rules.mute_alert(rule_id, alert_id, at=desk.at, actor=desk.actor)
        if stored.rule.mute_all:
            return stored, "is muted as a whole already"
        return stored, f"muted for {', '.join(stored.rule.muted_alert_ids)}"


@dataclass(frozen=True, slots=True)
class Unmuting:
    """No alert ids: the whole rule, with all its alerts."""

    alert_ids: Sequence[str]

    async def make(self, desk: Desk, stored: StoredRule) -> tuple[StoredRule, str]:
        rule_id = stored.rule.id
        if not self.alert_ids:
            return await desk.rules.unmute_all(rule_id, at=desk.at, actor=desk.actor), "unmuted"
        for alert_id in self.alert_ids:
            stored = await desk.rules.unmute_alert(rule_id, alert_id, at=desk.at, actor=desk.actor)
        if stored.rule.mute_all:
            return stored, "is muted as a whole: unmute the rule itself (without --alert)"
        muted = ", ".join(stored.rule.muted_alert_ids)
        return stored, f"is still muted for {muted}" if muted else "unmuted"


def change_rules(
    config_file: Path | None, store: str | None, texts: Sequence[str], change: Change, output: OutputFormat
) -> int:
    """Change the rules of these ids or names and say what was done, also when a later one fails; the exit code."""
    asyncio.run(_change_each(config_file, store, texts, change, output))
    return 0


async def _change_each(
    config_file: Path | None, store: str | None, texts: Sequence[str], change: Change, output: OutputFormat
) -> None:
    done: list[JsonObject] = []
    async with open_desk(config_file, store) as desk:
        try:
            for stored in await desk.find(texts):
                after, words = await change.make(desk, stored)
                done.append(_change_as_json(stored, after))
                if output is OutputFormat.TABLE:
                    click.echo(printable(f"{after.rule.name} [{after.rule.id}]: {words}"))
        finally:
            if output is OutputFormat.JSON and done:
                print_json({"rules": done})


def _change_as_json(before: StoredRule, after: StoredRule) -> JsonObject:
    rule = after.rule
    return {
        "id": rule.id,
        "name": rule.name,
        "enabled": rule.enabled,
        "mute_all": rule.mute_all,
        "muted_alert_ids": list(rule.muted_alert_ids),
        "snooze_schedule": list(rule.snooze_schedule),
        "changed": after.version != before.version,
    }
