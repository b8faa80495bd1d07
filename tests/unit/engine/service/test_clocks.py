"""Clocks and id sources."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.service.clocks import CountingIds, ManualClock, SystemClock, random_id

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "start",
    [
        NOON,
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00",
        "2026-01-01T13:00:00+01:00",
        datetime(2026, 1, 1, 13, tzinfo=timezone(timedelta(hours=1))),
        NOON.replace(microsecond=999),
    ],
)
def test_a_manual_clock_starts_in_utc_at_whole_milliseconds(start):
    assert ManualClock(start).now() == NOON
    assert ManualClock(start).now().tzinfo is UTC


def test_a_manual_clock_moves_only_when_told_to():
    clock = ManualClock(NOON)
    assert (clock.now(), clock.monotonic()) == (NOON, 0.0)
    clock.advance(90 * SECOND)
    assert (clock.now(), clock.monotonic()) == (NOON + 90 * SECOND, 90.0)


def test_a_manual_clock_never_goes_back():
    clock = ManualClock(NOON)
    clock.set(NOON)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(NOON - SECOND)


def test_calls_are_made_in_the_order_in_which_they_fall_due_at_their_instants():
    clock, calls = ManualClock(NOON), []
    for name, seconds in (("late", 30.0), ("first", 10.0), ("second", 10.0), ("beyond", 61.0)):
        clock.call_later(seconds, lambda name=name: calls.append((name, clock.now() - NOON)))
    clock.advance(60 * SECOND)
    assert calls == [("first", 10 * SECOND), ("second", 10 * SECOND), ("late", 30 * SECOND)]


def test_a_call_may_ask_for_another_one_on_the_way():
    clock, seen = ManualClock(NOON), []

    def again() -> None:
        seen.append(clock.now() - NOON)
        clock.call_later(20, again)

    clock.call_later(20, again)
    clock.advance(60 * SECOND)
    assert seen == [20 * SECOND, 40 * SECOND, 60 * SECOND]


def test_a_cancelled_call_is_not_made():
    clock, calls = ManualClock(NOON), []
    timer = clock.call_later(1, lambda: calls.append("made"))
    timer.cancel()
    clock.advance(2 * SECOND)
    timer.cancel()
    assert calls == []


async def test_the_system_clock_tells_utc_in_whole_milliseconds_and_calls_on_the_loop():
    clock, called = SystemClock(), asyncio.Event()
    assert clock.now().tzinfo is UTC
    assert clock.now().microsecond % 1000 == 0
    assert clock.monotonic() <= clock.monotonic()
    clock.call_later(0, called.set)
    await asyncio.wait_for(called.wait(), 5)


def test_ids_are_uuids_of_version_4():
    drawn = [random_id() for _ in range(50)]
    assert [str(uuid.UUID(text)) for text in drawn] == drawn
    assert {(uuid.UUID(text).version, uuid.UUID(text).variant) for text in drawn} == {(4, uuid.RFC_4122)}
    assert len(set(drawn)) == 50
    counting = CountingIds()
    first, second = counting(), counting()
    assert (first, second) == ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
