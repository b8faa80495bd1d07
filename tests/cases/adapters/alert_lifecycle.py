"""Cases of alert_lifecycle: whole runs go through the library's engine, single decisions to `engine.run`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model.instant import iso, parse_iso
from engine.model.outcome import MonitoringEntry
from engine.model.rule import RuleFlapping
from engine.model.settings import EngineSettings, FlappingSettings
from engine.run import alert_limit, flapping, gaps, monitoring, schedule, status
from engine.timing.durations import parse_duration
from tests.cases.adapters.lifecycle_engine import CaseEngine, StepResult
from tests.cases.matching import assert_absent, assert_equal, assert_set, assert_subset

Case = dict[str, Any]


def run_case(case: Case) -> None:
    """Run one case; AssertionError says what differs."""
    given, expect = case["given"], case["expect"]
    area = case["area"]
    if area in ("rule-run", "documents", "disable-enable", "event-log") and "steps" in given:
        asyncio.run(_steps(given, expect))
    elif area == "rule-run" and "reports" in given:
        asyncio.run(_alert_limit(given, expect))
    elif area in _AREAS:
        _AREAS[area](given, expect)
    else:
        raise AssertionError(f"unknown shape: area {area!r} with {sorted(given)}")


# whole runs


async def _steps(given: Case, expect: Case) -> None:
    async with CaseEngine(given) as engine:
        results = [await engine.perform(step) for step in given["steps"]]
        uuids: dict[str, str] = {}
        for index, wanted in enumerate(expect.get("steps", ())):
            await _check_step(results[index], wanted, uuids, f"step {index}")
        runs = [result for result in results if result is not None and result.is_run]
        if "last_step" in expect:
            await _check_step(runs[-1], expect["last_step"], uuids, "last step")
        await _check_documents(engine, results, expect)
        await _check_events(engine, runs, expect)
        await _check_stored_state(engine, expect)
        _check_absent(engine, expect)


async def _check_step(result: StepResult | None, wanted: Case, uuids: dict[str, str], where: str) -> None:
    if not wanted:
        return
    assert result is not None, f"{where}: expectations belong to a run"
    for name in ("new", "active", "recovered", "held", "tracked_recovered"):
        if name in wanted:
            assert_set(result.alert_ids(name), wanted[name], f"{where}.{name}")
    if "actions" in wanted:
        assert_set(result.actions(), wanted["actions"], f"{where}.actions")
    for name in ("delayed_count", "execution_status", "alerts_count", "last_run"):
        if name in wanted:
            assert_subset(getattr(result, name), wanted[name], f"{where}.{name}")
    for alert_id, values in wanted.get("alerts", {}).items():
        assert alert_id in result.alerts, f"{where}: no document of alert {alert_id!r}"
        _check_alert(result.alerts[alert_id], dict(values), uuids, f"{where}.alerts.{alert_id}")
    for name in wanted.get("absent", ()):
        assert name not in result.all_keys(), f"{where}: {name!r} must be absent"


def _check_alert(document: Case, values: Case, uuids: dict[str, str], where: str) -> None:
    symbol = values.pop("uuid", None)
    if symbol is not None:
        real = document["kibana.alert.uuid"]
        assert uuids.setdefault(symbol, real) == real, f"{where}: uuid {symbol} was another one before"
        assert [s for s, known in uuids.items() if known == real] == [symbol], f"{where}: uuid shared by symbols"
    for name in values.pop("absent", ()):
        assert _document_key(name) not in document, f"{where}: {name} must be absent"
    for name, wanted in values.items():
        assert_subset(document.get(_document_key(name)), wanted, f"{where}.{name}")


def _document_key(name: str) -> str:
    if name.startswith(("kibana.", "event.", "@")):
        return name
    return {"duration_us": "kibana.alert.duration.us"}.get(name, f"kibana.alert.{name}")


async def _check_documents(engine: CaseEngine, results: list[StepResult | None], expect: Case) -> None:
    documents = await engine.documents()
    if "documents_total" in expect:
        assert_equal(len(documents), expect["documents_total"], "documents_total")
    newest = documents[-1] if documents else {}
    if "document" in expect:
        assert_subset(newest, expect["document"], "document")
        assert_absent(newest, expect.get("absent", ()), "document")
    if "statuses" in expect:
        assert_subset(
            {document["kibana.alert.instance.id"]: document["kibana.alert.status"] for document in documents},
            expect["statuses"],
            "statuses",
        )
    if "statuses_by_start" in expect:
        by_start = sorted(documents, key=lambda document: document["kibana.alert.start"])
        wanted = expect["statuses_by_start"]
        if isinstance(wanted, dict):
            statuses = {document["kibana.alert.start"]: document["kibana.alert.status"] for document in by_start}
            assert_subset(statuses, wanted, "statuses_by_start")
        else:
            assert_equal([document["kibana.alert.status"] for document in by_start], wanted, "statuses_by_start")
    if "uuids_distinct" in expect:
        distinct = len({document["kibana.alert.uuid"] for document in documents}) == len(documents)
        assert_equal(distinct, expect["uuids_distinct"], "uuids_distinct")
    if "document_execution_uuid_is_that_of_step" in expect:
        result = results[expect["document_execution_uuid_is_that_of_step"]]
        assert result is not None
        assert_equal(newest["kibana.alert.rule.execution.uuid"], result.execution_uuid, "execution uuid")
    if "document_id_equals" in expect:
        assert_equal(newest["kibana.alert.uuid"], newest[expect["document_id_equals"]], "document id")
    for name, value in expect.get("not_equal", {}).items():
        assert newest.get(name) != value, f"document.{name} must differ from {value!r}"
    if "muted" in expect:
        wanted = expect["muted"]
        if isinstance(wanted, dict):
            muted = {document["kibana.alert.instance.id"]: document["kibana.alert.muted"] for document in documents}
            assert_subset(muted, wanted, "muted")
        else:
            assert_equal(newest["kibana.alert.muted"], wanted, "muted")


async def _check_events(engine: CaseEngine, runs: list[StepResult], expect: Case) -> None:
    events = await engine.events()
    actions = [event["event.action"] for event in events]
    last = [event for event in events if runs and event.get(_EXECUTION) == runs[-1].execution_uuid]
    executes = [event for event in events if event["event.action"] == "execute"]
    if "actions_in_order" in expect:
        assert_equal(actions, expect["actions_in_order"], "actions_in_order")
    if "last_run_actions_in_order" in expect:
        assert_equal([event["event.action"] for event in last], expect["last_run_actions_in_order"], "last run")
    for name in ("events", "counts"):
        for action, number in (expect.get(name) or {}).items():
            assert_equal(actions.count(action), number, f"{name}.{action}")
    for action, ids in expect.get("ids", {}).items():
        found = [event.get("kibana.alerting.instance_id") for event in events if event["event.action"] == action]
        assert_set(found, ids, f"ids.{action}")
    if "execute" in expect:
        assert_subset(executes[-1], expect["execute"], "execute")
        assert_absent(executes[-1], expect.get("absent", ()), "execute")
    if "execute_metrics" in expect:
        prefix = "kibana.alert.rule.execution.metrics."
        metrics = {key.removeprefix(prefix): value for key, value in executes[-1].items() if key.startswith(prefix)}
        assert_subset(metrics, expect["execute_metrics"], "execute_metrics")
    if "event" in expect:
        wanted = expect["event"]
        matching = [event for event in last if event["event.action"] == wanted.get("event.action", "execute")]
        assert matching, f"the last run has no event {wanted.get('event.action')!r}"
        assert_subset(matching[-1], wanted, "event")
        assert_absent(matching[-1], expect.get("absent", ()), "event")


_EXECUTION = "kibana.alert.rule.execution.uuid"


async def _check_stored_state(engine: CaseEngine, expect: Case) -> None:
    states = engine.stored_states
    for name in ("stored_alert_state", "stored_alert_state_last"):
        if name not in expect:
            continue
        wanted = expect[name]
        if isinstance(wanted, list):
            for index, state in enumerate(wanted):
                assert_subset(states[index], state, f"{name}[{index}]")
        else:
            assert_subset(states[-1], wanted, name)
    if "absent_in_last" in expect:
        assert_absent(states[-1], expect["absent_in_last"], "stored alert state")


def _check_absent(engine: CaseEngine, expect: Case) -> None:
    if "stored_alert_state_last" in expect or "stored_alert_state" in expect:
        assert_absent(engine.stored_states[-1], expect.get("absent", ()), "stored alert state")


async def _alert_limit(given: Case, expect: Case) -> None:
    settings = {} if given["configured"] is None else {"max_alerts": given["configured"]}
    step = {"op": "run", "reported": [f"a{number}" for number in range(given["reports"])]}
    async with CaseEngine({"rule": {}, **settings, "steps": [step]}) as engine:
        result = await engine.perform(step)
    assert result is not None
    assert_equal(len(result.alert_ids("active")), expect["active"], "active")
    assert_subset(result.last_run, expect["last_run"], "last_run")
    assert_equal(
        len(result.alert_ids("active")),
        min(given["reports"], alert_limit.effective_limit(given["configured"])),
        "effective limit",
    )


# outcome of a run


def _status(given: Case, expect: Case) -> None:
    if "failure" in given:
        asyncio.run(_failure(given, expect))
    elif given.get("op") == "create rule enabled":
        asyncio.run(_created(expect))
    elif "runs" in given:
        asyncio.run(_previous_started_at(given, expect))
    else:
        _status_of_counts(given, expect)


def _status_of_counts(given: Case, expect: Case) -> None:
    counts = ("tracked_active", "active", "new", "recovered", "delayed")
    end = status.FinishedRun(
        status.RunCounts(**{name: given[name] for name in counts}),
        is_limit_reached=given["limit_reached"],
        actions_cut=given["actions_cut"],
        rule_errors=given["rule_errors"],
        rule_warnings=given["rule_warnings"],
        outcome_message=given["outcome_message"],
    )
    execution = status.execution_status(end, at=datetime(2024, 1, 1, tzinfo=UTC), duration_ms=0)
    _check_status(StepResult.of_status(execution, status.last_run(end)), expect)


def _check_status(result: StepResult, expect: Case) -> None:
    if "execution_status" in expect:
        wanted = dict(expect["execution_status"])
        execution = result.execution
        found = {
            "status": execution.status,
            "error_reason": execution.error.reason if execution.error else None,
            "error_message": execution.error.message if execution.error else None,
            "warning_reason": execution.warning.reason if execution.warning else None,
            "warning_message": execution.warning.message if execution.warning else None,
            "last_duration": execution.last_duration,
            "last_execution_date": iso(execution.last_execution_date),
        }
        assert_subset(found, wanted, "execution_status")
    if "last_run" in expect:
        wanted = expect["last_run"]
        if wanted is None:
            assert result.last_run is None, "last_run must be null"
            return
        wanted = dict(wanted)
        count = wanted.pop("outcome_msg_count", None)
        assert_subset(result.last_run, wanted, "last_run")
        if count is not None:
            messages = result.last_run["outcome_msg"]
            assert (messages is None) if count == 0 else (len(messages or ()) == count), f"outcome_msg is {messages!r}"


async def _failure(given: Case, expect: Case) -> None:
    async with CaseEngine({"rule": {}, **given}) as engine:
        result = await engine.fail(given)
        _check_status(result, expect)
        if "next_run_written_at_cancel" in expect:
            assert_equal(await engine.shown_next_run(), expect["next_run_written_at_cancel"], "next_run")
        if "events" in expect:
            actions = [event["event.action"] for event in await engine.events()]
            assert_equal(actions, expect["events"], "events")
        documents = await engine.documents()
        if "documents_total" in expect:
            assert_equal(len(documents), expect["documents_total"], "documents_total")
        if "documents_written" in expect:
            assert_equal(len(documents), expect["documents_written"], "documents_written")
        for name in ("new", "active", "recovered"):
            if name in expect:
                assert_set(result.alert_ids(name), expect[name], name)
        if "actions" in expect:
            assert_equal(len(await engine.notifications()), len(expect["actions"]), "actions")
        if "tracked_active" in expect:
            assert_set(await engine.tracked_active(), expect["tracked_active"], "tracked_active")


async def _created(expect: Case) -> None:
    async with CaseEngine({"rule": {}}) as engine:
        _check_status(await engine.status(), expect)


async def _previous_started_at(given: Case, expect: Case) -> None:
    async with CaseEngine({"rule": {}, **given}) as engine:
        for run in given["runs"]:
            await engine.perform({"op": "run", "at": run["at"], "reported": [], "fails": run.get("failure")})
        seen = [None if at is None else iso(at) for at in engine.rule_type.previous_started_at_seen]
    assert_equal(seen, expect["previous_started_at_seen"], "previous_started_at_seen")


# monitoring, gaps, settings, schedule


def _monitoring(given: Case, expect: Case) -> None:
    if given.get("op") == "create rule":
        asyncio.run(_monitoring_of_rule({**given, "before": []}, expect, is_enabled_again=False))
    elif "op" in given:
        asyncio.run(_monitoring_of_rule(given, expect, is_enabled_again=True))
    elif given.get("runs") and any("status" in run or "at" in run for run in given["runs"]):
        asyncio.run(_monitoring_of_runs(given, expect))
    else:
        history: list[MonitoringEntry] = []
        for entry in _entries(given):
            history = monitoring.append_entry(history, entry)
        _check_monitoring(history, expect)


def _entries(given: Case) -> list[MonitoringEntry]:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    if "runs_count" in given:
        numbers = range(1, given["runs_count"] + 1)
        return [MonitoringEntry(at + timedelta(minutes=number), number > 5, number) for number in numbers]
    return [
        MonitoringEntry(at + timedelta(minutes=index), not run["error"], run["duration_ms"])
        for index, run in enumerate(given["runs"])
    ]


def _check_monitoring(history: list[MonitoringEntry], expect: Case) -> None:
    metrics = monitoring.calculated_metrics(history)
    tolerance = expect.get("tolerance", 1e-9)
    for name, wanted in expect.get("calculated_metrics", {}).items():
        assert name in metrics, f"{name} is missing"
        assert abs(metrics[name] - wanted) <= tolerance, f"{name} is {metrics[name]}, expected {wanted}"
    if "success_ratio_rounded_4" in expect:
        assert_equal(round(metrics["success_ratio"], 4), expect["success_ratio_rounded_4"], "success_ratio")
    if "history_len" in expect:
        assert_equal(len(history), expect["history_len"], "history_len")
    if "history_success" in expect:
        assert_equal([entry.success for entry in history], expect["history_success"], "history_success")
    if "history" in expect:
        found = [
            {"timestamp": int(e.timestamp.timestamp() * 1000), "success": e.success, "duration": e.duration_ms}
            for e in history
        ]
        assert_subset(found, expect["history"], "history")
    assert_absent(metrics, expect.get("absent", ()), "calculated_metrics")


async def _monitoring_of_runs(given: Case, expect: Case) -> None:
    async with CaseEngine({"rule": {}, **given}) as engine:
        for run in given["runs"]:
            state = run.get("status", "error" if run.get("error") else "ok")
            await engine.perform(
                {
                    "op": "run",
                    **({"at": run["at"]} if "at" in run else {}),
                    "reported": ["a"] if state == "active" else [],
                    "fails": "failed" if state == "error" else None,
                    "warns": state == "warning",
                    "lasts_ms": run.get("duration_ms"),
                }
            )
        _check_monitoring(await engine.monitoring_history(), expect)


async def _monitoring_of_rule(given: Case, expect: Case, *, is_enabled_again: bool) -> None:
    async with CaseEngine({"rule": {}, **given}) as engine:
        if is_enabled_again:
            await engine.perform({"op": "run", "reported": ["a"]})
            await engine.perform({"op": "disable"})
            await engine.perform({"op": "enable"})
        history = await engine.monitoring_history()
        _check_monitoring(history, {k: v for k, v in expect.items() if k != "absent"})
        shown = await engine.monitoring()
        for name in ("last_run", "metrics"):
            if name in expect:
                found = shown["last_run"] if name == "last_run" else shown["last_run"]["metrics"]
                assert_subset(found, expect[name], name)
        assert_absent(shown["calculated_metrics"], expect.get("absent", ()), "monitoring")


def _gap(given: Case, expect: Case) -> None:
    if "runs" in given:
        asyncio.run(_gap_of_runs(given, expect))
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
    assert_equal(found, {name: expect[name] for name in found if name in expect} | _unasked(found, expect), "gap")


def _unasked(found: Case, expect: Case) -> Case:
    return {name: value for name, value in found.items() if name not in expect}


async def _gap_of_runs(given: Case, expect: Case) -> None:
    async with CaseEngine({"rule": {}, **given}) as engine:
        engine.rule_type.window = parse_duration(given["window"])
        found = []
        for run in given["runs"]:
            failure = run.get("failure") or run.get("fails")
            result = await engine.perform({"op": "run", "at": run["at"], "reported": [], "fails": failure})
            assert result is not None
            found.append(result.gap())
    if "runs" in expect:
        for index, wanted in enumerate(expect["runs"]):
            assert_subset(found[index], wanted, f"runs[{index}]")
    else:
        assert_subset(found[-1], expect, "gap of the last run")


def _flapping_settings(given: Case, expect: Case) -> None:
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
            wanted = {"enabled": False}
        assert_subset(found, wanted, "effective")
    if "accepted" in expect:
        assert_equal(asyncio.run(_is_flapping_accepted(given)), expect["accepted"], "accepted")


async def _is_flapping_accepted(given: Case) -> bool:
    from engine.model.errors import InvalidInput
    from engine.operations.settings import put_flapping

    async with CaseEngine({"rule": {}}) as engine:
        try:
            if given.get("space") is not None:
                await put_flapping(engine.store, engine.space, given["space"], at=engine.now(), actor=None)
            if given.get("rule_flapping") is not None:
                await engine.create_rule({"flapping": given["rule_flapping"]}, rule_id="other")
        except InvalidInput:
            return False
        return True


def _schedule(given: Case, expect: Case) -> None:
    if "cases" in given:
        for index, single in enumerate(given["cases"]):
            assert_equal(_timeout(single), _expected_timeout(expect, index), f"cases[{index}]")
    elif given.get("op"):
        asyncio.run(_scheduled_by_operation(given, expect))
    else:
        _in_zone(given.get("host_timezone"), lambda: _next_run(given, expect))


_FAILURES = {
    None: None,
    "execute": None,
    "search backend unreachable": "backend_unreachable",
    "cluster write block": "write_blocked",
    "rule record deleted before the run": "gone",
}


def _next_run(given: Case, expect: Case) -> None:
    planned = parse_iso(given["planned"])
    interval = parse_duration(given["interval"])
    before = replace(schedule.first_schedule(planned, interval), anchor=planned, next_run=planned)
    after = schedule.next_schedule(
        before,
        interval=interval,
        planned=planned,
        started_at=parse_iso(given["started"]),
        ended_at=parse_iso(given["ended"]),
        failure=_FAILURES[given.get("failure")],
    )
    found = None if after.next_run is None else iso(after.next_run)
    assert_equal(found, expect["next_scheduled"], "next_scheduled")


def _in_zone(zone: str | None, check: Callable[[], None]) -> None:
    """Run the check with the process's time zone set, which must not matter."""
    import os

    before = os.environ.get("TZ")
    if zone is not None:
        os.environ["TZ"] = zone
        time.tzset()
    try:
        check()
    finally:
        if zone is not None:
            os.environ.pop("TZ")
            if before is not None:
                os.environ["TZ"] = before
            time.tzset()


