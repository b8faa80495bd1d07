"""Enabling, disabling, untracking as changes of a rule (rest-api.md 4.1, 4.2; rule-run.md 13). Pure."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from engine.model.alert import Alert, RuleState
from engine.model.outcome import RuleStatus, Schedule
from engine.model.rule import Rule
from engine.model.trace import RuleIdentity, UntrackTrace
from engine.operations.definition import owned
from engine.ports.store import RuleChange, StoredRule, UntrackedDocument, VersionedState
from engine.run.monitoring import reset_metrics
from engine.run.schedule import bulk_offset, first_schedule
from engine.run.state import cleared_for_enable, without_alerts
from engine.run.status import pending_status
from engine.run.untracking import untrack_trace, untracked_documents
from engine.security.caller import Caller
from engine.timing.durations import parse_duration


def start_schedule(rule: Rule, at: datetime, *, in_bulk: bool) -> Schedule:
    """When a rule just created or enabled runs: at once, or in bulk at a stable offset; never while disabled."""
    if not rule.enabled:
        return Schedule(next_run=None, anchor=None)
    interval = parse_duration(rule.interval)
    if not in_bulk:
        return first_schedule(at, interval)
    first = at + bulk_offset(rule.id, interval)
    return Schedule(next_run=first, anchor=first)


def enabling(
    stored: StoredRule, state: VersionedState, *, at: datetime, actor: str | None, caller: Caller, in_bulk: bool
) -> RuleChange:
    """The change that enables a disabled rule: its alerts live on, without flapping history.

    A rule that has no owner yet comes to run with the rights of the ``caller``.
    """
    enabled = replace(stored.rule, enabled=True, scheduled_task_id=stored.rule.id, updated_at=at, updated_by=actor)
    metrics = stored.status.metrics
    return RuleChange(
        rule=owned(enabled, caller) if enabled.api_key_owner is None else enabled,
        expected_version=stored.version,
        schedule=start_schedule(enabled, at, in_bulk=in_bulk),
        status=replace(
            stored.status,
            execution_status=pending_status(at, after_enable=True),
            metrics=None if metrics is None else reset_metrics(metrics),
        ),
        state=cleared_for_enable(state.state),
        expected_state_version=state.version,
    )


def disabling(stored: StoredRule, *, at: datetime, actor: str | None) -> RuleChange:
    """The change that disables an enabled rule and keeps its alerts as they are."""
    return RuleChange(
        rule=replace(stored.rule, enabled=False, updated_at=at, updated_by=actor),
        expected_version=stored.version,
        schedule=Schedule(next_run=None, anchor=None, last_planned=stored.schedule.last_planned),
    )


def letting_go(change: RuleChange, state: VersionedState, identity: RuleIdentity, at: datetime) -> RuleChange:
    """A disabling that also untracks every alert, so that enabling the rule starts afresh."""
    documents, traces = untracking_of(state.state.active.values(), identity, at)
    return replace(
        change,
        state=RuleState(previous_started_at=state.state.previous_started_at),
        expected_state_version=state.version,
        untracked=documents,
        traces=traces,
    )


def untracking(
    stored: StoredRule, state: VersionedState, alert_ids: Collection[str], identity: RuleIdentity, at: datetime
) -> RuleChange | None:
    """The change that untracks chosen alerts; None if none of them is active."""
    chosen = [alert for alert_id, alert in state.state.active.items() if alert_id in alert_ids]
    if not chosen:
        return None
    documents, traces = untracking_of(chosen, identity, at)
    return RuleChange(
        rule=stored.rule,
        expected_version=stored.version,
        state=without_alerts(state.state, {alert.uuid for alert in chosen}),
        expected_state_version=state.version,
        untracked=documents,
        traces=traces,
    )


def untracking_of(
    alerts: Collection[Alert], identity: RuleIdentity, at: datetime
) -> tuple[tuple[UntrackedDocument, ...], tuple[UntrackTrace, ...]]:
    """The documents and traces of alerts that are let go."""
    trace = untrack_trace(identity, alerts, at)
    return untracked_documents(alerts, at), () if trace is None else (trace,)


def first_status(at: datetime) -> RuleStatus:
    """The status of a rule just created."""
    return RuleStatus(pending_status(at, after_enable=False))
