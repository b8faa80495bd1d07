"""How a run ended, as the rule shows it: ``execution_status`` and ``last_run`` (rule-run.md 9.1, 9.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from engine.model.outcome import AlertsCount, ExecutionStatus, LastRun, RunOutcomeName, StatusReason
from engine.run.transition import Transition

ActionsCut = Literal["executable", "queue"]


@dataclass(frozen=True, slots=True)
class RunCounts:
    """Alerts of a run: ``tracked_active`` includes delayed ones, the others are as in events and ``last_run``."""

    tracked_active: int = 0
    active: int = 0
    new: int = 0
    recovered: int = 0
    delayed: int = 0


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that was evaluated and processed.

    ``actions_cut``: actions were not triggered because of the limit of executions, or of the queue.
    ``rule_errors`` and ``rule_warnings`` are what the rule type recorded, ``outcome_message`` what it has to say.
    """

    counts: RunCounts
    is_limit_reached: bool = False
    actions_cut: ActionsCut | None = None
    rule_errors: Sequence[str] = ()
    rule_warnings: Sequence[str] = ()
    outcome_message: str | None = None


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed: the reason is one of rule-run.md 9.1, the message may be empty."""

    reason: str
    message: str = ""


RunEnd = FinishedRun | FailedRun

_FRAMEWORK_WARNINGS = {
    "maxAlerts": "The rule reported more alerts than the limit allows: further ones were left out and none recovered.",
    "maxQueuedActions": "The queue of actions is full: some actions of this run were not triggered.",
    "maxExecutableActions": "The rule generated more actions than a run may trigger: some were not triggered.",
}


def counts_of(transition: Transition) -> RunCounts:
    """The numbers of a processed run."""
    return RunCounts(
        tracked_active=len(transition.tracked),
        active=len(transition.active),
        new=len(transition.new),
        recovered=len(transition.recovered),
        delayed=len(transition.delayed),
    )


def timed_out(rule_name: str, timeout: timedelta) -> FailedRun:
    """The end of a run that exceeded its time limit (rule-run.md 8)."""
    return FailedRun(
        "timeout", f"The run of rule [{rule_name}] exceeded its time limit of {timeout} and was cancelled."
    )


def pending_status(at: datetime, *, after_enable: bool) -> ExecutionStatus:
    """The status of a rule that was created, or enabled, at that instant and has not run since."""
    return ExecutionStatus("pending", at, last_duration=0 if after_enable else None)


def execution_status(end: RunEnd, *, at: datetime, duration_ms: int | None) -> ExecutionStatus:
    """``execution_status`` of a run that started at ``at`` and took ``duration_ms`` (None = unknown)."""
    duration = duration_ms or 0
    if isinstance(end, FailedRun):
        return ExecutionStatus("error", at, duration, error=StatusReason(end.reason, end.message))
    warning = _warning(end)
    if end.rule_errors:
        error = StatusReason("unknown", ",".join(end.rule_errors))
        return ExecutionStatus("error", at, duration, error=error, warning=warning)
    if warning is not None:
        return ExecutionStatus("warning", at, duration, warning=warning)
    return ExecutionStatus("active" if end.counts.tracked_active else "ok", at, duration)


def last_run(end: RunEnd) -> LastRun:
    """``last_run`` of a run."""
    if isinstance(end, FailedRun):
        return LastRun("failed", warning=end.reason, outcome_msg=(end.message,) if end.message else None)
    framework = _framework_warning(end)
    texts = [framework.message] if framework is not None else []
    if end.outcome_message:
        texts.append(end.outcome_message)
    return LastRun(
        _outcome(end),
        warning=framework.reason if framework is not None else None,
        outcome_msg=tuple(texts) or None,
        alerts_count=AlertsCount(end.counts.active, end.counts.new, end.counts.recovered),
    )


def _outcome(end: FinishedRun) -> RunOutcomeName:
    if end.rule_errors:
        return "failed"
    return "succeeded" if _warning(end) is None else "warning"


def _warning(end: FinishedRun) -> StatusReason | None:
    framework = _framework_warning(end)
    if framework is not None or not end.rule_warnings:
        return framework
    return StatusReason("ruleExecution", ",".join(end.rule_warnings))


def _framework_warning(end: FinishedRun) -> StatusReason | None:
    if end.is_limit_reached:
        reason = "maxAlerts"
    elif end.actions_cut is not None:
        reason = {"queue": "maxQueuedActions", "executable": "maxExecutableActions"}[end.actions_cut]
    else:
        return None
    return StatusReason(reason, _FRAMEWORK_WARNINGS[reason])
