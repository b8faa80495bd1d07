"""Objects that users store and change: a row each, found by space and id, with a version that a change must know.

What was done is recorded for the audit in the same transaction; what was not done is not.
"""

from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from engine.ports.store import AuditEntry
from engine.store.audit_log import record_audit
from engine.store.dialect import insert_unless_present

Row = dict[str, Any]
"""The columns of one object, ``space`` and ``id`` among them."""


def insert_object(connection: Connection, table: Table, row: Row, audit: AuditEntry | None) -> bool:
    """Store a new object; False if the id is taken in its space."""
    statement = insert_unless_present(connection, table, ["space", "id"])
    if connection.execute(statement.returning(table.c.id), row).scalar() is None:
        return False
    record_audit(connection, audit)
    return True


def replace_object(
    connection: Connection, table: Table, row: Row, expected_version: int, audit: AuditEntry | None
) -> bool:
    """Replace an object; False if it has not the expected version any more."""
    key = _is(table, row["space"], row["id"])
    if connection.execute(select(table.c.version).where(*key).with_for_update()).scalar() != expected_version:
        return False
    connection.execute(update(table).where(*key), row)
    record_audit(connection, audit)
    return True


def delete_object(connection: Connection, table: Table, space: str, object_id: str, audit: AuditEntry | None) -> bool:
    """Remove an object; False if unknown."""
    key = _is(table, space, object_id)
    if connection.execute(select(table.c.id).where(*key)).scalar() is None:
        return False
    connection.execute(delete(table).where(*key))
    record_audit(connection, audit)
    return True


def _is(table: Table, space: str, object_id: str) -> tuple[Any, Any]:
    return table.c.space == space, table.c.id == object_id
