"""The public form of a schedule ("custom") and the stored one, into each other (snooze-and-recurrence.md 5.2).

Both are taken as valid: `engine.operations.schedule_form` judges what users write.
"""

import math
from datetime import timedelta
from typing import Final, NamedTuple

from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.timing.rrule import DAILY, MONTHLY, WEEKLY, YEARLY

_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}
_FREQUENCIES: Final = {"y": YEARLY, "M": MONTHLY, "w": WEEKLY, "d": DAILY}
_UNITS: Final = {freq: unit for unit, freq in _FREQUENCIES.items()}
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MONTH_DAYS: Final = 30.436875
_RENAMED: Final = {
    "end": "until",
    "occurrences": "count",
    "onWeekDay": "byweekday",
    "onMonthDay": "bymonthday",
    "onMonth": "bymonth",
}
"""Members of ``recurring`` -> members of ``rRule``."""


class StoredSchedule(NamedTuple):
    """A schedule as rules and maintenance windows store it. ``duration`` in ms."""

    duration: int
    rrule: JsonObject


def to_stored(custom: JsonObject) -> StoredSchedule:
    """The stored form; what the schedule does not say is left out."""
    recurring = custom.get("recurring") or {}
    rrule: JsonObject = {"dtstart": custom["start"], "tzid": custom.get("timezone") or "UTC"}
    if recurring.get("every") is not None:
        count, unit = _split(recurring["every"])
        rrule |= {"freq": _FREQUENCIES[unit], "interval": count}
    rrule |= {name: recurring[given] for given, name in _RENAMED.items() if recurring.get(given) is not None}
    return StoredSchedule(duration_ms(custom["duration"]), rrule)


def to_custom(stored: StoredSchedule) -> JsonObject:
    """The public form. ``every`` is left out where the frequency has no unit in it (hourly and shorter)."""
    rrule = stored.rrule
    custom: JsonObject = {
        "start": iso(parse_iso(rrule["dtstart"])),
        "duration": duration_text(stored.duration),
        "timezone": rrule["tzid"],
    }
    recurring: JsonObject = {}
    unit = _UNITS.get(rrule.get("freq"))  # type: ignore[arg-type]
    if rrule.get("interval") is not None and unit is not None:
        recurring["every"] = f"{rrule['interval']}{unit}"
    for given, name in _RENAMED.items():
        if rrule.get(name) not in (None, []):
            recurring[given] = rrule[name]
    if "onWeekDay" in recurring:
        recurring["onWeekDay"] = [_day_name(day) for day in recurring["onWeekDay"]]
    return custom | {"recurring": recurring} if recurring else custom


def duration_ms(text: str) -> int:
    """The milliseconds of a duration such as ``90m``."""
    count, unit = _split(text)
    return count * _MS[unit]


def duration_text(ms: float) -> str:
    """The duration in the largest unit that divides it evenly and is not larger than the one Kibana prints in.

    Kibana prints more than a day in days, more than an hour in hours, whole minutes in minutes, others in seconds.
    """
    if ms > _MS["d"]:
        units = "dhms"
    elif ms > _MS["h"]:
        units = "hms"
    else:
        units = "ms"
    unit = next((unit for unit in units if ms % _MS[unit] == 0), None)
    return f"{ms / 1000:.15g}s" if unit is None else f"{int(ms // _MS[unit])}{unit}"


def interval_length(every: str) -> timedelta:
    """How long an interval such as ``2M`` counts in comparison with a duration: months and years by their average."""
    count, unit = _split(every)
    if unit in ("M", "y"):
        months = count if unit == "M" else 12 * count
        return timedelta(days=math.floor(months * _MONTH_DAYS + 0.5))
    return timedelta(days=count * (7 if unit == "w" else 1))


def _split(text: str) -> tuple[int, str]:
    return int(text[:-1]), text[-1]


def _day_name(day: JsonValue) -> JsonValue:
    """Stored rules may number their weekdays, 1 = Monday."""
    return _DAYS[day - 1] if isinstance(day, int) and day in range(1, 8) else day
