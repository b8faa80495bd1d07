"""What a rule's alerts have been up to, and what it remembers of them, for internal clients (rest-api.md 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.model.alert import Alert, RuleState
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.model.trace import AlertMention, RunTrace, Trace, UntrackTrace
from engine.operations.instants import instant_of
from engine.timing.durations import is_duration, parse_duration

DEFAULT_RUNS = 60
MOST_RUNS = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def summary_start(date_start: str | None, rule: Rule, at: datetime) -> datetime:
    """From when on a summary counts: an ISO time, date math, a duration back, or 60 intervals. Raises InvalidInput."""
    if date_start is None:
        return _before(at, parse_duration(rule.interval), DEFAULT_RUNS)
    if is_duration(date_start):
        return _before(at, parse_duration(date_start))
    return instant_of("date_start", date_start, at)


def summary_to_json(rule: Rule, traces: Sequence[Trace], *, start: datetime, at: datetime) -> JsonObject:
    """The summary of a rule by its traces since an instant, oldest first."""
    runs = [trace for trace in traces if isinstance(trace, RunTrace) and not trace.is_late]
    alerts = _alerts(traces)
    for alert_id in rule.muted_alert_ids:
        alerts.setdefault(alert_id, _Seen()).muted = True
    is_active = any(seen.mention is not None and seen.is_active for seen in alerts.values())
    shown: JsonObject = {
        "id": rule.id,
        "name": rule.name,
        "tags": list(rule.tags),
        "rule_type_id": rule.rule_type_id,
        "consumer": rule.consumer,
        "enabled": rule.enabled,
        "mute_all": rule.mute_all,
        "throttle": rule.throttle,
        "revision": rule.revision,
        "status": "Error" if runs and runs[-1].outcome == "failure" else "Active" if is_active else "OK",
        "status_start_date": iso(start),
        "status_end_date": iso(at),
        "error_messages": [
            {"date": iso(run.started_at), "message": run.error_message} for run in runs if run.error_message is not None
        ],
        "execution_duration": _durations(runs),
        "alerts": {alert_id: seen.to_json() for alert_id, seen in alerts.items()},
    }
    if runs:
        shown["last_run"] = iso(runs[-1].started_at)
    return shown


def state_to_json(state: RuleState) -> JsonObject | None:
    """What a rule remembers between runs; None if it has never run."""
    if state.previous_started_at is None and not state.active:
        return None
    started = state.previous_started_at
    return {
        "alerts": {alert_id: _remembered(alert) for alert_id, alert in state.active.items()},
        "rule_type_state": state.type_state,
        "previous_started_at": None if started is None else iso(started),
    }


@dataclass(slots=True)
class _Seen:
    """One alert as its newest event shows it; ``mention`` None: it never fired."""

    mention: AlertMention | None = None
    is_active: bool = False
    tracked: bool = True
    muted: bool = False

    def to_json(self) -> JsonObject:
        shown: JsonObject = {
            "status": "Active" if self.is_active else "OK",
            "muted": self.muted,
            "flapping": self.mention is not None and self.mention.flapping,
            "tracked": self.tracked,
        }
        if self.mention is None:
            return shown
        shown["uuid"] = self.mention.uuid
        if self.is_active and self.mention.group is not None:
            shown["actionGroupId"] = self.mention.group
        if self.is_active and self.mention.start is not None:
            shown["activeStartDate"] = iso(self.mention.start)
        if self.mention.maintenance_window_ids:
            shown["maintenanceWindowIds"] = list(self.mention.maintenance_window_ids)
        return shown


def _alerts(traces: Sequence[Trace]) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for trace in traces:
        if isinstance(trace, UntrackTrace):
            seen |= {alert.id: _Seen(alert, tracked=False) for alert in trace.alerts}
            continue
        seen |= {alert.id: _Seen(alert) for alert in trace.recovered}
        seen |= {alert.id: _Seen(alert, is_active=True) for alert in (*trace.new, *trace.active)}
    return seen


def _before(at: datetime, length: timedelta, times: int = 1) -> datetime:
    """That much earlier; never before the epoch, since intervals may be of any length."""
    try:
        return max(at - times * length, _EPOCH)
    except OverflowError:
        return _EPOCH


def _durations(runs: Sequence[RunTrace]) -> JsonObject:
    lengths = {iso(run.started_at): max(0, (run.ended_at - run.started_at) // _MILLISECOND) for run in runs}
    return {"average": round(sum(lengths.values()) / len(lengths)) if lengths else 0, "valuesWithTimestamp": lengths}


def _remembered(alert: Alert) -> JsonObject:
    meta: JsonObject = {
        "uuid": alert.uuid,
        "flapping": alert.flapping,
        "flappingHistory": list(alert.flapping_history),
        "activeCount": alert.active_count,
        "pendingRecoveredCount": alert.pending_recovered_count,
        "maintenanceWindowIds": list(alert.maintenance_window_ids),
    }
    scheduled = alert.last_scheduled_actions
    if scheduled is not None:
        actions = {uuid: {"date": iso(date)} for uuid, date in scheduled.actions.items()}
        meta["lastScheduledActions"] = {"group": scheduled.group, "date": iso(scheduled.date), "actions": actions}
    state = {**alert.state, "duration": str(alert.duration_ns)}
    if alert.start is not None:
        state["start"] = iso(alert.start)
    return {"state": state, "meta": meta}
