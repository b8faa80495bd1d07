"""The event log: what a run or an untracking left, as full records with flat dotted keys (rule-run.md 11).

Records that belong to a run bear its ``started_at``, but for the time-out, which happened later.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import Gap
from engine.model.trace import ActionMention, AlertMention, RuleIdentity, RunTrace, Trace, UntrackTrace

METRICS = (
    "number_of_triggered_actions",
    "number_of_generated_actions",
    "alert_counts.active",
    "alert_counts.new",
    "alert_counts.recovered",
    "number_of_delayed_alerts",
    "number_of_searches",
    "es_search_duration_ms",
    "total_search_duration_ms",
    "claim_to_start_duration_ms",
    "prepare_rule_duration_ms",
    "rule_type_run_duration_ms",
    "process_alerts_duration_ms",
    "persist_alerts_duration_ms",
    "trigger_actions_duration_ms",
    "process_rule_duration_ms",
    "total_run_duration_ms",
)
"""The numbers of an ``execute`` record, below ``kibana.alert.rule.execution.metrics``."""

_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)


def expand_all(traces: Sequence[Trace]) -> list[JsonObject]:
    """All records of traces, one trace after the other; a run's ``execute`` comes last also if it published late."""
    late = {trace.execution_uuid: trace for trace in traces if isinstance(trace, RunTrace) and trace.is_late}
    records: list[JsonObject] = []
    for trace in traces:
        if isinstance(trace, UntrackTrace):
            records += expand(trace)
        elif not trace.is_late:
            *begun, ended = expand(trace)
            published = late.pop(trace.execution_uuid, None)
            records += [*begun, *(expand(published) if published else ()), ended]
        elif trace.execution_uuid in late:
            # The trace of the time-out is not among them.
            records += expand(late.pop(trace.execution_uuid))
    return records


def expand(trace: Trace) -> list[JsonObject]:
    """All records of a trace, in the order in which they happened. Absent values have no key."""
    if isinstance(trace, UntrackTrace):
        return [_untracked(trace, alert) for alert in trace.alerts]
    if trace.is_late:
        return _found(trace)
    records = [_execute_start(trace)]
    if trace.timed_out_at is not None:
        records.append(_execute_timeout(trace, trace.timed_out_at))
    records += _found(trace)
    if trace.gap is not None:
        records.append(_gap_found(trace, trace.gap))
    records.append(_execute(trace))
    return records


def _found(trace: RunTrace) -> list[JsonObject]:
    """What the run found and did about it."""
    return [
        *_alert_events(trace, "recovered-instance", "recovered", trace.recovered),
        *_alert_events(trace, "new-instance", "is new", trace.new),
        *_alert_events(trace, "active-instance", "is active", trace.active),
        *(_execute_action(trace, action) for action in trace.actions),
    ]


def _execute_start(trace: RunTrace) -> JsonObject:
    record = _run_record(trace, "execute-start", f"run of rule [{_shown(trace.rule)}] started")
    record["event.start"] = iso(trace.started_at)
    return record | _task(trace)


def _execute_timeout(trace: RunTrace, at: datetime) -> JsonObject:
    message = f"run of rule [{_shown(trace.rule)}] exceeded its time limit and was cancelled"
    return _run_record(trace, "execute-timeout", message) | {"@timestamp": iso(at)}


def _alert_events(trace: RunTrace, action: str, what: str, alerts: Iterable[AlertMention]) -> list[JsonObject]:
    return [
        _run_record(trace, action, f"alert [{alert.id}] of rule [{_shown(trace.rule)}] {what}") | _alert(alert)
        for alert in alerts
    ]


def _execute_action(trace: RunTrace, action: ActionMention) -> JsonObject:
    subject = f"alert [{action.alert_id}]" if action.alert_id is not None else "a summary of alerts"
    message = f"action [{action.connector_type_id}:{action.connector_id}] queued for {subject}"
    record = _run_record(trace, "execute-action", message)
    connector = {"type": "action", "id": action.connector_id, "type_id": action.connector_type_id}
    record["kibana.saved_objects"] = [*record["kibana.saved_objects"], connector]
    if action.summary is not None:
        for category, count in zip(("new", "ongoing", "recovered"), action.summary, strict=True):
            record[f"kibana.alerting.summary.{category}.count"] = count
    return record | _present(
        {"kibana.alerting.instance_id": action.alert_id, "kibana.alerting.action_group_id": action.alert_group}
    )


