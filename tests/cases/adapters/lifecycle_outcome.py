"""How runs must have ended: execution status, last run, the alert limit, failures and time-outs."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from engine.model.instant import iso
from engine.run import alert_limit, status
from tests.cases.adapters.lifecycle_engine import CaseEngine
from tests.cases.adapters.lifecycle_result import StepResult
from tests.cases.matching import assert_equal, assert_set, assert_subset, require_known

Case = dict[str, Any]

_COUNTS = ("tracked_active", "active", "new", "recovered", "delayed")
_FAILURE_EXPECT = {
    *("execution_status", "last_run", "next_run_written_at_cancel", "events", "documents_total", "documents_written"),
    *("new", "active", "recovered", "actions", "tracked_active", "tracked_active_after"),
}


def assert_status(result: StepResult, expect: Case) -> None:
    """Execution status and last run, where expected."""
    if "execution_status" in expect:
        assert_execution_status(result, expect["execution_status"], "execution_status")
    if "last_run" in expect:
        assert_last_run(result, expect["last_run"], "last_run")


def assert_execution_status(result: StepResult, expected: str | Case, where: str) -> None:
    """A status alone, or an object with the reasons of error and warning."""
    execution = result.execution
    if isinstance(expected, str):
        assert_equal(execution.status, expected, where)
        return
    found = {
        "status": execution.status,
        "error_reason": execution.error.reason if execution.error else None,
        "warning_reason": execution.warning.reason if execution.warning else None,
        "last_duration": execution.last_duration,
        "last_execution_date": iso(execution.last_execution_date),
    }
    assert_subset(found, expected, where)


def assert_last_run(result: StepResult, expected: Case | None, where: str) -> None:
    """``outcome_msg_count`` is the number of texts, 0 = null."""
    if expected is None:
        assert result.last_run is None, f"{where} must be null"
        return
    wanted = dict(expected)
    count = wanted.pop("outcome_msg_count", None)
    assert_subset(result.last_run, wanted, where)
    if count is not None:
        messages = result.last_run["outcome_msg"]
        assert (messages is None) if count == 0 else (len(messages or ()) == count), f"{where}.outcome_msg: {messages}"


async def check_alert_limit(given: Case, expect: Case) -> None:
    """Shape ``{configured, reports}``."""
    require_known(expect, {"active", "new", "last_run", "execution_status"}, "expect")
    settings = {} if given["configured"] is None else {"max_alerts": given["configured"]}
    step = {"op": "run", "reported": [f"a{number}" for number in range(given["reports"])]}
    async with CaseEngine({"rule": {}, **settings, "steps": [step]}) as engine:
        result = await engine.perform(step)
    for name in ("active", "new"):
        if name in expect:
            assert_equal(len(result.alert_ids(name)), expect[name], name)
    assert_status(result, expect)
    limit = alert_limit.effective_limit(given["configured"])
    assert_equal(len(result.alert_ids("active")), min(given["reports"], limit), "effective limit")


def check_status(given: Case, expect: Case) -> None:
    """Area ``status``."""
    if "failure" in given:
        asyncio.run(_check_failure(given, expect))
    elif given.get("op") == "create rule enabled":
        asyncio.run(_check_created(given, expect))
    elif "runs" in given:
        asyncio.run(_check_previous_started_at(given, expect))
    elif "op" in given:
        raise AssertionError(f"unknown shape: op {given['op']!r}")
    else:
        _check_counts(given, expect)


def _check_counts(given: Case, expect: Case) -> None:
    require_known(expect, {"execution_status", "last_run"}, "expect")
    end = status.FinishedRun(
        status.RunCounts(**{name: given[name] for name in _COUNTS}),
        is_limit_reached=given["limit_reached"],
        actions_cut=given["actions_cut"],
        rule_errors=given["rule_errors"],
        rule_warnings=given["rule_warnings"],
        outcome_message=given["outcome_message"],
    )
    execution = status.execution_status(end, at=datetime(2024, 1, 1, tzinfo=UTC), duration_ms=0)
    assert_status(StepResult.of_status(execution, status.last_run(end)), expect)


async def _check_failure(given: Case, expect: Case) -> None:
    require_known(expect, _FAILURE_EXPECT, "expect")
    async with CaseEngine({"rule": {}, **given}) as engine:
        result = await engine.fail(given)
        assert_status(result, expect)
        if "next_run_written_at_cancel" in expect:
            assert_equal(await engine.shown_next_run(), expect["next_run_written_at_cancel"], "next_run")
        uuid = result.execution_uuid
        events = [one for one in await engine.events() if one.get("kibana.alert.rule.execution.uuid") == uuid]
        if "events" in expect:
            assert_equal([event["event.action"] for event in events], expect["events"], "events")
        documents = await engine.documents()
        if "documents_total" in expect:
            assert_equal(len(documents), expect["documents_total"], "documents_total")
        if "documents_written" in expect:
            written = [one for one in documents if one["kibana.alert.rule.execution.uuid"] == uuid]
            assert_equal(len(written), expect["documents_written"], "documents_written")
        for name in ("new", "active", "recovered"):
            if name in expect:
                assert_set(result.alert_ids(name), expect[name], name)
        if "actions" in expect:
            assert_set(result.actions(), expect["actions"], "actions")
        for name in ("tracked_active", "tracked_active_after"):
            if name in expect:
                assert_set(await engine.tracked_active(), expect[name], name)


async def _check_created(given: Case, expect: Case) -> None:
    require_known(given, {"op", "rule", "at", "interval"}, "given")
    require_known(expect, {"execution_status", "last_run", "next_run"}, "expect")
    async with CaseEngine({"rule": {}, **given}) as engine:
        assert_status(await engine.status(), expect)
        if "next_run" in expect:
            assert_equal(await engine.shown_next_run(), expect["next_run"], "next_run")


async def _check_previous_started_at(given: Case, expect: Case) -> None:
    require_known(expect, {"previous_started_at_seen", "runs"}, "expect")
    async with CaseEngine({"rule": {}, **given}) as engine:
        for run in given["runs"]:
            require_known(run, {"at", "failure"}, "runs")
            await engine.perform({"op": "run", "at": run["at"], "reported": [], "fails": run.get("failure")})
    seen = engine.previous_started_at_seen()
    if "previous_started_at_seen" in expect:
        assert_equal(seen, expect["previous_started_at_seen"], "previous_started_at_seen")
    if "runs" in expect:
        assert_subset([{"previous_started_at_seen": one} for one in seen], expect["runs"], "runs")