def _timeout(given: Case) -> str:
    by_type = {} if given.get("per_type") is None else {"case-type": given["per_type"]}
    settings = EngineSettings(run_timeout=given.get("global_"), run_timeout_by_type=by_type)
    limit = schedule.run_timeout(settings, CaseEngine.rule_type_with(timeout=given.get("rule_type")))
    return f"{limit.total_seconds():g}s"


def _expected_timeout(expect: Case, index: int) -> str:
    wanted = next(iter(expect.values()))[index]
    text = wanted if isinstance(wanted, str) else next(iter(wanted.values()))
    return f"{parse_duration(text).total_seconds():g}s"


async def _scheduled_by_operation(given: Case, expect: Case) -> None:
    async with CaseEngine({"rule": {"enabled": False}}) as engine:
        now = engine.now()
        match given["op"]:
            case "bulk enable of 3 rules":
                intervals = given["intervals"]
                rules = [
                    await engine.create_rule({"schedule": {"interval": text}}, rule_id=f"bulk-{number}", in_bulk=True)
                    for number, text in enumerate(intervals)
                ]
                limits = expect["first_run_within_ms"]
                for stored, limit in zip(rules, limits, strict=True):
                    delay = stored.schedule.next_run - now
                    most = limit[-1] if isinstance(limit, list) else limit
                    assert timedelta(0) < delay <= timedelta(milliseconds=most), f"first run after {delay}"
            case "disable":
                await engine.perform({"op": "enable"})
                await engine.perform({"op": "disable"})
                assert_equal(await engine.shown_next_run(), expect.get("next_run"), "next_run")
            case "enable one rule":
                await engine.perform({"op": "enable"})
                stored = await engine.stored()
                if "first_run_within_ms" in expect:
                    most = timedelta(milliseconds=expect["first_run_within_ms"])
                    assert timedelta(0) <= stored.schedule.next_run - now <= most, "first run is late"
                if "next_run" in expect:
                    assert_equal(await engine.shown_next_run(), expect["next_run"], "next_run")
            case other:
                raise AssertionError(f"unknown shape: op {other!r}")


_AREAS: dict[str, Callable[[Case, Case], None]] = {
    "status": _status,
    "monitoring": _monitoring,
    "gap": _gap,
    "flapping-settings": _flapping_settings,
    "schedule": _schedule,
}
