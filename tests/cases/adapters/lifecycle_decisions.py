"""Single decisions about a rule: gaps, flapping settings in force, the next run, the time limit."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model.errors import InvalidInput
from engine.model.instant import iso, parse_iso
from engine.model.outcome import Schedule
from engine.model.rule import RuleFlapping
from engine.model.settings import EngineSettings, FlappingSettings
from engine.operations.settings import put_flapping
from engine.run import flapping, gaps, schedule
from engine.timing.durations import parse_duration
from tests.cases.adapters.lifecycle_engine import CaseEngine
from tests.cases.matching import assert_equal, assert_subset, require_known

Case = dict[str, Any]

_GAP = {"gap_duration_s", "gap_range"}


def check_gap(given: Case, expect: Case) -> None:
    """Area ``gap``: one decision, or what runs find."""
    require_known(expect, {*_GAP, "runs"}, "expect")
    if "runs" in given:
        asyncio.run(_check_gaps_of_runs(given, expect))
        return
    previous = given["previous_started_at"]
    gap = gaps.find_gap(
        window=parse_duration(given["window"]),
        interval=parse_duration(given["interval"]),
        previous_started_at=None if previous is None else parse_iso(previous),
        started_at=parse_iso(given["started_at"]),
        query_delay=timedelta(seconds=given.get("query_delay_seconds", 0)),
    )
    found = {
        "gap_duration_s": None if gap is None else gap.duration_s,
        "gap_range": None if gap is None else {"gte": iso(gap.start), "lte": iso(gap.end)},
    }
    assert_subset(found, expect, "gap")


async def _check_gaps_of_runs(given: Case, expect: Case) -> None:
    async with CaseEngine({"rule": {}, **given}) as engine:
        found = []
        for run in given["runs"]:
            require_known(run, {"at", "failure", "fails"}, "runs")
            failure = run.get("failure") or run.get("fails")
            result = await engine.perform({"op": "run", "at": run["at"], "reported": [], "fails": failure})
            found.append(result.gap())
    if "runs" in expect:
        assert_subset(found, expect["runs"], "runs")
    assert_subset(found[-1], {name: expect[name] for name in _GAP & set(expect)}, "gap of the last run")


def check_flapping_settings(given: Case, expect: Case) -> None:
    """Area ``flapping-settings``: what is in force, or whether settings are accepted."""
    require_known(given, {"space", "rule_flapping"}, "given")
    require_known(expect, {"effective", "accepted"}, "expect")
    if "effective" in expect:
        rule = given.get("rule_flapping")
        effective = flapping.effective_settings(
            FlappingSettings(**given["space"]), None if rule is None else RuleFlapping(**rule)
        )
        found = {
            "enabled": effective.enabled,
            "look_back_window": effective.look_back_window,
            "status_change_threshold": effective.status_change_threshold,
        }
        wanted = expect["effective"]
        if wanted.get("enabled") is False:
            # Switched off, the numbers mean nothing.
            wanted = {"enabled": False}
        assert_subset(found, wanted, "effective")
    if "accepted" in expect:
        assert_equal(asyncio.run(_is_flapping_accepted(given)), expect["accepted"], "accepted")


async def _is_flapping_accepted(given: Case) -> bool:
    async with CaseEngine({"rule": {}}) as engine:
        try:
            if given.get("space") is not None:
                await put_flapping(engine.store, engine.space, given["space"], at=engine.now(), actor=None)
            if given.get("rule_flapping") is not None:
                await engine.create_rule({"flapping": given["rule_flapping"]}, rule_id="other")
        except InvalidInput:
            return False
        return True


def check_schedule(given: Case, expect: Case) -> None:
    """Area ``schedule``: the next run, the time limit of runs, operations that start or stop a rule."""
    if "cases" in given:
        _check_timeouts(given["cases"], expect)
    elif given.get("op"):
        asyncio.run(_check_operation(given, expect))
    else:
        require_known(expect, {"next_scheduled"}, "expect")
        with _time_zone(given.get("host_timezone")):
            assert_equal(_next_run(given), expect["next_scheduled"], "next_scheduled")


_FAILURES: dict[str | None, schedule.Failure | None] = {
    None: None,
    "execute": None,
    "search backend unreachable": "backend_unreachable",
    "cluster write block": "write_blocked",
    "rule record deleted before the run": "gone",
    "run exceeds its timeout": "timeout",
}
_RETRY_AFTER = {"backend_unreachable": timedelta(minutes=5), "write_blocked": timedelta(minutes=1)}
_RUN_GIVEN = {"interval", "planned", "started", "ended", "failure"}


def _next_run(given: Case) -> str | None:
    """The run before stood on a slot; how it failed must not matter beyond its own retry."""
    require_known(given, {*_RUN_GIVEN, "previous", "host_timezone"}, "given")
    assert given.get("previous") in _FAILURES, f"unknown shape: previous {given['previous']!r}"
    planned, interval = parse_iso(given["planned"]), parse_duration(given["interval"])
    previous = _FAILURES[given.get("previous")]
    at = planned - interval
    if previous in _RETRY_AFTER and not _is_slot(planned, interval):
        # The run is the retry of the one before, which stood on a slot.
        at = max(at, planned - _RETRY_AFTER[previous])
    state = schedule.next_schedule(
        replace(schedule.first_schedule(at, interval), last_planned=at),
        interval=interval,
        planned=at,
        started_at=at,
        ended_at=at,
        failure=previous,
    )
    after = _after_run(state, given)
    return None if after.next_run is None else iso(after.next_run)


def _is_slot(at: datetime, interval: timedelta) -> bool:
    return (at - datetime.fromtimestamp(0, UTC)) % interval == timedelta(0)


def _after_run(before: Schedule, given: Case) -> Schedule:
    return schedule.next_schedule(
        before,
        interval=parse_duration(given["interval"]),
        planned=parse_iso(given["planned"]),
        started_at=parse_iso(given["started"]),
        ended_at=parse_iso(given["ended"]),
        failure=_FAILURES[given.get("failure")],
    )


@contextmanager
def _time_zone(zone: str | None) -> Iterator[None]:
    """The process in another time zone, which must not matter."""
    before = os.environ.get("TZ")
    if zone is not None:
        os.environ["TZ"] = zone
        time.tzset()
    try:
        yield
    finally:
        if zone is not None:
            os.environ.pop("TZ")
            if before is not None:
                os.environ["TZ"] = before
            time.tzset()


def _check_timeouts(cases: list[Case], expect: Case) -> None:
    [(name, wanted)] = expect.items()
    assert len(wanted) == len(cases), f"{name}: not one a case"
    for index, (given, one) in enumerate(zip(cases, wanted, strict=True)):
        require_known(given, {"per_type", "global_", "rule_type"}, f"cases[{index}]")
        text = one if isinstance(one, str) else next(iter(one.values()))
        assert_equal(_timeout(given), parse_duration(text).total_seconds(), f"{name}[{index}]")


def _timeout(given: Case) -> float:
    by_type = {} if given.get("per_type") is None else {"case-type": given["per_type"]}
    settings = EngineSettings(run_timeout=given.get("global_"), run_timeout_by_type=by_type)
    limit = schedule.run_timeout(settings, CaseEngine.rule_type_with(timeout=given.get("rule_type")))
    return limit.total_seconds()


async def _check_operation(given: Case, expect: Case) -> None:
    require_known(given, {"op", "intervals", "interval", "at"}, "given")
    require_known(expect, {"first_run_within_ms", "next_run"}, "expect")
    async with CaseEngine({"rule": {"enabled": False}, **given}) as engine:
        match given["op"]:
            case "bulk enable of 3 rules":
                await _check_bulk(engine, given["intervals"], expect["first_run_within_ms"])
                return
            case "disable":
                await engine.perform({"op": "enable"})
                await engine.perform({"op": "disable"})
            case "enable one rule":
                await engine.perform({"op": "enable"})
            case other:
                raise AssertionError(f"unknown shape: op {other!r}")
        if "first_run_within_ms" in expect:
            next_run = (await engine.stored()).schedule.next_run
            assert next_run is not None
            assert timedelta(0) <= next_run - engine.now() <= _milliseconds(expect["first_run_within_ms"]), "late"
        if "next_run" in expect:
            assert_equal(await engine.shown_next_run(), expect["next_run"], "next_run")


async def _check_bulk(engine: CaseEngine, intervals: list[str], limits: list[Any]) -> None:
    for number, (interval, limit) in enumerate(zip(intervals, limits, strict=True)):
        stored = await engine.create_rule({"schedule": {"interval": interval}}, rule_id=f"bulk-{number}", in_bulk=True)
        delay = stored.schedule.next_run - engine.now()
        assert timedelta(0) < delay <= _milliseconds(limit), f"first run after {delay}"


def _milliseconds(limit: Any) -> timedelta:
    return timedelta(milliseconds=limit[-1] if isinstance(limit, list) else limit)
