"""What monitoring must show of a rule's runs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model.instant import from_ms, iso, parse_iso
from engine.model.outcome import MonitoringEntry, RuleStatus
from engine.operations.monitoring import monitoring_to_json
from engine.run import monitoring
from engine.run.status import pending_status
from tests.cases.adapters.lifecycle_engine import CaseEngine
from tests.cases.matching import assert_absent, assert_equal, assert_subset, require_known

Case = dict[str, Any]

_EXPECT = {
    *("calculated_metrics", "tolerance", "success_ratio_rounded_4", "history_len", "history_success", "history"),
    *("last_run", "metrics", "monitoring", "absent"),
}
_START = datetime(2024, 1, 1, tzinfo=UTC)


def check_monitoring(given: Case, expect: Case) -> None:
    """Area ``monitoring``."""
    require_known(expect, _EXPECT, "expect")
    match given.get("op"):
        case "create rule":
            shown = asyncio.run(_after_runs({"rule": {}}, []))
        case "disable, then enable, look before the next run":
            runs = _runs_before(given.get("before"))
            shown = asyncio.run(_after_runs({"rule": {}, "runs": runs}, runs, is_enabled_again=True))
        case None if _are_real(given):
            shown = asyncio.run(_after_runs({"rule": {}, **given}, given["runs"]))
        case None:
            shown = _of_entries(_entries(given))
        case other:
            raise AssertionError(f"unknown shape: op {other!r}")
    _compare(shown, expect)


def _are_real(given: Case) -> bool:
    """Runs of known length that have a status or an instant can be made; others are entries of the history."""
    runs = given.get("runs") or ()
    return any("status" in run or "at" in run for run in runs) and all(
        run.get("duration_ms") is not None for run in runs
    )


def _entries(given: Case) -> list[MonitoringEntry]:
    if "runs_count" in given:
        numbers = range(1, given["runs_count"] + 1)
        return [MonitoringEntry(_START + timedelta(minutes=number), number > 5, number) for number in numbers]
    return [
        MonitoringEntry(
            parse_iso(run["at"]) if "at" in run else _START + timedelta(minutes=index),
            not run.get("error") and run.get("status") != "error",
            run["duration_ms"],
        )
        for index, run in enumerate(given["runs"])
    ]


def _of_entries(entries: list[MonitoringEntry]) -> Case:
    history: list[MonitoringEntry] = []
    for entry in entries:
        history = monitoring.append_entry(history, entry)
    shown: Case = monitoring_to_json(RuleStatus(pending_status(_START, after_enable=False)), history)["run"]
    return shown


def _runs_before(before: Any) -> list[Case]:
    """The runs that lead to what a case says of the time before: runs, a history, or the newest run's figures."""
    if isinstance(before, list):
        return before
    before = before or {}
    require_known(before, {"runs", "history", "history_len", "last_run", "metrics"}, "before")
    if "runs" in before:
        return list(before["runs"])
    newest = before.get("last_run", {})
    metrics = newest.get("metrics", before.get("metrics", {}))
    run = {"duration_ms": metrics.get("duration"), **({"at": newest["timestamp"]} if "timestamp" in newest else {})}
    if "history" in before:
        return [_run_of(entry) for entry in before["history"]]
    return [{}] * (before.get("history_len", 1) - 1) + [run]


def _run_of(entry: Any) -> Case:
    if isinstance(entry, bool):
        return {"error": not entry}
    at = entry["timestamp"]
    return {
        "at": at if isinstance(at, str) else iso(from_ms(at)),
        "error": not entry["success"],
        "duration_ms": entry.get("duration"),
    }


async def _after_runs(given: Case, runs: list[Case], *, is_enabled_again: bool = False) -> Case:
    async with CaseEngine(given) as engine:
        for run in runs:
            require_known(run, {"at", "duration_ms", "error", "status"}, "runs")
            state = run.get("status", "error" if run.get("error") else "active")
            assert state in ("ok", "active", "warning", "error"), f"unknown shape: status {state!r}"
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
        if is_enabled_again:
            await engine.perform({"op": "disable"})
            await engine.perform({"op": "enable"})
        return await engine.monitoring()


def _compare(shown: Case, expect: Case) -> None:
    metrics, history = shown["calculated_metrics"], shown["history"]
    tolerance = expect.get("tolerance", 1e-9)
    for name, wanted in expect.get("calculated_metrics", {}).items():
        assert name in metrics, f"{name} is missing"
        assert abs(metrics[name] - wanted) <= tolerance, f"{name} is {metrics[name]}, expected {wanted}"
    if "success_ratio_rounded_4" in expect:
        assert_equal(round(metrics["success_ratio"], 4), expect["success_ratio_rounded_4"], "success_ratio")
    if "history_len" in expect:
        assert_equal(len(history), expect["history_len"], "history_len")
    if "history_success" in expect:
        assert_equal([entry["success"] for entry in history], expect["history_success"], "history_success")
    for name, found in (
        ("history", history),
        ("last_run", shown["last_run"]),
        ("metrics", shown["last_run"]["metrics"]),
    ):
        if name in expect:
            assert_subset(found, expect[name], name)
    assert_subset({"run": shown, **shown}, expect.get("monitoring", {}), "monitoring")
    assert_absent(metrics, expect.get("absent", ()), "calculated_metrics")
    assert_absent(shown, expect.get("absent", ()), "monitoring")
