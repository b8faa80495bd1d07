"""When a rule runs next (rule-run.md 8, 12)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.outcome import Schedule
from engine.model.settings import EngineSettings
from engine.run.schedule import (
    bulk_offset,
    first_schedule,
    missed_slots,
    next_schedule,
    rescheduled_for_interval,
    run_soon,
    run_timeout,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def second(midnight):
    return lambda seconds: midnight + timedelta(seconds=seconds)


def test_a_rule_created_or_enabled_runs_at_once_and_shows_its_interval(second):
    schedule = first_schedule(second(0), MINUTE)
    assert schedule == Schedule(second(0), second(0), None, second(60))
    assert schedule.public_next_run == second(60)


@pytest.mark.parametrize(
    ("started", "ended", "next_run"),
    [
        (0, 2, 60),
        (0.3, 2, 60),
        (20, 21, 60),
        (0, 59.999, 60),
        (0, 60, 120),
        (0, 130, 180),
        (600, 601, 660),
    ],
)
def test_the_first_slot_after_the_end_of_the_run_however_late_or_long(second, started, ended, next_run):
    schedule = next_schedule(
        Schedule(second(0), second(0), None, second(60)),
        interval=MINUTE,
        planned=second(0),
        started_at=second(started),
        ended_at=second(ended),
        failure=None,
    )
    assert schedule == Schedule(second(next_run), second(0), second(0))
    assert schedule.public_next_run == second(next_run)


def test_slots_are_counted_from_the_anchor_not_from_the_planned_time(second):
    schedule = next_schedule(
        Schedule(second(73), second(0), second(60)),
        interval=MINUTE,
        planned=second(73),
        started_at=second(73),
        ended_at=second(74),
        failure=None,
    )
    assert schedule == Schedule(second(120), second(0), second(73))


def test_without_an_anchor_the_planned_time_is_one(second):
    schedule = next_schedule(
        Schedule(second(10), None),
        interval=MINUTE,
        planned=second(10),
        started_at=second(15),
        ended_at=second(16),
        failure=None,
    )
    assert schedule == Schedule(second(70), second(10), second(10))


def test_slots_lie_before_the_anchor_too_when_the_clock_was_set_back(second):
    schedule = next_schedule(
        Schedule(second(500), second(500)),
        interval=MINUTE,
        planned=second(0),
        started_at=second(0),
        ended_at=second(1),
        failure=None,
    )
    assert schedule == Schedule(second(20), second(500), second(0))


@pytest.mark.parametrize(("now", "next_run"), [(60, 480), (62, 480), (479, 480), (480, 900), (10, 480)])
def test_an_interval_changed_during_a_run_counts_from_its_planned_time(second, now, next_run):
    before = Schedule(second(60), second(0), second(0), second(999))
    after = rescheduled_for_interval(
        before, old_interval=MINUTE, new_interval=7 * MINUTE, now=second(now), is_running=True
    )
    assert after == Schedule(second(next_run), second(60), second(60))


@pytest.mark.parametrize(
    ("failure", "interval_s", "started", "ended", "next_run"),
    [
        ("backend_unreachable", 3600, 0, 1, 300),
        ("backend_unreachable", 3600, 20, 21, 320),
        ("backend_unreachable", 30, 0, 1, 30),
        ("backend_unreachable", 300, 0, 1, 300),
        ("backend_unreachable", 3600, 0, 400, 400),
        ("write_blocked", 3600, 0, 1, 60),
        ("write_blocked", 3600, 5, 6, 65),
        ("write_blocked", 30, 0, 1, 30),
        ("write_blocked", 3600, 0, 70, 70),
    ],
)
def test_a_retry_comes_early_once_and_leaves_the_anchor(second, failure, interval_s, started, ended, next_run):
    interval = timedelta(seconds=interval_s)
    schedule = next_schedule(
        Schedule(second(0), second(0)),
        interval=interval,
        planned=second(0),
        started_at=second(started),
        ended_at=second(ended),
        failure=failure,
    )
    assert schedule == Schedule(second(next_run), second(0), second(0))
    after = next_schedule(
        schedule,
        interval=interval,
        planned=schedule.next_run,
        started_at=schedule.next_run,
        ended_at=schedule.next_run + timedelta(seconds=1),
        failure=None,
    )
    # Back on the phase: whole intervals from the anchor.
    assert (after.next_run - second(0)) % interval == timedelta(0)
    assert after.anchor == second(0)


@pytest.mark.parametrize(
    ("interval_s", "started", "timed_out", "next_run", "shown"),
    [
        (60, 0, 300, 360, None),
        (300, 0, 300, 600, None),
        (600, 0, 300, 600, 600),
        (600, 100, 400, 600, 700),
    ],
)
def test_after_a_time_out(second, interval_s, started, timed_out, next_run, shown):
    schedule = next_schedule(
        Schedule(second(0), second(0)),
        interval=timedelta(seconds=interval_s),
        planned=second(0),
        started_at=second(started),
        ended_at=second(timed_out),
        failure="timeout",
    )
    assert (schedule.next_run, schedule.anchor, schedule.last_planned) == (second(next_run), second(0), second(0))
    assert schedule.public_next_run == (second(shown) if shown else None)
    assert schedule.is_next_run_hidden is (shown is None)


@pytest.mark.parametrize("failure", ["disabled", "gone"])
def test_a_disabled_or_deleted_rule_is_not_rescheduled(second, failure):
    schedule = next_schedule(
        Schedule(second(0), second(0)),
        interval=MINUTE,
        planned=second(0),
        started_at=second(0),
        ended_at=second(1),
        failure=failure,
    )
    assert schedule == Schedule(None, None, second(0))
    assert schedule.public_next_run is None


@pytest.mark.parametrize(
    ("anchor", "planned", "ended", "missed"),
    [
        (0, 0, 1, 0),
        (0, 0, 59.9, 0),
        (0, 0, 60, 1),
        (0, 0, 61, 1),
        (0, 60, 605, 9),
        (0, 90, 121, 1),
        (0, 90, 119, 0),
        (None, 10, 69, 0),
        (None, 10, 71, 1),
        (0, 120, 60, 0),
    ],
)
def test_missed_slots(second, anchor, planned, ended, missed):
    schedule = Schedule(second(planned), None if anchor is None else second(anchor))
    assert missed_slots(schedule, interval=MINUTE, planned=second(planned), ended_at=second(ended)) == missed


@pytest.mark.parametrize(
    ("last_planned", "new_s", "now", "next_run"),
    [
        (60, 300, 100, 360),
        (60, 30, 100, 100),
        (60, 40, 100, 100),
        pytest.param(3600, 300, 100, 400, id="the clock was set back"),
    ],
)
def test_a_changed_interval_counts_from_the_last_planned_time(second, last_planned, new_s, now, next_run):
    before = Schedule(second(120), second(0), second(last_planned), second(999), is_next_run_hidden=True)
    after = rescheduled_for_interval(
        before, old_interval=MINUTE, new_interval=timedelta(seconds=new_s), now=second(now)
    )
    assert after == Schedule(second(next_run), second(next_run), second(last_planned))


def test_an_unchanged_interval_changes_nothing(second):
    schedule = Schedule(second(120), second(0), second(60))
    assert rescheduled_for_interval(schedule, old_interval=MINUTE, new_interval=MINUTE, now=second(70)) is schedule


def test_a_disabled_rule_stays_unscheduled(second):
    schedule = Schedule(None, None, second(60))
    assert rescheduled_for_interval(schedule, old_interval=MINUTE, new_interval=2 * MINUTE, now=second(70)) is schedule


@pytest.mark.parametrize(("shown", "shown_after"), [(60, 300), (None, None)])
def test_a_rule_that_waits_for_its_first_run_keeps_waiting(second, shown, shown_after):
    schedule = Schedule(second(0), second(0), None, shown and second(shown))
    after = rescheduled_for_interval(schedule, old_interval=MINUTE, new_interval=5 * MINUTE, now=second(1))
    assert after == Schedule(second(0), second(0), None, shown_after and second(shown_after))


def test_run_soon_makes_now_the_anchor(second):
    schedule = run_soon(Schedule(second(120), second(0), second(60), second(1), is_next_run_hidden=True), second(75))
    assert schedule == Schedule(second(75), second(75), second(60))
    after = next_schedule(
        schedule, interval=MINUTE, planned=second(75), started_at=second(76), ended_at=second(77), failure=None
    )
    assert after == Schedule(second(135), second(75), second(75))


def test_bulk_offsets_are_stable(second):
    assert bulk_offset("rule-1", timedelta(hours=1)) == bulk_offset("rule-1", timedelta(hours=2))
    assert bulk_offset("rule-1", timedelta(hours=1)) == timedelta(seconds=54)
    assert bulk_offset("rule-2", timedelta(seconds=10)) == timedelta(seconds=1)


@given(rule_id=st.text(), seconds=st.integers(1, 10_000))
def test_bulk_offsets_lie_within_the_interval_and_on_tenths_of_a_second(rule_id, seconds):
    offset = bulk_offset(rule_id, timedelta(seconds=seconds))
    assert timedelta(0) < offset <= timedelta(seconds=min(seconds, 300))
    assert offset % timedelta(milliseconds=100) == timedelta(0)


def test_bulk_offsets_use_the_whole_span():
    offsets = {bulk_offset(f"rule-{number}", timedelta(seconds=1)) for number in range(500)}
    assert offsets == {tenth * timedelta(milliseconds=100) for tenth in range(1, 11)}


@pytest.mark.parametrize(
    ("by_type", "for_all", "own", "timeout"),
    [
        (None, None, None, "5m"),
        (None, None, "20m", "20m"),
        (None, "10m", "20m", "10m"),
        ("1m", "10m", "20m", "1m"),
        ("1m", None, None, "1m"),
    ],
)
def test_the_time_limit_of_a_run(make_rule_type, by_type, for_all, own, timeout):
    settings = EngineSettings(
        run_timeout=for_all, run_timeout_by_type={"test.type": by_type} if by_type else {"other": "7m"}
    )
    assert run_timeout(settings, make_rule_type(timeout=own)) == int(timeout[:-1]) * MINUTE
