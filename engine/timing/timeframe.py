"""Timeframes of actions: days of the week and hours of the day in a zone (actions-scheduling.md 8.3)."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.timing.zones import zone_or_offset

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_END_OF_DAY = "24:00"
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Timeframe:
    """``days``: ISO weekdays, empty = every day. ``start`` and ``end``: minutes after midnight, the end excluded."""

    days: frozenset[int]
    start: int
    end: int
    zone: tzinfo

    def contains(self, at: datetime) -> bool:
        """Whether an instant lies in it. The part after midnight belongs to the next weekday."""
        local = at.astimezone(self.zone)
        if self.days and local.isoweekday() not in self.days:
            return False
        minute = local.hour * 60 + local.minute
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def read_timeframe(stored: JsonObject) -> Timeframe:
    """The timeframe as an action holds it.

    Raises ValueError naming the member that is wrong.
    """
    hours = stored.get("hours")
    if not isinstance(hours, dict):
        raise ValueError("hours is no object with start and end")
    return Timeframe(
        days=_days(stored.get("days")),
        start=_minutes("hours.start", hours.get("start")),
        end=_DAY_MINUTES if hours.get("end") == _END_OF_DAY else _minutes("hours.end", hours.get("end")),
        zone=_zone(stored.get("timezone")),
    )


def _days(given: JsonValue) -> frozenset[int]:
    if not isinstance(given, list) or any(isinstance(day, bool) or day not in range(1, 8) for day in given):
        raise ValueError("days is no list of weekdays from 1 (Monday) to 7")
    return frozenset(given)


def _minutes(name: str, given: JsonValue) -> int:
    match = _TIME.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f"{name} is no time of day: write it like 08:30")
    return int(match[1]) * 60 + int(match[2])


def _zone(given: JsonValue) -> tzinfo:
    if not isinstance(given, str):
        raise ValueError("timezone is missing: write an IANA name or an offset such as UTC+1")
    try:
        return zone_or_offset(given)
    except ValueError as error:
        raise ValueError(f"timezone: {error}") from None
