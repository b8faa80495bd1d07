"""Occurrences: the readings and corrections of the specification, and a brute-force oracle over clock changes."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.instant import iso, parse_iso
from engine.timing.recurrence import Recurrence
from engine.timing.rrule import RecurrenceError


def first(limit: int, dtstart: str, zone: str = "UTC", **members: Any) -> list[str]:
    """The first occurrences, without what all of them end with."""
    rule = Recurrence.of({"dtstart": dtstart, "tzid": zone, **members})
    return [iso(at).removesuffix(":00.000Z") for at in islice(rule, limit)]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        # 2.1
        ({}, ["2024-01-31T10:00"]),
        ({"count": 1}, ["2024-01-31T10:00"]),
        ({"freq": None, "until": None, "byweekday": []}, ["2024-01-31T10:00"]),
        ({"count": 2}, ["2024-01-31T10:00", "2025-01-31T10:00"]),
        ({"interval": 2, "count": 2}, ["2024-01-31T10:00", "2026-01-31T10:00"]),
        # 2.3
        ({"freq": 3, "byweekday": ["FR"], "interval": 2}, ["2024-02-02T10:00", "2024-02-16T10:00"]),
        ({"freq": 1, "byweekday": ["FR"]}, ["2024-02-02T10:00", "2024-02-09T10:00"]),
        ({"freq": 2, "byweekday": ["+2FR"]}, ["2024-02-02T10:00", "2024-02-09T10:00"]),
        ({"freq": 0, "bymonthday": [5]}, ["2024-01-31T10:00", "2025-01-31T10:00"]),
        ({"freq": 3, "byminute": [0, 30]}, ["2024-01-31T10:00", "2024-01-31T10:30", "2024-01-31T11:00"]),
        ({"freq": 3, "bymonth": [0, 13], "bymonthday": [0, -1, 32]}, ["2024-01-31T10:00", "2024-02-01T10:00"]),
        ({"freq": 4, "interval": 13}, ["2024-01-31T10:00", "2024-01-31T23:00", "2024-02-01T12:00"]),
        # 2.4
        ({"freq": 1, "byweekday": ["-1FR", "+1TU"]}, ["2024-02-06T10:00", "2024-02-23T10:00", "2024-03-05T10:00"]),
        ({"freq": 1, "byweekday": [5], "bysetpos": [-2]}, ["2024-02-16T10:00", "2024-03-22T10:00"]),
        ({"freq": 1, "byweekday": ["MO", "TU"], "bysetpos": [-1]}, ["2024-02-27T10:00", "2024-03-26T10:00"]),
        ({"freq": 1, "byweekday": ["+5MO"]}, ["2024-04-29T10:00", "2024-07-29T10:00"]),
        ({"freq": 0, "byweekday": ["1MO"]}, ["2025-01-06T10:00", "2026-01-05T10:00"]),
        ({"freq": 0, "bymonth": [3], "byweekday": ["-1SU"]}, ["2024-03-31T10:00", "2025-03-30T10:00"]),
        ({"freq": 0, "bymonth": [3], "byweekday": ["MO", "TU"], "bysetpos": [1, -1]},
         ["2024-03-04T10:00", "2024-03-26T10:00", "2025-03-03T10:00"]),
        ({"freq": 0, "byweekday": ["MO", "TU"], "bysetpos": [1, -1]},
         ["2024-12-31T10:00", "2025-01-06T10:00", "2025-12-30T10:00"]),
        ({"freq": 2, "byweekday": ["MO", "FR"], "bysetpos": [2, 1]}, ["2024-02-02T10:00", "2024-02-05T10:00"]),
        ({"freq": 1, "byweekday": ["FR", "+1SA"]}, ["2024-02-02T10:00", "2024-02-03T10:00", "2024-02-09T10:00"]),
        ({"freq": 3, "byhour": [8, 20], "bysetpos": [-1]}, ["2024-01-31T20:00", "2024-02-01T20:00"]),
        # Days of the week are MO to SU or 1 to 7; others do not count.
        ({"freq": 2, "byweekday": [0, 8, "XX", True, 2]}, ["2024-02-06T10:00", "2024-02-13T10:00"]),
        ({"freq": 2, "byweekday": [1, "MO"], "wkst": "XX"}, ["2024-02-05T10:00", "2024-02-12T10:00"]),
        # 2.5
        ({"freq": 3, "until": "2024-02-01T10:00:00Z", "count": 9}, ["2024-01-31T10:00", "2024-02-01T10:00"]),
        ({"freq": 3, "until": "2024-02-01T09:59:59Z"}, ["2024-01-31T10:00"]),
        ({"freq": 1}, ["2024-01-31T10:00", "2024-03-31T10:00", "2024-05-31T10:00"]),
        ({"freq": 1, "bymonth": [1]}, ["2024-01-31T10:00", "2025-01-31T10:00"]),
        ({"freq": 0, "byweekday": ["FR"]}, ["2024-02-02T10:00", "2024-02-09T10:00"]),
        ({"freq": 0, "byweekno": [1], "byweekday": ["MO"]}, ["2024-12-30T10:00", "2025-12-29T10:00"]),
        ({"freq": 0, "byyearday": [366]}, ["2024-12-31T10:00", "2028-12-31T10:00"]),
        ({"freq": 2, "interval": 2, "byweekday": ["TU", "SU"], "wkst": "SU"}, ["2024-02-11T10:00", "2024-02-13T10:00"]),
        ({"freq": 2, "interval": 2, "byweekday": ["TU", "SU"]}, ["2024-02-04T10:00", "2024-02-13T10:00"]),
        ({"freq": 4, "byhour": [3]}, ["2024-02-01T03:00", "2024-02-02T03:00"]),
        ({"freq": 4, "byhour": [3], "byyearday": [34, 36]}, ["2024-02-03T03:00", "2024-02-05T03:00"]),
        ({"freq": 4, "byhour": [3], "byweekno": [7], "byweekday": [7]}, ["2024-02-18T03:00", "2025-02-16T03:00"]),
        ({"freq": 5, "byhour": [3], "byminute": [9], "bymonth": [3]}, ["2024-03-01T03:09", "2024-03-02T03:09"]),
        ({"freq": 5, "interval": 45, "byhour": [0, 1]}, ["2024-02-01T00:15", "2024-02-01T01:00", "2024-02-01T01:45"]),
    ],
)  # fmt: skip
def test_the_first_occurrences(members: dict[str, Any], expected: list[str]) -> None:
    found = first(
        len(expected) + (members.get("freq") is None and len(expected) == 1), "2024-01-31T10:00:00Z", **members
    )
    assert found == expected


def test_short_periods_are_counted_from_the_unit_that_the_start_lies_in() -> None:
    start = "2024-01-31T10:07:05Z"
    assert first(2, start, freq=6, interval=7, byhour=[10]) == ["2024-01-31T10:07:05.000Z", "2024-01-31T10:07:12.000Z"]
    assert first(2, start, freq=5, interval=7, bysecond=[9]) == ["2024-01-31T10:07:09.000Z", "2024-01-31T10:14:09.000Z"]
    assert first(2, start, freq=4, interval=7, byminute=[30]) == [
        "2024-01-31T10:30:05.000Z",
        "2024-01-31T17:30:05.000Z",
    ]


def test_29_february_comes_in_leap_years() -> None:
    assert first(3, "2096-02-29T00:00:00Z", freq=0) == ["2096-02-29T00:00", "2104-02-29T00:00", "2108-02-29T00:00"]


def test_a_time_in_a_gap_moves_by_the_gap_and_only_that_one() -> None:
    found = first(3, "2024-03-30T01:30:00Z", "Europe/Vienna", freq=3)
    assert found == ["2024-03-30T01:30", "2024-03-31T01:30", "2024-04-01T00:30"]


def test_a_time_that_comes_twice_is_the_first_one_but_for_the_start() -> None:
    # 01:30 in summer time and again in winter time.
    assert first(2, "2024-10-27T01:30:00Z", "Europe/Vienna", freq=3) == ["2024-10-27T01:30", "2024-10-28T01:30"]
    assert first(2, "2024-10-26T00:30:00Z", "Europe/Vienna", freq=3) == ["2024-10-26T00:30", "2024-10-27T00:30"]


def test_a_day_that_a_zone_left_out() -> None:
    found = first(3, "2011-12-29T20:00:00Z", "Pacific/Apia", freq=3)
    assert found == ["2011-12-29T20:00", "2011-12-30T20:00", "2011-12-31T20:00"]


def test_fractions_of_a_second_are_kept() -> None:
    rule = Recurrence.of({"dtstart": "2024-01-01T00:00:00.250+01:00", "tzid": "UTC", "freq": 3})
    assert [iso(at) for at in islice(rule, 2)] == ["2023-12-31T23:00:00.250Z", "2024-01-01T23:00:00.250Z"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"tzid": "Mars/Base"}, "tzid"),
        ({"tzid": "../etc/passwd"}, "tzid"),
        ({"dtstart": "tomorrow"}, "dtstart"),
        ({"dtstart": 5}, "dtstart"),
        ({"interval": 0, "freq": 3}, "interval"),
        ({"interval": 1.5}, "interval"),
        ({"count": 0}, "count"),
        ({"freq": 7}, "freq"),
        ({"freq": True}, "freq"),
        ({"until": "never"}, "until"),
        ({"byhour": 5}, "byhour"),
    ],
)
def test_what_cannot_be_evaluated_names_the_member(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(RecurrenceError, match=named):
        Recurrence.of({"dtstart": "2024-01-01T00:00:00Z", "tzid": "UTC", **wrong})


EVERY_SECOND = {"byhour": list(range(24)), "byminute": list(range(60)), "bysecond": list(range(60))}


@pytest.mark.parametrize(
    "hostile",
    [
        {"freq": 6},
        {"freq": 6, "byhour": [3]},
        {"freq": 3, "bymonth": [2], "bymonthday": [30]},
        {"freq": 0, "bymonth": [2], "bymonthday": [30]},
        {"freq": 6, "interval": 60, "bysecond": [1]},
        {"freq": 4, "count": 10**12},
        {"freq": 3, "count": 10**12, "byhour": list(range(24))},
        {"freq": 3, "interval": 10**12},
        {"freq": 0, "interval": 10**12},
        {"freq": 5, "bymonth": [2], "bymonthday": [30]},
        {"freq": 3, **EVERY_SECOND},
        {"freq": 0, "byyearday": list(range(1, 367)), **EVERY_SECOND},
        {"freq": 0, "byyearday": list(range(1, 367)), "bysetpos": [-1], **EVERY_SECOND},
        {"freq": 0, "bymonth": [12], "bymonthday": list(range(1, 32)), **EVERY_SECOND},
    ],
)
def test_old_and_never_matching_rules_are_bounded(hostile: dict[str, Any]) -> None:
    now = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    started = time.process_time()
    rule = Recurrence.of({"dtstart": "0001-01-02T00:00:00Z", "tzid": "Europe/Vienna", **hostile})
    try:
        rule.latest(now, now - timedelta(days=1))
        rule.earliest(now)
    except RecurrenceError as error:
        assert "rule" in str(error).lower()  # noqa: PT017
    assert time.process_time() - started < 60  # by steps from the start it would be hours


@pytest.mark.parametrize(
    ("dtstart", "members"),
    [
        # A day of the last year: what is counted reaches the end of the calendar.
        ("9000-12-31T00:00:00Z", {"freq": 0, "count": 9999}),
        ("0001-01-01T00:00:00Z", {"freq": 1, "count": 9999, "bymonth": [2], "bymonthday": [30]}),
        ("1970-01-01T00:00:00Z", {"freq": 3, "interval": 10**18, "count": 9999}),
        ("1970-01-01T00:00:00Z", {"freq": 4, "count": 10**18}),
        ("1970-01-01T00:00:00Z", {"freq": 4, "interval": 10**18}),
        ("9999-12-30T00:00:00Z", {"freq": 6, "interval": 10**18, "count": 10**18}),
    ],
)
def test_what_leads_out_of_the_calendar_ends_there(dtstart: str, members: dict[str, Any]) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    rule = Recurrence.of({"dtstart": dtstart, "tzid": "UTC", **members})
    before, after = rule.latest(now, now - timedelta(days=400)), rule.earliest(now)
    assert before is None or before <= now
    assert after is None or after >= now


def test_a_start_that_its_zone_has_no_date_for_is_refused() -> None:
    with pytest.raises(RecurrenceError, match="dtstart is beyond the calendar"):
        Recurrence.of({"dtstart": "9999-12-31T23:59:59Z", "tzid": "Europe/Vienna", "freq": 3})


def test_many_times_a_day_are_each_found() -> None:
    rule = {"dtstart": "2026-01-01T00:00:00Z", "tzid": "UTC", "freq": 1, "bymonthday": [1, 2], **EVERY_SECOND}
    now = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    second, third = timedelta(seconds=1), datetime(2026, 7, 3, tzinfo=UTC)
    every, last = Recurrence.of(rule), Recurrence.of({**rule, "bysetpos": [-1]})
    assert every.between(now, now + 2 * second) == [now, now + second, now + 2 * second]
    assert (every.latest(now, now - second), every.earliest(third)) == (now, datetime(2026, 8, 1, tzinfo=UTC))
    assert last.earliest(now) == third - second


ZONES = ["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
RULES = st.fixed_dictionaries(
    {"freq": st.sampled_from([0, 1, 2, 3]), "interval": st.integers(1, 4)},
    optional={
        "byweekday": st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True),
        "bymonthday": st.lists(st.integers(1, 31), min_size=1, max_size=3, unique=True),
        "bymonth": st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
        "byhour": st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True),
        "byminute": st.lists(st.sampled_from([0, 30, 45]), min_size=1, max_size=2, unique=True),
        "wkst": st.sampled_from(["MO", "SU"]),
    },
)


def oracle(rule: dict[str, Any], last: datetime) -> Iterator[datetime]:
    """Every minute of the zone's calendar is looked at: no steps, no library."""
    start, zone = parse_iso(rule["dtstart"]), ZoneInfo(rule["tzid"])
    local = start.astimezone(zone)
    freq, weekdays = rule["freq"], [DAYS.index(day) for day in rule.get("byweekday", [])]
    if weekdays and freq in (1, 3):
        freq = 2
    month_days = rule.get("bymonthday", []) if freq != 0 or "bymonth" in rule else []
    months = rule.get("bymonth", [])
    if not weekdays and not month_days:
        month_days = [local.day] if freq in (0, 1) else []
        weekdays = [local.weekday()] if freq == 2 else []
        months = months or ([local.month] if freq == 0 else [])
    hours = rule.get("byhour") or (range(24) if "byminute" in rule else [local.hour])
    minutes = rule.get("byminute") or [local.minute]
    week_start = DAYS.index(rule.get("wkst", "MO"))

    def period(day: date) -> int:
        number = day.toordinal()
        return [day.year, day.year * 12 + day.month, (number - 1 - week_start) // 7, number][freq]

    for number in range(local.toordinal(), last.toordinal() + 2):
        day = date.fromordinal(number)
        if (period(day) - period(local.date())) % rule["interval"]:
            continue
        if (months and day.month not in months) or (month_days and day.day not in month_days):
            continue
        if weekdays and day.weekday() not in weekdays:
            continue
        for hour in range(24):
            for minute in range(60):
                if hour in hours and minute in minutes:
                    at = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001
                    yield start if at == local.replace(tzinfo=None) else at.replace(tzinfo=zone).astimezone(UTC)


@given(RULES, st.sampled_from(ZONES), st.datetimes(datetime(2023, 1, 1), datetime(2024, 12, 31)), st.integers(0, 700))  # noqa: DTZ001
def test_a_brute_force_oracle_agrees(rule: dict[str, Any], zone: str, start: datetime, days: int) -> None:
    dtstart = start.replace(second=0, microsecond=0, tzinfo=UTC)
    stored = rule | {"dtstart": iso(dtstart), "tzid": zone}
    at = dtstart + timedelta(days=days, hours=5, minutes=31)
    expected = sorted({each for each in oracle(stored, at) if dtstart <= each <= at})
    recurrence = Recurrence.of(stored)
    assert recurrence.between(dtstart, at) == expected
    assert recurrence.latest(at, dtstart) == (expected[-1] if expected else None)
    if expected:
        assert recurrence.earliest(dtstart) == expected[0]
        counted = Recurrence.of(stored | {"count": len(expected)})
        assert list(islice(counted, len(expected) + 1)) == expected
