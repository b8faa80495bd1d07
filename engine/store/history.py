"""What runs left: one row a run with its trace and its decisions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from engine.model.instant import from_ms, to_ms
from engine.model.notification import LedgerEntry, RunLedger
from engine.model.trace import RunTrace, Trace
from engine.store.bulk import execute_rows
from engine.store.tables import events
from engine.store.trace_codec import decode_ledger, decode_trace, encode_ledger, encode_trace

_INSERT = insert(events)
_ROW_BYTES = 200
"""About what a row takes beside its blobs, index entries included."""


def pack_event(trace: Trace, ledger: Sequence[LedgerEntry] = ()) -> dict[str, Any]:
    """The row of a trace and the decisions made in the same run. Raises TypeError for what is not JSON."""
    trace_blob = encode_trace(trace)
    ledger_blob = encode_ledger(ledger) if ledger else None
    if isinstance(trace, RunTrace):
        started_at, at, execution_uuid = trace.started_at, trace.ended_at, trace.execution_uuid
    else:
        started_at, at, execution_uuid = trace.at, trace.at, None
    return {
        "space": trace.rule.space,
        "rule_id": trace.rule.id,
        "at": to_ms(at),
        "started_at": to_ms(started_at),
        "execution_uuid": execution_uuid,
        "size": _ROW_BYTES + len(trace_blob) + len(ledger_blob or b""),
        "trace": trace_blob,
        "ledger": ledger_blob,
    }


def insert_events(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Append rows of `pack_event`."""
    if rows:
        execute_rows(connection, _INSERT, rows)


def read_traces(
    connection: Connection, space: str, rule_id: str | None, since: datetime | None, limit: int
) -> list[Trace]:
    """The newest ``limit`` traces that ended at ``since`` or later, oldest first."""
    rows = connection.execute(_newest(select(events.c.trace), space, rule_id, since, limit)).all()
    return [decode_trace(row.trace) for row in reversed(rows)]


def read_ledger(
    connection: Connection, space: str, rule_id: str | None, since: datetime | None, limit: int
) -> list[RunLedger]:
    """The decisions of the newest ``limit`` runs that made any and ended at ``since`` or later, oldest first."""
    query = select(events.c.rule_id, events.c.execution_uuid, events.c.started_at, events.c.ledger)
    query = query.where(events.c.ledger.is_not(None))
    rows = connection.execute(_newest(query, space, rule_id, since, limit)).all()
    return [
        RunLedger(row.rule_id, space, row.execution_uuid, from_ms(row.started_at), decode_ledger(row.ledger))
        for row in reversed(rows)
    ]


def _newest(query: Select[Any], space: str, rule_id: str | None, since: datetime | None, limit: int) -> Select[Any]:
    query = query.where(events.c.space == space).order_by(events.c.at.desc(), events.c.seq.desc()).limit(limit)
    if rule_id is not None:
        query = query.where(events.c.rule_id == rule_id)
    if since is not None:
        query = query.where(events.c.at >= to_ms(since))
    return query
