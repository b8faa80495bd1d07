"""What a run leaves in the event log, in compact form (rule-run.md 11); `engine.run.events` makes records of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import ExecutionStatus, Gap, LastRun
from engine.model.trace import ActionMention, AlertMention, RuleIdentity, RunTrace
from engine.run.subject import RunSubject
from engine.run.transition import Transition
from engine.run.windows import RunningWindow, windows_met

_OUTCOMES: dict[str, Literal["success", "warning", "failure"]] = {
    "succeeded": "success",
    "warning": "warning",
    "failed": "failure",
}


def mention(alert: Alert, group: str | None) -> AlertMention:
    """An alert as an event shows it, in that action group."""
    return AlertMention(
        id=alert.id,
        uuid=alert.uuid,
        group=group,
        flapping=alert.flapping,
        start=alert.start,
        duration_ns=alert.duration_ns,
        end=alert.end,
        maintenance_window_ids=alert.maintenance_window_ids,
    )


def trace_of(
    transition: Transition,
    *,
    subject: RunSubject,
    scheduled_at: datetime,
    ended_at: datetime,
    status: ExecutionStatus,
    last_run: LastRun,
    windows: Sequence[RunningWindow] = (),
    actions: Sequence[ActionMention] = (),
    metrics: JsonObject | None = None,
    gap: Gap | None = None,
    timed_out_at: datetime | None = None,
) -> RunTrace:
    """The trace of a run that processed its alerts. ``windows`` are those that ran; ``metrics`` the measured numbers.

    Types that do not auto-recover leave counts but no events for single alerts.
    """
    has_alert_events = subject.rule_type.auto_recovers
    active, new, recovered = transition.active, transition.new, transition.recovered
    counts = {
        "alert_counts.active": len(active),
        "alert_counts.new": len(new),
        "alert_counts.recovered": len(recovered),
        "number_of_delayed_alerts": len(transition.delayed),
    }
    return RunTrace(
        rule=subject.identity,
        execution_uuid=transition.execution_uuid,
        scheduled_at=scheduled_at,
        started_at=transition.at,
        ended_at=ended_at,
        status=status.status,
        outcome=_OUTCOMES[last_run.outcome],
        reason=_reason(status),
        message=_message(status),
        error_message=status.error.message if status.error is not None else None,
        timed_out_at=timed_out_at,
        gap=gap,
        recovered=tuple(mention(alert, _last_group(alert)) for alert in recovered),
        new=tuple(mention(alert, alert.group) for alert in new) if has_alert_events else (),
        active=tuple(mention(alert, alert.group) for alert in active) if has_alert_events else (),
        actions=tuple(actions),
        maintenance_window_ids=windows_met(bool(active or recovered), new, windows),
        metrics={**(metrics or {}), **counts},
    )


def trace_of_failure(
    identity: RuleIdentity,
    *,
    execution_uuid: str,
    scheduled_at: datetime,
    started_at: datetime,
    ended_at: datetime,
    status: ExecutionStatus,
    metrics: JsonObject | None = None,
    timed_out_at: datetime | None = None,
) -> RunTrace:
    """The trace of a run that failed, or timed out, and so processed no alerts."""
    return RunTrace(
        rule=identity,
        execution_uuid=execution_uuid,
        scheduled_at=scheduled_at,
        started_at=started_at,
        ended_at=ended_at,
        status=status.status,
        outcome="failure",
        reason=_reason(status),
        error_message=status.error.message if status.error is not None else None,
        timed_out_at=timed_out_at,
        metrics=metrics or {},
    )


def _last_group(alert: Alert) -> str | None:
    """The group a recovered alert leaves: the one it notified for, else the last one it was reported in."""
    if alert.last_scheduled_actions is not None:
        return alert.last_scheduled_actions.group
    # Passed through at the alert limit in the run before, it has no group; its document still knows.
    group: str | None = alert.group or alert.fields.get("kibana.alert.previous_action_group")
    return group


def _reason(status: ExecutionStatus) -> str | None:
    cause = status.error or status.warning
    return cause.reason if cause is not None else None


def _message(status: ExecutionStatus) -> str:
    """The text of the ``execute`` event where the run's end has one; "" leaves it to the event log."""
    return status.warning.message if status.error is None and status.warning is not None else ""
