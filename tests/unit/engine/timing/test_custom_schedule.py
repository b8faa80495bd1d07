"""The public form of schedules and the stored one, into each other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing.custom_schedule import (
    StoredSchedule,
    duration_ms,
    duration_text,
    interval_length,
    to_custom,
    to_stored,
)

START = "2026-01-31T12:00:00.000Z"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

EVERY = st.builds("{}{}".format, st.integers(1, 500), st.sampled_from("dwMy"))
WEEKDAYS = st.lists(st.sampled_from(["MO", "SU", "+1TU", "-5FR"]), min_size=1, unique=True)
RECURRING = st.fixed_dictionaries(
    {},
    optional={
        "every": EVERY,
        "end": st.just("2027-01-01T00:00:00.000Z"),
        "occurrences": st.integers(1, 99),
        "onWeekDay": WEEKDAYS,
        "onMonthDay": st.lists(st.integers(1, 31), min_size=1),
        "onMonth": st.lists(st.integers(1, 12), min_size=1),
    },
)


@given(RECURRING, st.sampled_from(["UTC", "Europe/Vienna"]))
def test_what_repeats_comes_back_as_it_was_given(recurring: dict[str, Any], zone: str) -> None:
    custom = {"start": START, "duration": "30m", "timezone": zone}
    if recurring:
        custom["recurring"] = recurring
    assert to_custom(to_stored(custom)) == custom


@given(st.integers(1, 100_000), st.sampled_from("smhd"))
def test_a_duration_comes_back_as_long_as_it_was(count: int, unit: str) -> None:
    text = duration_text(duration_ms(f"{count}{unit}"))
    assert int(text[:-1]) * UNITS[text[-1]] == count * UNITS[unit]


def test_a_length_of_no_whole_seconds_is_shown_as_it_is() -> None:
    assert duration_text(1500) == "1.5s"


def test_weekdays_stored_as_numbers_are_shown_by_name() -> None:
    rrule = {"dtstart": "2026-01-31T13:00:00+01:00", "tzid": "UTC", "freq": 2, "interval": 1, "byweekday": [1, 7]}
    assert to_custom(StoredSchedule(60_000, rrule)) == {
        "start": START,
        "duration": "1m",
        "timezone": "UTC",
        "recurring": {"every": "1w", "onWeekDay": ["MO", "SU"]},
    }


def test_an_hourly_rule_has_no_interval_in_the_public_form() -> None:
    rrule = {"dtstart": START, "tzid": "UTC", "freq": 4, "interval": 2, "byweekday": []}
    assert "recurring" not in to_custom(StoredSchedule(60_000, rrule))


@pytest.mark.parametrize(
    ("every", "days"), [("3d", 3), ("2w", 14), ("1M", 30), ("2M", 61), ("12M", 365), ("1y", 365), ("4y", 1461)]
)
def test_how_long_an_interval_counts(every: str, days: int) -> None:
    assert interval_length(every).days == days
