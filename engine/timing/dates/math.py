"""Date math: ``now-1d/d``, ``2024-05-07||+1M/M``."""

import re

from engine.timing.dates.civil import DAY, NANOS, Civil, add_months, from_nanos, to_nanos
from engine.timing.dates.format import DateFormat
from engine.timing.dates.zone import UTC_ZONE, Zone

_OPERATION = re.compile(r"([+-])(\d*)([yMwdhHms])|/([yMwdhHms])", re.ASCII)
_CLOCK_UNITS = {"h": 3600, "H": 3600, "m": 60, "s": 1}
_LONGEST_COUNT = 9


def resolve_date(text: str, date_format: DateFormat, *, now: int, round_up: bool = False, zone: Zone = UTC_ZONE) -> int:
    """The instant of a bound. ``round_up``: an incomplete date and ``/unit`` mean the end, not the start.

    Raises ValueError.
    """
    if text.startswith("now"):
        return _apply(text[3:], now, round_up, zone, text)
    anchor, bar, operations = text.partition("||")
    if not bar:
        return date_format.parse(text, round_up=round_up, zone=zone)
    return _apply(operations, date_format.parse(anchor, zone=zone), round_up, zone, text)


def _apply(operations: str, instant: int, round_up: bool, zone: Zone, text: str) -> int:
    position = 0
    while position < len(operations):
        match = _OPERATION.match(operations, position)
        if match is None or len(match[2] or "") > _LONGEST_COUNT:
            raise ValueError(f"[{text}] is not date math: write operations like +1d, -2h or /d after the date")
        if match[4]:
            instant = _round(instant, match[4], round_up, zone)
        else:
            count = int(match[2] or 1)
            instant = add_units(instant, count if match[1] == "+" else -count, match[3], zone)
        position = match.end()
    return instant


def add_units(instant: int, count: int, unit: str, zone: Zone = UTC_ZONE) -> int:
    """The instant moved by calendar units (in the zone) or clock units."""
    if unit in _CLOCK_UNITS:
        return instant + count * _CLOCK_UNITS[unit] * NANOS
    local = zone.to_local(instant)
    if unit in "wd":
        return zone.from_local(local + count * (7 if unit == "w" else 1) * DAY * NANOS)
    return zone.from_local(to_nanos(add_months(from_nanos(local), count * (12 if unit == "y" else 1))))


def _round(instant: int, unit: str, round_up: bool, zone: Zone) -> int:
    start = zone.from_local(_floor(zone.to_local(instant), unit))
    return add_units(start, 1, unit, zone) - NANOS // 1000 if round_up else start


def _floor(local: int, unit: str) -> int:
    if unit in _CLOCK_UNITS:
        step = _CLOCK_UNITS[unit] * NANOS
        return local // step * step
    day = local // (DAY * NANOS)
    if unit == "d":
        return day * DAY * NANOS
    if unit == "w":
        return (day - (day + 3) % 7) * DAY * NANOS
    civil = from_nanos(local)
    return to_nanos(Civil(civil.year, 1 if unit == "y" else civil.month, 1))
