"""A recurrence rule as stored: its members read, checked, and brought into one form (snooze-and-recurrence.md 1, 2)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import NamedTuple

from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.timing.zones import zone_named

YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY = range(7)

_DAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_WEEKDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_LARGEST_INTERVAL = 10**9


class RecurrenceError(ValueError):
    """A recurrence rule that cannot be evaluated; the text names the member."""


class Weekday(NamedTuple):
    """A day of the week, 0 = Monday; the ``nth`` of its month or year, from the end if negative; None: every one."""

    day: int
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class RRule:
    """A rule with its defaults written out. ``freq`` None: the one occurrence ``dtstart``.

    ``is_elapsed``: it has no by-parts and steps by elapsed time. Empty tuples mean "any".
    """

    dtstart: datetime
    zone: tzinfo
    freq: int | None
    interval: int = 1
    until: datetime | None = None
    count: int | None = None
    week_start: int = 0
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    week_numbers: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    is_elapsed: bool = False

    @property
    def local_start(self) -> datetime:
        """``dtstart`` on the wall clock of the zone."""
        return self.dtstart.astimezone(self.zone).replace(tzinfo=None)


def read_rrule(stored: JsonObject) -> RRule:
    """The rule that stored members make up.

    Raises RecurrenceError for what cannot be evaluated: an unknown zone, a bad date, an interval below 1.
    """
    if not isinstance(stored, dict):
        raise RecurrenceError("rRule is no object")
    rule = RRule(
        dtstart=_instant(stored, "dtstart"),
        zone=_zone(stored.get("tzid")),
        freq=_frequency(stored),
        interval=_positive(stored, "interval") or 1,
        until=None if stored.get("until") is None else _instant(stored, "until"),
        count=_positive(stored, "count"),
        week_start=_DAYS.get(str(stored.get("wkst") or "MO"), 0),
        weekdays=_weekdays(stored),
        month_days=_numbers(stored, "bymonthday", range(1, 32)),
        months=_numbers(stored, "bymonth", range(1, 13)),
        year_days=_numbers(stored, "byyearday", range(1, 367)),
        week_numbers=_numbers(stored, "byweekno", range(-53, 54)),
        positions=_numbers(stored, "bysetpos", range(-366, 367)),
        hours=_numbers(stored, "byhour", range(24)),
        minutes=_numbers(stored, "byminute", range(60)),
        seconds=_numbers(stored, "bysecond", range(60)),
    )
    if rule.freq is None:
        return rule
    try:
        return _with_times(_with_days(_as_kibana_reads(rule)))
    except OverflowError:
        raise RecurrenceError("rRule.dtstart is beyond the calendar in its time zone") from None


def _frequency(stored: JsonObject) -> int | None:
    """The frequency; without one a schedule that says nothing else of repetition happens once (2.1)."""
    freq = stored.get("freq")
    if freq is None:
        repeats = any(stored.get(name) for name in stored if name.startswith("by") or name in ("until", "interval"))
        return YEARLY if repeats or stored.get("count") not in (None, 1) else None
    if isinstance(freq, bool) or freq not in range(7):
        raise RecurrenceError("rRule.freq is none of 0 to 6")
    return int(freq)


def _as_kibana_reads(rule: RRule) -> RRule:
    """Readings of Kibana that users rely on (2.3), and positions that belong to one weekday each (2.4)."""
    has_ordinals = any(weekday.nth is not None for weekday in rule.weekdays)
    pairs = len(rule.positions) == len(rule.weekdays) > 0 and not has_ordinals
    if pairs and (rule.freq == MONTHLY or (rule.freq == YEARLY and rule.months)):
        weekdays = zip(rule.weekdays, rule.positions, strict=True)
        return replace(rule, weekdays=_each_once(Weekday(each.day, nth) for each, nth in weekdays), positions=())
    rule = replace(rule, weekdays=_each_once(rule.weekdays))
    is_plain_monthly = rule.freq == MONTHLY and not has_ordinals and not rule.positions
    if rule.weekdays and (rule.freq == DAILY or is_plain_monthly):
        rule = replace(rule, freq=WEEKLY)
    if rule.freq not in (YEARLY, MONTHLY):
        rule = replace(rule, weekdays=_each_once(Weekday(each.day) for each in rule.weekdays))
    if rule.freq == YEARLY and not rule.months:
        rule = replace(rule, month_days=())
    return rule


def _with_days(rule: RRule) -> RRule:
    """Days that ``dtstart`` decides where the rule names none."""
    start = rule.local_start
    if rule.weekdays or rule.month_days or rule.year_days or rule.week_numbers:
        return rule
    if rule.freq == YEARLY:
        return replace(rule, months=rule.months or (start.month,), month_days=(start.day,))
    if rule.freq == MONTHLY:
        return replace(rule, month_days=(start.day,))
    if rule.freq == WEEKLY:
        return replace(rule, weekdays=(Weekday(start.weekday()),))
    return replace(rule, month_days=tuple(range(1, 32))) if rule.freq == DAILY else rule


def _with_times(rule: RRule) -> RRule:
    """Times of day that ``dtstart`` decides, or that are all meant, where the rule names none."""
    start, freq = rule.local_start, rule.freq or 0
    limits = (rule.weekdays, rule.month_days, rule.months, rule.year_days, rule.week_numbers, rule.positions)
    if freq >= HOURLY and not any((*limits, rule.hours, rule.minutes, rule.seconds)):
        return replace(rule, is_elapsed=True)
    hours, minutes, seconds = rule.hours, rule.minutes, rule.seconds
    if not hours:
        hours = tuple(range(24)) if freq >= HOURLY or minutes or seconds else (start.hour,)
    if not minutes:
        minutes = tuple(range(60)) if freq >= MINUTELY or seconds else (start.minute,)
    if not seconds:
        seconds = tuple(range(60)) if freq == SECONDLY else (start.second,)
    return replace(rule, hours=hours, minutes=minutes, seconds=seconds)


def _instant(stored: JsonObject, name: str) -> datetime:
    text = stored.get(name)
    try:
        return parse_iso(text if isinstance(text, str) else "")
    except (ValueError, OverflowError):
        raise RecurrenceError(f"rRule.{name} is no ISO 8601 date") from None


def _zone(name: JsonValue) -> tzinfo:
    try:
        return zone_named(name if isinstance(name, str) else "")
    except ValueError as error:
        raise RecurrenceError(f"rRule.tzid: {error}") from None


def _positive(stored: JsonObject, name: str) -> int | None:
    value = stored.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1 or value != int(value):
        raise RecurrenceError(f"rRule.{name} is no positive integer")
    return min(int(value), _LARGEST_INTERVAL)


def _numbers(stored: JsonObject, name: str, allowed: range) -> tuple[int, ...]:
    """The values in range, each once and ascending; others do not count (2.3)."""
    if allowed.start < 0:
        return tuple(value for value in _list(stored, name) if _is_number(value) and value in allowed and value)
    return tuple(sorted({value for value in _list(stored, name) if _is_number(value) and value in allowed}))


def _weekdays(stored: JsonObject) -> tuple[Weekday, ...]:
    return tuple(day for value in _list(stored, "byweekday") for day in _weekday(value))


def _each_once(weekdays: Iterable[Weekday]) -> tuple[Weekday, ...]:
    return tuple(dict.fromkeys(weekdays))


def _weekday(value: JsonValue) -> Iterable[Weekday]:
    if _is_number(value) and value in range(1, 8):
        yield Weekday(value - 1)
    elif isinstance(value, str) and (match := _WEEKDAY.fullmatch(value)) is not None:
        yield Weekday(_DAYS[match[2]], None if match[1] is None else int(match[1]))


def _list(stored: JsonObject, name: str) -> list[JsonValue]:
    value = stored.get(name)
    if value is not None and not isinstance(value, list):
        raise RecurrenceError(f"rRule.{name} is no list")
    return value or []


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
