"""execution_status and last_run (rule-run.md 9.1, 9.2)."""

from datetime import timedelta

import pytest

from engine.model.alert import Alert
from engine.model.outcome import AlertsCount, ExecutionStatus, LastRun, StatusReason
from engine.run.status import (
    FailedRun,
    FinishedRun,
    RunCounts,
    counts_of,
    execution_status,
    last_run,
    pending_status,
    timed_out,
)
from engine.run.transition import Transition

COUNTS = RunCounts(tracked_active=10, active=7, new=2, recovered=4, delayed=3)


@pytest.fixture
def at(midnight):
    return midnight


@pytest.mark.parametrize(
    ("end", "status", "error", "warning"),
    [
        (FinishedRun(COUNTS), "active", None, None),
        (FinishedRun(RunCounts(tracked_active=1, delayed=1)), "active", None, None),
        (FinishedRun(RunCounts(recovered=3)), "ok", None, None),
        (FinishedRun(COUNTS, is_limit_reached=True), "warning", None, "maxAlerts"),
        (FinishedRun(COUNTS, actions_cut="queue"), "warning", None, "maxQueuedActions"),
        (FinishedRun(COUNTS, actions_cut="executable"), "warning", None, "maxExecutableActions"),
        (FinishedRun(COUNTS, rule_warnings=["W"]), "warning", None, "ruleExecution"),
        (FinishedRun(COUNTS, True, "queue", (), ["W"]), "warning", None, "maxAlerts"),
        (FinishedRun(COUNTS, False, "queue", (), ["W"]), "warning", None, "maxQueuedActions"),
        (FinishedRun(COUNTS, rule_errors=["E"]), "error", "unknown", None),
        (FinishedRun(COUNTS, rule_errors=["E"], rule_warnings=["W"]), "error", "unknown", "ruleExecution"),
        (FinishedRun(COUNTS, True, None, ["E"], ["W"]), "error", "unknown", "maxAlerts"),
        (FailedRun("execute", "boom"), "error", "execute", None),
        (FailedRun("disabled"), "error", "disabled", None),
    ],
)
def test_execution_status(at, end, status, error, warning):
    result = execution_status(end, at=at, duration_ms=42)
    assert result.status == status
    assert (result.error and result.error.reason) == error
    assert (result.warning and result.warning.reason) == warning
    assert (result.last_execution_date, result.last_duration) == (at, 42)


@pytest.mark.parametrize(
    "end", [FinishedRun(COUNTS), FinishedRun(COUNTS, rule_errors=["E"]), FinishedRun(COUNTS, True), FailedRun("read")]
)
def test_an_unknown_duration_is_0(at, end):
    assert execution_status(end, at=at, duration_ms=None).last_duration == 0


def test_texts_of_errors_and_warnings_are_joined(at):
    status = execution_status(
        FinishedRun(COUNTS, rule_errors=["E1", "E2"], rule_warnings=["W1", "W2"]), at=at, duration_ms=1
    )
    assert status.error == StatusReason("unknown", "E1,E2")
    assert status.warning == StatusReason("ruleExecution", "W1,W2")
    assert status.last_duration == 1


def test_the_cause_of_a_failure_is_its_message(at):
    assert execution_status(FailedRun("validate", "bad"), at=at, duration_ms=0).error == StatusReason("validate", "bad")


@pytest.mark.parametrize(
    ("end", "outcome", "order", "warning", "messages"),
    [
        (FinishedRun(COUNTS), "succeeded", 0, None, 0),
        (FinishedRun(COUNTS, outcome_message="m"), "succeeded", 0, None, 1),
        (FinishedRun(COUNTS, outcome_message=""), "succeeded", 0, None, 0),
        (FinishedRun(COUNTS, is_limit_reached=True), "warning", 10, "maxAlerts", 1),
        (FinishedRun(COUNTS, is_limit_reached=True, actions_cut="queue"), "warning", 10, "maxAlerts", 1),
        (FinishedRun(COUNTS, actions_cut="queue"), "warning", 10, "maxQueuedActions", 1),
        (FinishedRun(COUNTS, actions_cut="executable"), "warning", 10, "maxExecutableActions", 1),
        (FinishedRun(COUNTS, rule_warnings=["W"]), "warning", 10, None, 0),
        (FinishedRun(COUNTS, rule_warnings=["W"], outcome_message="m"), "warning", 10, None, 1),
        (FinishedRun(COUNTS, False, "queue", (), ["W"], "m"), "warning", 10, "maxQueuedActions", 2),
        (FinishedRun(COUNTS, rule_errors=["E"]), "failed", 20, None, 0),
        (FinishedRun(COUNTS, True, None, ["E"], (), "m"), "failed", 20, "maxAlerts", 2),
        (FinishedRun(COUNTS, rule_errors=["E"], rule_warnings=["W"]), "failed", 20, None, 0),
    ],
)
def test_last_run_of_a_finished_run(end, outcome, order, warning, messages):
    result = last_run(end)
    assert (result.outcome, result.outcome_order, result.warning) == (outcome, order, warning)
    assert len(result.outcome_msg or ()) == messages
    assert result.outcome_msg != ()
    assert result.alerts_count == AlertsCount(active=7, new=2, recovered=4, ignored=0)


def test_the_frameworks_text_comes_before_the_rule_types(at):
    end = FinishedRun(COUNTS, is_limit_reached=True, outcome_message="m")
    warning = execution_status(end, at=at, duration_ms=1).warning
    assert last_run(end).outcome_msg == (warning.message, "m")
    assert "limit" in warning.message


def test_the_two_cuts_of_actions_have_different_texts():
    queue, executable = (last_run(FinishedRun(COUNTS, actions_cut=cut)).outcome_msg for cut in ("queue", "executable"))
    assert "queue" in queue[0]
    assert "queue" not in executable[0]


@pytest.mark.parametrize(
    "reason", ["read", "decrypt", "license", "validate", "disabled", "execute", "timeout", "unknown"]
)
def test_last_run_of_a_failed_run(reason):
    assert last_run(FailedRun(reason, "text")) == LastRun("failed", reason, ("text",), AlertsCount(0, 0, 0, 0))


def test_a_failure_without_text_has_no_message():
    assert last_run(FailedRun("execute")) == LastRun("failed", "execute", None)
    assert last_run(FailedRun("execute")).outcome_order == 20


def test_a_time_out_names_rule_and_limit(at):
    end = timed_out("My rule", timedelta(minutes=5))
    assert end.reason == "timeout"
    (text,) = last_run(end).outcome_msg
    assert "[My rule]" in text
    assert "0:05:00" in text
    assert execution_status(end, at=at, duration_ms=1).error.reason == "timeout"


def test_pending(at):
    assert pending_status(at, after_enable=False) == ExecutionStatus("pending", at)
    assert pending_status(at, after_enable=True) == ExecutionStatus("pending", at, last_duration=0)


def test_counts_of_a_transition(midnight):
    alerts = [Alert(str(number), f"u{number}") for number in range(20)]
    transition = Transition(
        midnight,
        "e",
        new=alerts[:2],
        active=alerts[:7],
        recovered=alerts[10:14],
        delayed=alerts[7:10],
        tracked={alert.id: alert for alert in alerts[:10]},
    )
    assert counts_of(transition) == COUNTS
