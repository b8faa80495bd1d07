"""Timeframes: their borders, overnight ones, clock changes, and what is refused."""

from typing import Any

import pytest

from engine.model.instant import parse_iso
from engine.timing.timeframe import read_timeframe
from engine.timing.zones import zone_or_offset


def contains(at: str, start: str, end: str, days: tuple[int, ...] = (), zone: str = "UTC") -> bool:
    stored = {"days": list(days), "hours": {"start": start, "end": end}, "timezone": zone}
    return read_timeframe(stored).contains(parse_iso(at))


@pytest.mark.parametrize(
    ("clock", "start", "end", "is_inside"),
    [
        ("08:00:00.000", "08:00", "17:00", True),
        ("07:59:59.999", "08:00", "17:00", False),
        ("16:59:59.999", "8:00", "17:00", True),
        ("17:00:00.000", "08:00", "17:00", False),
        ("22:00:00.000", "22:00", "06:00", True),
        ("05:59:59.000", "22:00", "06:00", True),
        ("06:00:00.000", "22:00", "06:00", False),
        ("00:00:30.000", "22:00", "06:00", True),
        ("03:00:00.000", "09:00", "09:00", True),
        ("23:59:59.999", "18:00", "24:00", True),
        ("17:59:59.999", "18:00", "24:00", False),
        ("12:00:00.000", "00:00", "24:00", True),
    ],
)
def test_the_start_is_included_and_the_end_is_not(clock: str, start: str, end: str, is_inside: bool) -> None:
    assert contains(f"2024-05-06T{clock}Z", start, end) is is_inside


@pytest.mark.parametrize(("at", "is_inside"), [("2024-05-10T23:00:00Z", True), ("2024-05-11T05:00:00Z", False)])
def test_after_midnight_the_next_weekday_counts(at: str, is_inside: bool) -> None:
    assert contains(at, "22:00", "06:00", days=(5,)) is is_inside
    assert contains(at, "22:00", "06:00", days=(5, 6)) is True


@pytest.mark.parametrize(
    ("at", "is_inside"),
    [
        ("2024-03-30T08:30:00Z", True),  # 09:30 in winter time
        ("2024-03-31T07:30:00Z", True),  # 09:30 in summer time, the day of the change
        ("2024-03-31T08:30:00Z", False),
        ("2024-10-27T00:30:00Z", False),
        ("2024-10-27T08:59:00Z", True),
    ],
)
def test_hours_are_those_of_the_wall_clock(at: str, is_inside: bool) -> None:
    assert contains(at, "09:00", "10:00", zone="Europe/Vienna") is is_inside


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("UTC+1", 1),
        ("UTC+01:00", 1),
        ("GMT-5", -5),
        ("+02:00", 2),
        ("-0330", -3.5),
        ("UTC", 0),
        ("GMT", 0),
        ("Asia/Kolkata", 5.5),
    ],
)
def test_zones(name: str, hours: float) -> None:
    offset = parse_iso("2024-05-06T00:00:00Z").astimezone(zone_or_offset(name)).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600


GOOD: dict[str, Any] = {"days": [1], "hours": {"start": "08:00", "end": "17:00"}, "timezone": "UTC"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"days": [0]}, "days"),
        ({"days": [8]}, "days"),
        ({"days": None}, "days"),
        ({"days": ["1"]}, "days"),
        ({"days": [True]}, "days"),
        ({"hours": None}, "hours"),
        ({"hours": {"start": "24:00", "end": "1:00"}}, "hours.start"),
        ({"hours": {"start": "8", "end": "9:00"}}, "hours.start"),
        ({"hours": {"start": "08:00"}}, "hours.end"),
        ({"hours": {"start": "08:00", "end": "24:01"}}, "hours.end"),
        ({"hours": {"start": "08:00", "end": "8:5"}}, "hours.end"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "UTC+15"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"timezone": ""}, "timezone"),
    ],
)
def test_what_is_refused_is_named(change: dict[str, Any], named: str) -> None:
    read_timeframe(GOOD)
    with pytest.raises(ValueError, match=named):
        read_timeframe(GOOD | change)
