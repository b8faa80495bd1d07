"""Events of maintenance windows, where the behaviour cases do not look."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing.custom_schedule import to_stored
from engine.timing.maintenance import EventCalendar, status_at
from engine.timing.rrule import RecurrenceError

FAR = datetime(2100, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def calendar(duration: str = "1h", finished_at: datetime | None = None, **recurring: Any) -> EventCalendar:
    custom: dict[str, Any] = {"start": "2026-03-01T10:00:00.000Z", "duration": duration, "recurring": recurring}
    return EventCalendar(to_stored(custom), finished_at)


@given(
    st.sampled_from([{"every": "1d"}, {"every": "1w", "onWeekDay": ["MO", "WE"]}, {"every": "1d", "occurrences": 4}]),
    st.sampled_from(["1h", "23h"]),
    st.integers(-50, 24 * 40),
)
def test_what_is_worked_out_near_an_instant_is_what_the_whole_list_says(
    recurring: dict[str, Any], duration: str, hours: int
) -> None:
    windows, now = calendar(duration, **recurring), START + hours * HOUR
    expiration = START + timedelta(days=60)
    listed = list(windows.events(expiration))
    whole = status_at(now, enabled=True, expiration=FAR, events=listed)
    near = status_at(now, enabled=True, expiration=FAR, events=windows.around(now, expiration))
    assert near == whole
    verdict = windows.running_at(now)
    assert verdict.value is any(event.covers(now) for event in listed)
    if verdict.until is not None:
        assert windows.running_at(verdict.until - timedelta(milliseconds=1)).value is verdict.value


def test_a_finished_event_ends_then_and_the_next_one_is_as_long_as_ever() -> None:
    windows = calendar(finished_at=START + timedelta(minutes=20), every="1d")
    first, second = list(windows.events(START + timedelta(days=1)))
    assert (first.lte, second.lte) == (START + timedelta(minutes=20), START + timedelta(days=1, hours=1))
    assert not windows.running_at(START + timedelta(minutes=20)).value
    assert windows.running_at(START + timedelta(days=1)).value


def test_the_first_event_of_a_schedule_that_begins_between_two_seconds_counts() -> None:
    custom = {"start": "2026-03-01T10:00:00.123Z", "duration": "1h", "recurring": {"every": "1w", "onWeekDay": ["SU"]}}
    windows = EventCalendar(to_stored(custom))
    assert windows.running_at(START + HOUR / 2).value
    assert [event.gte.microsecond for event in windows.around(START + HOUR / 2, FAR)] == [123_000, 123_000]


def test_the_start_is_no_event_where_the_rule_does_not_lead_to_it() -> None:
    windows = calendar(every="1w", onWeekDay=["MO"])
    assert not windows.running_at(START).value
    assert windows.running_at(START + timedelta(days=1)).value


def test_a_window_of_decades_ago_costs_little() -> None:
    custom = {"start": "1970-01-01T00:00:00.000Z", "duration": "1h", "recurring": {"every": "1d"}}
    windows, began = EventCalendar(to_stored(custom)), time.process_time()
    assert windows.running_at(datetime(2026, 3, 1, 0, 30, tzinfo=UTC)).value
    assert len(windows.around(datetime(2026, 3, 1, 12, tzinfo=UTC), FAR)) == 2
    assert time.process_time() - began < 30


def test_durations_beyond_the_calendar_have_no_end() -> None:
    stored = to_stored({"start": "2026-03-01T10:00:00.000Z", "duration": "36500d"})
    windows = EventCalendar(stored._replace(duration=stored.duration * 1000))
    assert windows.running_at(FAR).value


def test_a_schedule_that_cannot_be_evaluated_says_so() -> None:
    stored = to_stored({"start": "2026-03-01T10:00:00.000Z", "duration": "1h", "timezone": "Mars/Base"})
    with pytest.raises(RecurrenceError, match="tzid"):
        EventCalendar(stored)
