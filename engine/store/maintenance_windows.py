"""Maintenance windows: what users store and change."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select

from engine.model.instant import from_ms, to_ms
from engine.model.maintenance_window import MaintenanceWindow
from engine.ports.store import AuditEntry, StoredWindow
from engine.store.encoding import instant_or_none, ms_or_none
from engine.store.tables import maintenance_windows
from engine.store.versioned import delete_object, insert_object, replace_object


def insert_window(connection: Connection, window: MaintenanceWindow, audit: AuditEntry | None) -> bool:
    """Store a new window; False if the id is taken in its space."""
    return insert_object(connection, maintenance_windows, _pack(window) | {"version": 1}, audit)


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
    row = _pack(window) | {"version": expected_version + 1}
    return replace_object(connection, maintenance_windows, row, expected_version, audit)


def delete_window(connection: Connection, space: str, window_id: str, audit: AuditEntry | None) -> bool:
    """Remove a window; False if unknown."""
    return delete_object(connection, maintenance_windows, space, window_id, audit)


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
