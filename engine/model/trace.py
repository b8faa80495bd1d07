"""What a run leaves in the event log, in compact form; `engine.run.events` expands it into records (rule-run.md 11)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from engine.model.jsonvalue import JsonObject
from engine.model.outcome import Gap


@dataclass(frozen=True, slots=True)
class RuleIdentity:
    """The rule's fields that every event carries, as they were at the run; only the id is sure."""

    id: str
    space: str
    name: str | None = None
    rule_type_id: str | None = None
    consumer: str | None = None
    producer: str | None = None
    category: str | None = None
    revision: int | None = None
    license: str | None = None


class AlertMention(NamedTuple):
    """One alert in an event. A tuple, since a run may make thousands of them."""

    id: str
    uuid: str
    group: str | None
    flapping: bool
    start: datetime | None
    duration_ns: int
    end: datetime | None = None
    maintenance_window_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionMention:
    """One accepted execution of an action."""

    notification_id: str
    action_uuid: str
    connector_id: str
    connector_type_id: str
    alert_id: str | None = None
    alert_group: str | None = None
    summary: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class RunTrace:
    """One run. ``metrics`` are the numbers of ``kibana.alert.rule.execution.metrics``; absent ones count as 0.

    ``timed_out_at`` is set when the run exceeded its time limit. ``is_late``: what the evaluation of a timed-out run
    found afterwards; the run has started and ended in another trace, this one adds its alerts and actions.
    """

    rule: RuleIdentity
    execution_uuid: str
    scheduled_at: datetime
    started_at: datetime
    ended_at: datetime
    status: str
    outcome: Literal["success", "warning", "failure"]
    reason: str | None = None
    message: str = ""
    error_message: str | None = None
    timed_out_at: datetime | None = None
    gap: Gap | None = None
    recovered: tuple[AlertMention, ...] = ()
    new: tuple[AlertMention, ...] = ()
    active: tuple[AlertMention, ...] = ()
    actions: tuple[ActionMention, ...] = ()
    maintenance_window_ids: tuple[str, ...] = ()
    metrics: JsonObject = field(default_factory=dict)
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class UntrackTrace:
    """Alerts that a user untracked, with the instant."""

    rule: RuleIdentity
    at: datetime
    alerts: tuple[AlertMention, ...]


Trace = RunTrace | UntrackTrace
