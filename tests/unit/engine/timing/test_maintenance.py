"""Events of maintenance windows, where the behaviour cases do not look."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing.custom_schedule import to_stored
from engine.timing.maintenance import Event, EventCalendar, WindowStatus, is_for_category, status_at
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


EVENTS = [Event(START, START + HOUR), Event(START + 24 * HOUR, START + 25 * HOUR)]


@pytest.mark.parametrize(
    ("after", "name", "reported"),
    [
        (-1, "upcoming", 0),
        (0, "running", 0),
        (1, "upcoming", 1),
        (24, "running", 1),
        (25, "finished", 1),
    ],
)
def test_what_a_window_is_at_an_instant(after: int, name: str, reported: int) -> None:
    now = START + after * HOUR
    assert status_at(now, enabled=True, expiration=now, events=EVENTS) == WindowStatus(name, EVENTS[reported])
    late = now - timedelta(milliseconds=1)
    assert status_at(now, enabled=True, expiration=late, events=EVENTS) == WindowStatus("archived", EVENTS[reported])
    assert status_at(now, enabled=False, expiration=late, events=EVENTS) == WindowStatus("disabled", EVENTS[reported])


def test_a_window_without_events_is_finished() -> None:
    assert status_at(START, enabled=True, expiration=FAR, events=[]) == WindowStatus("finished", None)


def test_the_events_next_to_an_instant_are_the_one_that_began_and_the_one_that_follows() -> None:
    windows, day = calendar(every="1d"), timedelta(days=1)

    def around(now: datetime, expiration: datetime = FAR) -> list[datetime]:
        return [event.gte for event in windows.around(now, expiration)]

    assert around(START - timedelta(milliseconds=1)) == [START]
    assert around(START) == [START, START + day]
    assert around(START + day - timedelta(milliseconds=1)) == [START, START + day]
    assert around(START, START + day) == [START, START + day]
    assert around(START, START + day - timedelta(milliseconds=1)) == [START]
    assert around(START + 9 * day, START + day) == [START + day]


@pytest.mark.parametrize(
    ("categories", "is_meant"), [(None, True), ([], False), (["management"], False), (["observability"], True)]
)
def test_categories(categories: list[str] | None, is_meant: bool) -> None:
    assert is_for_category(categories, "observability") is is_meant


@pytest.mark.parametrize(
    ("recurring", "last"),
    [({"every": "1d"}, None), ({"every": "1d", "occurrences": 3}, START + 49 * HOUR), ({}, START + HOUR)],
)
def test_when_the_last_event_has_ended(recurring: dict[str, Any], last: datetime | None) -> None:
    assert calendar(**recurring).ends_by == last


def test_an_event_as_json() -> None:
    assert EVENTS[0].as_json() == {"gte": "2026-03-01T10:00:00.000Z", "lte": "2026-03-01T11:00:00.000Z"}


def test_a_finished_event_ends_then_and_the_next_one_is_as_long_as_ever() -> None:
    windows = calendar(finished_at=START + timedelta(minutes=20), every="1d")
    first, second = list(windows.events(START + timedelta(days=1)))
    assert (first.lte, second.lte) == (START + timedelta(minutes=20), START + timedelta(days=1, hours=1))
    assert not windows.running_at(START + timedelta(minutes=20)).value
    assert windows.running_at(START + timedelta(days=1)).value


def test_an_event_that_was_finished_as_it_began_never_ran() -> None:
    windows = calendar(finished_at=START, every="1d")
    assert not windows.running_at(START).value
    status = status_at(START, enabled=True, expiration=FAR, events=windows.around(START, FAR))
    assert (status.name, status.event and status.event.gte) == ("upcoming", START + timedelta(days=1))


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
