"""Executions of connectors: a row each, as long as the events of rules are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.model.connector_trace import ConnectorTrace, ExecutingRule, UsedKey
from engine.model.instant import from_ms, to_ms
from engine.store.bulk import execute_rows
from engine.store.encoding import decode_json, encode_json, instant_or_none, ms_or_none
from engine.store.tables import executions

_INSERT = insert(executions)
_ROW_BYTES = 100
"""About what a row takes beside its blob, index entries included."""


def insert_executions(connection: Connection, traces: Sequence[ConnectorTrace]) -> None:
    """Append traces."""
    if traces:
        execute_rows(connection, _INSERT, [_pack(trace) for trace in traces])


def read_executions(
    connection: Connection,
    spaces: Collection[str],
    connector_id: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[ConnectorTrace]:
    """The newest ``limit`` traces of the spaces that ended in that time, oldest first."""
    query = select(executions.c.trace).where(executions.c.space.in_(sorted(spaces)))
    query = query.order_by(executions.c.at.desc(), executions.c.seq.desc()).limit(limit)
    if connector_id is not None:
        query = query.where(executions.c.connector_id == connector_id)
    if since is not None:
        query = query.where(executions.c.at >= to_ms(since))
    if until is not None:
        query = query.where(executions.c.at <= to_ms(until))
    return [_unpack(row.trace) for row in reversed(connection.execute(query).all())]


def _pack(trace: ConnectorTrace) -> dict[str, Any]:
    rule = trace.rule
    # Positions are stored: append only.
    packed = encode_json(
        [
            trace.execution_uuid,
            trace.space,
            trace.connector_id,
            trace.connector_name,
            trace.connector_type_id,
            trace.source,
            to_ms(trace.started_at),
            to_ms(trace.ended_at),
            trace.is_ok,
            trace.error_message,
            trace.has_timed_out,
            trace.is_space_agnostic,
            trace.request_body_bytes,
            trace.user,
            None if rule is None else [rule.id, rule.rule_type_id, rule.consumer, rule.execution_uuid],
            ms_or_none(trace.scheduled_at),
            *(() if trace.api_key is None else ([trace.api_key.id, trace.api_key.name],)),
        ]
    )
    return {
        "space": trace.space,
        "connector_id": trace.connector_id,
        "at": to_ms(trace.ended_at),
        "size": _ROW_BYTES + len(packed),
        "trace": packed,
    }


def _unpack(packed: bytes) -> ConnectorTrace:
    members = decode_json(packed)
    uuid, space, connector_id, name, type_id, source, started_at, ended_at, is_ok, error = members[:10]
    has_timed_out, is_space_agnostic, request_body_bytes, user, rule, scheduled_at, *more = members[10:]
    return ConnectorTrace(
        execution_uuid=uuid,
        space=space,
        connector_id=connector_id,
        connector_name=name,
        connector_type_id=type_id,
        source=source,
        started_at=from_ms(started_at),
        ended_at=from_ms(ended_at),
        is_ok=is_ok,
        error_message=error,
        has_timed_out=has_timed_out,
        is_space_agnostic=is_space_agnostic,
        request_body_bytes=request_body_bytes,
        user=user,
        rule=None if rule is None else ExecutingRule(*rule),
        scheduled_at=instant_or_none(scheduled_at),
        api_key=UsedKey(*more[0]) if more else None,
    )
