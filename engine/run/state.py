"""The run state between runs: what a run leaves for the next one, and what users' operations do to it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from engine.model.alert import Alert, RuleState
from engine.model.jsonvalue import JsonObject
from engine.run.subject import RunSubject
from engine.run.transition import Transition


def next_state(
    transition: Transition,
    *,
    type_state: JsonObject,
    summary_actions: dict[str, datetime],
    subject: RunSubject,
) -> RuleState:
    """The state that a successful run stores (rule-run.md 4.18)."""
    return RuleState(
        active=transition.tracked,
        recovered={alert_id: _remembered(alert) for alert_id, alert in transition.tracked_recovered.items()},
        summary_actions=summary_actions,
        previous_started_at=transition.at,
        type_state=type_state,
        # Documents that went on were refreshed if they showed another one, and new ones show this one.
        documented_revision=subject.rule.revision,
    )


def cleared_for_enable(state: RuleState) -> RuleState:
    """The state with which an enabled rule goes on: no flapping history, and time spent disabled is no gap (13)."""
    active = {
        alert_id: replace(alert, flapping_history=[], flapping=False, pending_recovered_count=0)
        for alert_id, alert in state.active.items()
    }
    return replace(state, active=active, recovered={}, previous_started_at=None)


def without_alerts(state: RuleState, uuids: Collection[str]) -> RuleState:
    """The state without the active alerts that were untracked."""
    active = {alert_id: alert for alert_id, alert in state.active.items() if alert.uuid not in uuids}
    return replace(state, active=active)


def _remembered(alert: Alert) -> Alert:
    """What is kept of an alert that ended: enough for its flapping history, nothing of its span (rule-run.md 2)."""
    return Alert(
        id=alert.id,
        uuid=alert.uuid,
        flapping_history=alert.flapping_history,
        flapping=alert.flapping,
        maintenance_window_ids=alert.maintenance_window_ids,
        maintenance_window_names=alert.maintenance_window_names,
    )
