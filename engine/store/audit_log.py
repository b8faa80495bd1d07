"""Who changed what."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.ports.store import AuditEntry
from engine.store.bulk import execute_rows
from engine.store.encoding import encode_text
from engine.store.tables import audit

_INSERT = insert(audit)
_OPAQUE_ID = "opaque_id"
"""Stands among the details, which have no member of that name: few entries have one."""


def record_audit(connection: Connection, entry: AuditEntry | None) -> None:
    """Append an entry, if there is one."""
    record_audits(connection, [] if entry is None else [entry])


def record_audits(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Append entries."""
    rows = [
        {
            "at": to_ms(entry.at),
            "actor": entry.actor,
            "operation": entry.operation,
            "object_kind": entry.object_kind,
            "object_id": entry.object_id,
            "space": entry.space,
            "details": encode_text(_details_of(entry)),
        }
        for entry in entries
    ]
    if rows:
        execute_rows(connection, _INSERT, rows)


def _details_of(entry: AuditEntry) -> JsonObject:
    return entry.details if entry.opaque_id is None else {**entry.details, _OPAQUE_ID: entry.opaque_id}


def read_audit(connection: Connection, space: str, limit: int) -> list[AuditEntry]:
    """The newest ``limit`` entries, oldest first."""
    rows = connection.execute(
        select(audit).where(audit.c.space == space).order_by(audit.c.seq.desc()).limit(limit)
    ).mappings()
    entries = [
        AuditEntry(
            at=from_ms(row["at"]),
            actor=row["actor"],
            operation=row["operation"],
            object_kind=row["object_kind"],
            object_id=row["object_id"],
            space=row["space"],
            details={name: value for name, value in row["details"].items() if name != _OPAQUE_ID},
            opaque_id=row["details"].get(_OPAQUE_ID),
        )
        for row in rows
    ]
    return entries[::-1]
