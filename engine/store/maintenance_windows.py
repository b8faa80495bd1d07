"""Maintenance windows: what users store and change."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, or_, select, update

from engine.model.instant import from_ms, to_ms
from engine.model.maintenance_window import MaintenanceWindow
from engine.ports.store import AuditEntry, StoredWindow
from engine.store.audit_log import record_audit
from engine.store.dialect import insert_unless_present
from engine.store.encoding import instant_or_none, ms_or_none
from engine.store.tables import maintenance_windows


def insert_window(connection: Connection, window: MaintenanceWindow, audit: AuditEntry | None) -> bool:
    """Store a new window; False if the id is taken in its space."""
    statement = insert_unless_present(connection, maintenance_windows, ["space", "id"])
    row = connection.execute(statement.returning(maintenance_windows.c.id), _pack(window) | {"version": 1}).scalar()
    if row is None:
        return False
    record_audit(connection, audit)
    return True


def read_windows(connection: Connection, space: str, may_run_at: datetime | None) -> list[StoredWindow]:
    """The windows of a space in order of creation; with an instant, only those that may run then or later."""
    table = maintenance_windows.c
    query = select(maintenance_windows).where(table.space == space).order_by(table.created_at, table.id)
    if may_run_at is not None:
        is_to_come = or_(table.ends_by.is_(None), table.ends_by > to_ms(may_run_at))
        query = query.where(table.enabled, ~table.is_archived, is_to_come)
    return [StoredWindow(_unpack(row), row["version"]) for row in connection.execute(query).mappings()]


def change_window(
    connection: Connection, window: MaintenanceWindow, expected_version: int, audit: AuditEntry | None
) -> bool:
    """Replace a window; False if it has not the expected version any more."""
    known = connection.execute(
        select(maintenance_windows.c.version).where(*_is(window.space, window.id)).with_for_update()
    ).scalar()
    if known != expected_version:
        return False
    row = _pack(window) | {"version": expected_version + 1}
    connection.execute(update(maintenance_windows).where(*_is(window.space, window.id)), row)
    record_audit(connection, audit)
    return True


def delete_window(connection: Connection, space: str, window_id: str, audit: AuditEntry | None) -> bool:
    """Remove a window; False if unknown."""
    known = connection.execute(select(maintenance_windows.c.id).where(*_is(space, window_id))).scalar()
    if known is None:
        return False
    connection.execute(delete(maintenance_windows).where(*_is(space, window_id)))
    record_audit(connection, audit)
    return True


def _is(space: str, window_id: str) -> tuple[Any, Any]:
    return maintenance_windows.c.space == space, maintenance_windows.c.id == window_id


def _pack(window: MaintenanceWindow) -> dict[str, Any]:
    return {
        "space": window.space,
        "id": window.id,
        "title": window.title,
        "enabled": window.enabled,
        "is_archived": window.is_archived,
        "duration_ms": window.duration_ms,
        "rrule": window.rrule,
        "ends_by": ms_or_none(window.ends_by),
        "expiration_date": to_ms(window.expiration_date),
        "finished_at": ms_or_none(window.finished_at),
        "kql": window.kql,
        "category_ids": None if window.category_ids is None else list(window.category_ids),
        "created_at": to_ms(window.created_at),
        "updated_at": to_ms(window.updated_at),
        "created_by": window.created_by,
        "updated_by": window.updated_by,
    }


def _unpack(row: RowMapping) -> MaintenanceWindow:
    return MaintenanceWindow(
        id=row["id"],
        title=row["title"],
        duration_ms=row["duration_ms"],
        rrule=row["rrule"],
        expiration_date=from_ms(row["expiration_date"]),
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
        space=row["space"],
        enabled=row["enabled"],
        is_archived=row["is_archived"],
        finished_at=instant_or_none(row["finished_at"]),
        ends_by=instant_or_none(row["ends_by"]),
        kql=row["kql"],
        category_ids=None if row["category_ids"] is None else tuple(row["category_ids"]),
        created_by=row["created_by"],
        updated_by=row["updated_by"],
    )