def _gap_found(trace: RunTrace, gap: Gap) -> JsonObject:
    span = {"gte": iso(gap.start), "lte": iso(gap.end)}
    length = (gap.end - gap.start) // _MILLISECOND
    message = f"no run of rule [{_shown(trace.rule)}] looked at the time from {span['gte']} to {span['lte']}"
    record = _run_record(trace, "gap", message)
    record["kibana.alert.rule.gap"] = {
        "status": "unfilled",
        "range": span,
        "filled_intervals": [],
        "in_progress_intervals": [],
        "unfilled_intervals": [span],
        "total_gap_duration_ms": length,
        "filled_duration_ms": 0,
        "in_progress_duration_ms": 0,
        "unfilled_duration_ms": length,
    }
    return record


def _execute(trace: RunTrace) -> JsonObject:
    record = _run_record(trace, "execute", trace.message or _end_message(trace))
    record |= {
        "event.start": iso(trace.started_at),
        "event.end": iso(trace.ended_at),
        "event.duration": str(_nanoseconds(trace.ended_at - trace.started_at)),
        "event.outcome": "failure" if trace.outcome == "failure" else "success",
        "kibana.alerting.status": trace.status,
        "kibana.alerting.outcome": trace.outcome,
    }
    record |= _present({"event.reason": trace.reason, "error.message": trace.error_message}) | _task(trace)
    if trace.maintenance_window_ids:
        record["kibana.alert.maintenance_window_ids"] = list(trace.maintenance_window_ids)
    for name in METRICS:
        record[f"kibana.alert.rule.execution.metrics.{name}"] = trace.metrics.get(name, 0)
    return record


def _untracked(trace: UntrackTrace, alert: AlertMention) -> JsonObject:
    message = f"alert [{alert.id}] of rule [{_shown(trace.rule)}] was untracked"
    return _record(trace.rule, trace.at, "untracked-instance", message) | _alert(alert)


def _end_message(trace: RunTrace) -> str:
    return f"run of rule [{_shown(trace.rule)}] " + ("failed" if trace.outcome == "failure" else "ended")


def _task(trace: RunTrace) -> JsonObject:
    return {
        "kibana.task.scheduled": iso(trace.scheduled_at),
        "kibana.task.schedule_delay": _nanoseconds(trace.started_at - trace.scheduled_at),
    }


def _alert(alert: AlertMention) -> JsonObject:
    """The alert fields; duration is a text of nanoseconds."""
    fields = {
        "kibana.alert.uuid": alert.uuid,
        "kibana.alert.flapping": alert.flapping,
        "kibana.alerting.instance_id": alert.id,
        "kibana.alerting.action_group_id": alert.group,
        "event.start": iso(alert.start) if alert.start is not None else None,
        "event.duration": str(alert.duration_ns) if alert.start is not None else None,
        "event.end": iso(alert.end) if alert.end is not None else None,
        "kibana.alert.maintenance_window_ids": list(alert.maintenance_window_ids) or None,
    }
    return _present(fields)


def _run_record(trace: RunTrace, action: str, message: str) -> JsonObject:
    record = _record(trace.rule, trace.started_at, action, message)
    record["kibana.alert.rule.execution.uuid"] = trace.execution_uuid
    return record


def _record(rule: RuleIdentity, at: datetime, action: str, message: str) -> JsonObject:
    saved_object = {"rel": "primary", "type": "alert", "id": rule.id, "type_id": rule.rule_type_id}
    fields = {
        "@timestamp": iso(at),
        "event.provider": "alerting",
        "event.action": action,
        "event.kind": "alert",
        "event.category": [rule.producer] if rule.producer is not None else None,
        "rule.id": rule.id,
        "rule.name": rule.name,
        "rule.category": rule.rule_type_id,
        "rule.license": rule.license,
        "rule.ruleset": rule.producer,
        "kibana.alert.rule.rule_type_id": rule.rule_type_id,
        "kibana.alert.rule.consumer": rule.consumer,
        "kibana.alert.rule.revision": rule.revision,
        "kibana.space_ids": [rule.space],
        "kibana.saved_objects": [_present(saved_object)],
        "message": message,
    }
    return _present(fields)


def _present(fields: JsonObject) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}


def _nanoseconds(length: timedelta) -> int:
    # Should the clock have been set back in between, the later instant is the earlier one.
    return max(0, length // _MICROSECOND * 1000)


def _shown(rule: RuleIdentity) -> str:
    return rule.name if rule.name is not None else rule.id
