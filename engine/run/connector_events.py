"""The event log of connectors: two records an execution, with flat dotted keys (connector-framework.md 12)."""

from datetime import datetime, timedelta

from engine.model.connector_trace import ConnectorTrace
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE

_MICROSECOND = timedelta(microseconds=1)


def expand_execution(trace: ConnectorTrace) -> list[JsonObject]:
    """The records of an execution: that it began, and how it ended. Absent values have no key."""
    return [_start(trace), _timeout(trace) if trace.has_timed_out else _end(trace)]


def _start(trace: ConnectorTrace) -> JsonObject:
    return _record(trace, "execute-start", trace.started_at, f"action started: {_named(trace)}")


def _timeout(trace: ConnectorTrace) -> JsonObject:
    text = f"action: {_named(trace)} exceeded its time limit and was cancelled"
    return _record(trace, "execute-timeout", trace.ended_at, text) | _span(trace)


def _end(trace: ConnectorTrace) -> JsonObject:
    text = f"action executed: {_named(trace)}" if trace.is_ok else f"action execution failure: {_named(trace)}"
    record = _record(trace, "execute", trace.ended_at, text) | _span(trace)
    record["event.outcome"] = "success" if trace.is_ok else "failure"
    return record | _present({"error.message": trace.error_message})


def _span(trace: ConnectorTrace) -> JsonObject:
    return {
        "event.end": iso(trace.ended_at),
        "event.duration": str(_nanoseconds(trace.ended_at - trace.started_at)),
    }


def _record(trace: ConnectorTrace, action: str, at: datetime, message: str) -> JsonObject:
    record = {
        "@timestamp": iso(at),
        "event.provider": "actions",
        "event.action": action,
        "event.kind": "action",
        "event.category": ["actions"],
        "event.start": iso(trace.started_at),
        "message": message,
        "kibana.saved_objects": _saved_objects(trace),
        "kibana.space_ids": [trace.space],
        "kibana.action.id": trace.connector_id,
        "kibana.action.name": trace.connector_name,
        "kibana.action.type_id": trace.connector_type_id,
        "kibana.action.execution.uuid": trace.execution_uuid,
        "kibana.action.execution.source": trace.source,
        "kibana.action.execution.usage.request_body_bytes": trace.request_body_bytes,
        # There is no other id of a user than the name.
        "user.name": trace.user,
        "user.id": trace.user,
    }
    if trace.api_key is not None:
        record["kibana.user_api_key.id"] = trace.api_key.id
        record["kibana.user_api_key.name"] = trace.api_key.name
    if trace.rule is not None:
        record["kibana.alert.rule.consumer"] = trace.rule.consumer
        record["kibana.alert.rule.execution.uuid"] = trace.rule.execution_uuid
        record["kibana.alert.rule.rule_type_id"] = trace.rule.rule_type_id
    if trace.scheduled_at is not None:
        record["kibana.task.scheduled"] = iso(trace.scheduled_at)
        record["kibana.task.schedule_delay"] = _nanoseconds(trace.started_at - trace.scheduled_at)
    return _present(record)


def _saved_objects(trace: ConnectorTrace) -> list[JsonObject]:
    namespace = None if trace.space == DEFAULT_SPACE else trace.space
    connector = {
        "rel": "primary",
        "type": "action",
        "id": trace.connector_id,
        "type_id": trace.connector_type_id,
        "namespace": namespace,
        "space_agnostic": True if trace.is_space_agnostic else None,
    }
    rule = trace.rule
    if rule is None:
        return [_present(connector)]
    named = {"type": "alert", "id": rule.id, "type_id": rule.rule_type_id, "namespace": namespace}
    return [_present(connector), _present(named)]


def _named(trace: ConnectorTrace) -> str:
    return f"{trace.connector_type_id}:{trace.connector_id}: {trace.connector_name}"


def _nanoseconds(duration: timedelta) -> int:
    return duration // _MICROSECOND * 1000


def _present(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}
