"""Snoozing and unsnoozing rules from the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.service.clocks import SystemClock
from engine.timing.durations import parse_duration
from tocsin.cli.rule_changes import RULE, Made, after_words, made
from tocsin.client.api import Api, path_of

_INTERNAL = "/internal/alerting/rule/{id}"
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Repetition:
    """What makes a snooze a scheduled one: when it begins, and how it comes again."""

    start: datetime | None = None
    every: str | None = None
    weekdays: Sequence[str] = ()
    timezone: str | None = None
    times: int | None = None
    last: datetime | None = None

    @property
    def is_given(self) -> bool:
        return self != Repetition()

    def custom(self, duration: str, at: datetime) -> JsonObject:
        """The schedule in its public form; without a start it begins at ``at``."""
        members = {
            "every": self.every,
            "onWeekDay": list(self.weekdays),
            "occurrences": self.times,
            "end": None if self.last is None else iso(self.last),
        }
        recurring = {name: value for name, value in members.items() if value not in (None, [])}
        custom: JsonObject = {"start": iso(self.start or at), "duration": duration}
        if self.timezone is not None:
            custom["timezone"] = self.timezone
        return custom | {"recurring": recurring} if recurring else custom


@dataclass(frozen=True, slots=True)
class Snoozing:
    """``duration`` or ``until``, one of them, says how long; with a repetition it is a scheduled snooze."""

    duration: str | None
    until: datetime | None
    repetition: Repetition

    def __post_init__(self) -> None:
        if (self.duration is None) == (self.until is None):
            raise click.UsageError("say how long: --for DURATION, or --until TIME")
        if self.repetition.is_given and self.duration is None:
            raise click.UsageError("a snooze with a start, or that comes again, lasts --for DURATION")

    async def make(self, api: Api, rule: JsonObject) -> Made:
        rule_id, at = rule["id"], SystemClock().now()
        if self.duration is None or not self.repetition.is_given:
            await api.ask(
                "POST", path_of(f"{_INTERNAL}/_snooze", id=rule_id), body={"snooze_schedule": self._plain(at)}
            )
            after = await made(api, rule, "snoozed")
            return after_words(after, f"snoozed until {after.rule.get('is_snoozed_until')}")
        body = {"schedule": {"custom": self.repetition.custom(self.duration, at)}}
        answer = await api.ask("POST", path_of(f"{RULE}/snooze_schedule", id=rule_id), body=body)
        return await made(api, rule, f"has the snooze {answer['schedule']['id']} now")

    def _plain(self, at: datetime) -> JsonObject:
        if self.until is not None:
            length = self.until - at
            if length <= timedelta(0):
                raise click.UsageError(f"--until {iso(self.until)} is not in the future")
        else:
            length = _length(self.duration or "")
        return {"duration": length // _MS, "rRule": {"dtstart": iso(at), "tzid": "UTC", "count": 1}}


@dataclass(frozen=True, slots=True)
class Unsnoozing:
    """No snooze ids: whatever silences the whole rule now."""

    snooze_ids: Sequence[str]

    async def make(self, api: Api, rule: JsonObject) -> Made:
        body = {"schedule_ids": list(self.snooze_ids)} if self.snooze_ids else {}
        await api.ask("POST", path_of(f"{_INTERNAL}/_unsnooze", id=rule["id"]), body=body)
        after = await made(api, rule, "had no such snooze" if self.snooze_ids else "was not snoozed")
        if not after.is_change:
            return after
        left = [snooze["id"] for snooze in after.rule.get("snooze_schedule", ()) if snooze.get("id")]
        return after_words(after, f"unsnoozed; still scheduled: {', '.join(left)}" if left else "unsnoozed")


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.UsageError(f"--for: {error}") from None
