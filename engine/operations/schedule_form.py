"""The public form of a schedule as users write it, checked (snooze-and-recurrence.md 5.2)."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject
from engine.operations.values import TIME_ZONE, NotNull, Strict, WholeNumber, refusal, written_as
from engine.timing.custom_schedule import duration_ms, interval_length
from engine.timing.zones import zone_named

LONGEST_MS = 36_500 * 86_400_000
"""A century: what lasts longer has no end, and says so."""
PARTS = Field(min_length=1, max_length=1000)
"""Of days and months in a schedule: what is given twice does no harm, but the list is gone through in many runs."""

_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_DURATION = re.compile(r"[1-9][0-9]{0,14}[smhd]")
_EVERY = re.compile(r"[1-9][0-9]{0,5}[dwMy]")
_WEEKDAY = re.compile(r"([+-][1-5])?(MO|TU|WE|TH|FR|SA|SU)")


def _check_start(text: str) -> str:
    try:
        is_exact = _START.fullmatch(text) is not None and iso(parse_iso(text)) == text
    except (ValueError, OverflowError):
        is_exact = False
    if not is_exact:
        raise refusal(f"{text[:40]!r} is not such a time", "write it exactly like 2026-01-31T12:00:00.000Z")
    return text


def _check_duration(text: str) -> str:
    if _DURATION.fullmatch(text) is None:
        remedy = "write a positive integer and s, m, h or d, like 2h; to silence without end, mute"
        raise refusal(f"{text[:40]!r} is not a duration", remedy)
    if duration_ms(text) > LONGEST_MS:
        raise refusal(f"{text[:40]!r} is longer than a century", "mute what is to be silent without end")
    return text


def _check_every(text: str) -> str:
    if _EVERY.fullmatch(text) is None:
        remedy = "write a positive integer and d, w, M (months) or y, like 2w"
        raise refusal(f"{text[:40]!r} is not an interval", remedy)
    return text


def _check_zone(name: str) -> str:
    try:
        zone_named(name)
    except ValueError:
        remedy = "use a name of the tz database, like Europe/Berlin"
        raise refusal(f"{name[:60]!r} is not a known time zone", remedy) from None
    return name


def _check_weekday(day: str) -> str:
    if _WEEKDAY.fullmatch(day) is None:
        remedy = "use MO, TU, WE, TH, FR, SA or SU, or one of a month like +2TU or -1FR"
        raise refusal(f"{day[:40]!r} is not a day of the week", remedy)
    return day


Start: TypeAlias = Annotated[str, AfterValidator(_check_start), written_as(_START.pattern, format="date-time")]
Zone: TypeAlias = Annotated[str, AfterValidator(_check_zone), TIME_ZONE]
Every: TypeAlias = Annotated[str, AfterValidator(_check_every), written_as(_EVERY.pattern)]
Weekday: TypeAlias = Annotated[str, AfterValidator(_check_weekday), written_as(_WEEKDAY.pattern)]
MonthDay: TypeAlias = Annotated[WholeNumber, Field(ge=1, le=31)]
Month: TypeAlias = Annotated[WholeNumber, Field(ge=1, le=12)]
Positive: TypeAlias = Annotated[WholeNumber, Field(ge=1)]


class RecurringBody(Strict):
    """How a schedule repeats."""

    every: Annotated[Every | None, NotNull] = None
    end: Annotated[Start | None, NotNull] = None
    occurrences: Annotated[Positive | None, NotNull] = None
    onWeekDay: Annotated[  # noqa: N815 - the wire's name
        list[Weekday] | None, NotNull, PARTS
    ] = None
    onMonthDay: Annotated[list[MonthDay] | None, NotNull, PARTS] = None  # noqa: N815
    onMonth: Annotated[list[Month] | None, NotNull, PARTS] = None  # noqa: N815

    @model_validator(mode="after")
    def _check_one_end(self) -> "RecurringBody":
        if self.end is not None and self.occurrences is not None:
            raise refusal("has both end and occurrences", "leave one of them out")
        return self


class CustomSchedule(Strict):
    """When something begins, how long it lasts, and how it repeats; without ``recurring`` it happens once."""

    start: Start
    duration: Annotated[str, AfterValidator(_check_duration), written_as(_DURATION.pattern)]
    timezone: Annotated[Zone | None, NotNull] = None
    recurring: Annotated[RecurringBody | None, NotNull] = None

    @model_validator(mode="after")
    def _check_pause(self) -> "CustomSchedule":
        every = None if self.recurring is None else self.recurring.every
        if every is not None and timedelta(milliseconds=duration_ms(self.duration)) >= interval_length(every):
            raise refusal(f"lasts {self.duration} every {every}: it would never pause", "shorten duration")
        return self

    def given(self) -> JsonObject:
        """The schedule as it was written."""
        return self.model_dump(exclude_unset=True)


class ScheduleBody(Strict):
    """``schedule`` of a request: the public form under ``custom``."""

    custom: CustomSchedule


def check_future(schedule: ScheduleBody, at: datetime, path: str = "schedule") -> None:
    """Raises InvalidInput if the schedule ended before it was given."""
    problems = list(_ended(schedule.custom, at))
    if problems:
        raise InvalidInput([problem.under(f"{path}.custom") for problem in problems])


def _ended(custom: CustomSchedule, at: datetime) -> Iterator[Problem]:
    end = None if custom.recurring is None else custom.recurring.end
    if end is not None and parse_iso(end) <= at:
        yield Problem("recurring.end", f"{end} is not in the future", "give a later end, or leave it out")
