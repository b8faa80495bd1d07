"""What snoozing makes of a rule (snooze-and-recurrence.md 4, 5): pure; the operations that store it are in `rules`."""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from engine.model.errors import InvalidInput, NotFound, Problem
from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import Rule
from engine.operations.schedule_form import PARTS, Month, MonthDay, Positive, ScheduleBody, Zone, check_future
from engine.operations.validation import parse_model
from engine.operations.values import DATE_TIME, NotNull, Strict, WholeNumber, as_whole_number, refusal, written_as
from engine.timing.custom_schedule import to_stored
from engine.timing.rrule import DAILY
from engine.timing.snooze import Snooze

INDEFINITE = -1
_MOST_SCHEDULED = 5
_LONGEST_MS = 10**15
_ID = re.compile(r"[a-z0-9_-]+", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_DAY_MS = 86_400_000


def _check_date(text: str) -> str:
    try:
        parse_iso(text)
    except (ValueError, OverflowError):
        raise refusal(f"{text[:40]!r} is not a date", "write it like 2026-01-31T12:00:00.000Z") from None
    return text


def _check_id(text: str) -> str:
    if _ID.fullmatch(text) is None:
        raise refusal(f"{text[:40]!r} cannot be an id", "use the characters a-z 0-9 _ -")
    return text


def _check_weekday(day: str) -> str:
    if _WEEKDAY.fullmatch(day) is None:
        raise refusal(f"{day[:40]!r} is not a day of the week", "use MO, TU, WE, TH, FR, SA or SU")
    return day


def _check_duration(value: object) -> object:
    value = as_whole_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refusal("must be a number", "write milliseconds, or -1 for ever")
    if value != INDEFINITE and not 0 <= value <= _LONGEST_MS:
        raise refusal(f"{value} is no length of time", "write milliseconds, or -1 for ever")
    return value


Date: TypeAlias = Annotated[str, AfterValidator(_check_date), DATE_TIME]
Weekday: TypeAlias = Annotated[str, AfterValidator(_check_weekday), written_as(_WEEKDAY.pattern)]
SnoozeId: TypeAlias = Annotated[str, AfterValidator(_check_id), written_as(_ID.pattern)]
Milliseconds: TypeAlias = Annotated[
    int | float,
    BeforeValidator(_check_duration),
    WithJsonSchema({"anyOf": [{"const": INDEFINITE}, {"type": "number", "minimum": 0, "maximum": _LONGEST_MS}]}),
]


class RRuleBody(Strict):
    """A recurrence rule as the internal form sends it; null and absent mean the same."""

    dtstart: Date
    tzid: Zone
    freq: Annotated[WholeNumber, Field(ge=0, le=3)] | None = None
    interval: Positive | None = None
    until: Date | None = None
    count: Positive | None = None
    byweekday: Annotated[list[Weekday], PARTS] | None = None
    bymonthday: Annotated[list[MonthDay], PARTS] | None = None
    bymonth: Annotated[list[Month], PARTS] | None = None


class SnoozeBody(Strict):
    """A snooze in its stored form. ``duration`` in ms, -1 = for ever."""

    id: Annotated[SnoozeId | None, NotNull] = None
    duration: Milliseconds
    rRule: RRuleBody  # noqa: N815 - the wire's name


class SnoozeScheduleBody(Strict):
    """The body of the public route."""

    schedule: ScheduleBody


def read_snooze(body: JsonValue, at: datetime) -> JsonObject:
    """A snooze in its stored form (5.1), without members that are null. Raises InvalidInput."""
    parsed = parse_model(SnoozeBody, body)
    check_rrule(parsed.rRule, parsed.duration, at)
    return _evaluable(parsed.model_dump(exclude_none=True), at, "rRule")


def check_rrule(rrule: RRuleBody, duration_ms: float, at: datetime) -> None:
    """Judge a rule by the instant, and by how long what it repeats lasts (5.1). Raises InvalidInput."""
    if rrule.until is not None and parse_iso(rrule.until) <= at:
        raise InvalidInput([Problem("rRule.until", f"{rrule.until} is not in the future", "give a later time")])
    check_pause(rrule.freq, rrule.interval, duration_ms)


def check_pause(freq: int | None, interval: int | None, duration_ms: float) -> None:
    """Raises InvalidInput for what lasts as long as the days after which it comes again."""
    if freq == DAILY and interval is not None and duration_ms >= interval * _DAY_MS:
        raise InvalidInput([Problem("duration", "is not shorter than the interval of days", "shorten it")])


def read_snooze_schedule(body: JsonValue, snooze_id: str, at: datetime) -> tuple[JsonObject, JsonObject]:
    """A scheduled snooze of the public form (5.2): as it is stored, and as the answer shows it. Raises InvalidInput."""
    parsed = parse_model(SnoozeScheduleBody, body)
    check_future(parsed.schedule, at)
    custom = parsed.schedule.custom.given()
    stored = to_stored(custom)
    snooze = _evaluable({"id": snooze_id, "duration": stored.duration, "rRule": stored.rrule}, at, "schedule.custom")
    return snooze, {"schedule": {"id": snooze_id, "custom": {**custom, "timezone": stored.rrule["tzid"]}}}


def _evaluable(snooze: JsonObject, at: datetime, path: str) -> JsonObject:
    """The snooze. Raises InvalidInput for one that is too costly to evaluate: stored, it would never be active."""
    read = Snooze(snooze)
    read.changes_after(at)
    if read.problem is not None:
        raise InvalidInput([Problem(path, read.problem, "write a simpler schedule")])
    return snooze


def snoozed(rule: Rule, snooze: JsonObject) -> Rule:
    """The rule with one more snooze: it replaces the one of its id, or the plain one. Raises InvalidInput."""
    if snooze["duration"] == INDEFINITE:
        return replace(rule, mute_all=True, snooze_schedule=_scheduled(rule))
    others = tuple(other for other in rule.snooze_schedule if other.get("id") != snooze.get("id"))
    return _checked(replace(rule, snooze_schedule=(*others, snooze)))


def bulk_snoozed(rule: Rule, snooze: JsonObject) -> Rule:
    """The same for one of many rules: a scheduled snooze is added to what is there. Raises InvalidInput."""
    if snooze["duration"] == INDEFINITE:
        return snoozed(rule, snooze)
    if snooze.get("id") is not None:
        return _checked(replace(rule, snooze_schedule=(*rule.snooze_schedule, snooze)))
    return replace(rule, mute_all=False, snooze_schedule=(*_scheduled(rule), snooze))


def unsnoozed(rule: Rule, ids: Collection[str] | None, at: datetime) -> Rule:
    """The rule without the snoozes of these ids; None: what silences the whole rule now is ended.

    A scheduled snooze that recurs skips its present occurrence, and stays.
    """
    if ids is not None:
        kept = tuple(snooze for snooze in rule.snooze_schedule if snooze.get("id") not in ids)
        return replace(rule, snooze_schedule=kept)
    kept = tuple(left for snooze in _scheduled(rule) if (left := _ended_for_now(snooze, at)) is not None)
    return replace(rule, mute_all=False, snooze_schedule=kept)


def without_schedule(rule: Rule, snooze_id: str) -> Rule:
    """The rule without the snooze of that id (rest-api.md 4.6). Raises InvalidInput if it has none at all, NotFound."""
    if not rule.snooze_schedule:
        raise InvalidInput([Problem("", f"rule [{rule.id}] has no snooze schedules", "there is nothing to delete")])
    kept = tuple(snooze for snooze in rule.snooze_schedule if snooze.get("id") != snooze_id)
    if len(kept) == len(rule.snooze_schedule):
        raise NotFound("snooze schedule", snooze_id)
    return replace(rule, snooze_schedule=kept)


def _scheduled(rule: Rule) -> tuple[JsonObject, ...]:
    return tuple(snooze for snooze in rule.snooze_schedule if snooze.get("id") is not None)


def _checked(rule: Rule) -> Rule:
    if len(_scheduled(rule)) > _MOST_SCHEDULED:
        remedy = "remove one of them first (`tocsin rules unsnooze`)"
        raise InvalidInput([Problem("", f"a rule has at most {_MOST_SCHEDULED} scheduled snoozes", remedy)])
    return rule


def _ended_for_now(stored: JsonObject, at: datetime) -> JsonObject | None:
    """What is left of a scheduled snooze that is not to be active now; None: nothing."""
    snooze = Snooze(stored)
    verdict = snooze.verdict(at)
    if not verdict.is_active:
        return stored
    if not snooze.is_recurring or verdict.occurrence is None:
        return None
    return {**stored, "skipRecurrences": [*(stored.get("skipRecurrences") or ()), iso(verdict.occurrence)]}
