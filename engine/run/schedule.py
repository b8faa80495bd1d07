"""When a rule runs next (rule-run.md 8, 12).

Slots are ``anchor + k * interval``. Late, long and failing runs never move the anchor, so a rule keeps its phase.
"""

import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from engine.model.outcome import Schedule
from engine.model.settings import EngineSettings
from engine.ports.rule_type import RuleType
from engine.timing.durations import parse_duration

Failure = Literal["backend_unreachable", "write_blocked", "timeout", "disabled", "gone"]

_RETRY_AFTER = {"backend_unreachable": timedelta(minutes=5), "write_blocked": timedelta(minutes=1)}
_DEFAULT_TIMEOUT = "5m"
_LONGEST_BULK_OFFSET = timedelta(minutes=5)
_OFFSET_STEP = timedelta(milliseconds=100)
"""Offsets are multiples of this, so that rules fall due together and batches form."""


def first_schedule(now: datetime, interval: timedelta) -> Schedule:
    """The schedule of a rule just created or enabled: it runs at once, and shows now + interval until it has."""
    return Schedule(next_run=now, anchor=now, shown_next_run=now + interval)


def bulk_offset(rule_id: str, interval: timedelta) -> timedelta:
    """A stable offset in (0, min(interval, 5 min)], a multiple of 100 ms, that spreads rules enabled together."""
    steps = min(interval, _LONGEST_BULK_OFFSET) // _OFFSET_STEP
    return (zlib.crc32(rule_id.encode()) % steps + 1) * _OFFSET_STEP


def next_schedule(
    schedule: Schedule,
    *,
    interval: timedelta,
    planned: datetime,
    started_at: datetime,
    ended_at: datetime,
    failure: Failure | None,
) -> Schedule:
    """The schedule after a run that was planned for ``planned``; for a time-out ``ended_at`` is its instant.

    ``failure`` is None also for runs that failed in their evaluation: there is no back-off.
    """
    if failure in ("disabled", "gone"):
        return Schedule(next_run=None, anchor=None, last_planned=planned)
    anchor = planned if schedule.anchor is None else schedule.anchor
    slot = _next_slot(anchor, interval, ended_at)
    if failure == "timeout":
        shown = started_at + interval
        if shown > ended_at:
            return Schedule(slot, anchor, planned, shown_next_run=shown)
        return Schedule(slot, anchor, planned, is_next_run_hidden=True)
    if failure is not None:
        slot = min(slot, max(started_at + _RETRY_AFTER[failure], ended_at))
    return Schedule(slot, anchor, planned)


def missed_slots(schedule: Schedule, *, interval: timedelta, planned: datetime, ended_at: datetime) -> int:
    """How many slots after the planned one went by, because the run was late or long, without a run of their own."""
    anchor = schedule.anchor if schedule.anchor is not None else planned
    return max(0, (ended_at - anchor) // interval - (planned - anchor) // interval)


def rescheduled_for_interval(
    schedule: Schedule, *, old_interval: timedelta, new_interval: timedelta, now: datetime, is_running: bool = False
) -> Schedule:
    """The schedule of a rule whose interval was changed.

    An idle rule runs at its last planned time + the new interval, never earlier than now, and its slots are counted
    from there; if it still waits for its first run, it keeps that. For a rule that is running, slots are counted from
    the planned time of that run, which is still its ``next_run``.
    """
    if schedule.next_run is None or old_interval == new_interval:
        return schedule
    if is_running:
        planned = schedule.next_run
        return Schedule(_next_slot(planned, new_interval, max(now, planned)), planned, last_planned=planned)
    if schedule.last_planned is None:
        shown = schedule.shown_next_run
        return replace(schedule, shown_next_run=shown - old_interval + new_interval if shown is not None else None)
    # Never later than that either, for the last run may have been planned before the clock was set back.
    anchor = min(max(schedule.last_planned + new_interval, now), now + new_interval)
    return Schedule(next_run=anchor, anchor=anchor, last_planned=schedule.last_planned)


def run_soon(schedule: Schedule, now: datetime) -> Schedule:
    """The schedule of a rule asked to run now; the following runs are counted from that.

    Not for rules that are disabled or running: the caller refuses those.
    """
    return Schedule(next_run=now, anchor=now, last_planned=schedule.last_planned)


def run_timeout(settings: EngineSettings, rule_type: RuleType) -> timedelta:
    """How long a run may take. Raises ValueError when what applies is not a duration."""
    return parse_duration(run_timeout_text(settings, rule_type))


def run_timeout_text(settings: EngineSettings, rule_type: RuleType) -> str:
    """The time limit of runs: set for their type, else for all, else by the type itself, else 5 minutes."""
    by_type = settings.run_timeout_by_type.get(rule_type.id)
    return by_type or settings.run_timeout or rule_type.timeout or _DEFAULT_TIMEOUT


def _next_slot(anchor: datetime, interval: timedelta, after: datetime) -> datetime:
    """The first slot strictly later than ``after``; slots lie before the anchor, too, should the clock be set back."""
    return anchor + ((after - anchor) // interval + 1) * interval
