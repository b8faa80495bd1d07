"""Data views: what users store and change."""

from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select

from engine.model.data_view import DataView
from engine.model.reference import DATA_VIEW_KIND, Reference
from engine.ports.store import AuditEntry, ReferenceSwap
from engine.store.audit_log import record_audit
from engine.store.dialect import upsert
from engine.store.encoding import instant_or_none, ms_or_none
from engine.store.rule_params import change_params
from engine.store.rules import count_referring
from engine.store.tables import data_views, default_data_views
from engine.store.versioned import delete_object, insert_object, replace_object


def insert_data_view(connection: Connection, view: DataView, audit: AuditEntry | None) -> bool:
    """Store a new data view; False if the id is taken in its space."""
    return insert_object(connection, data_views, _pack(view), audit)


def read_data_views(connection: Connection, space: str) -> list[DataView]:
    """The data views of a space in order of name and id."""
    query = select(data_views).where(data_views.c.space == space).order_by(data_views.c.name, data_views.c.id)
    return [_unpack(row) for row in connection.execute(query).mappings()]


def change_data_view(connection: Connection, view: DataView, expected_version: int, audit: AuditEntry | None) -> bool:
    """Replace a data view; False if it has not the expected version any more."""
    return replace_object(connection, data_views, _pack(view), expected_version, audit)


def delete_data_view(connection: Connection, space: str, view_id: str, audit: AuditEntry | None) -> bool:
    """Remove a data view, and let it be the default no more; False if unknown."""
    if not delete_object(connection, data_views, space, view_id, audit):
        return False
    named = (default_data_views.c.space == space, default_data_views.c.view_id == view_id)
    connection.execute(delete(default_data_views).where(*named))
    return True


def read_default(connection: Connection, space: str) -> str | None:
    """The id of the default data view of a space."""
    return connection.execute(select(default_data_views.c.view_id).where(default_data_views.c.space == space)).scalar()


def put_default(
    connection: Connection, space: str, view_id: str | None, audit: AuditEntry | None, only_if_unset: bool
) -> bool:
    """Set or clear the default; False if that changes nothing."""
    known = read_default(connection, space)
    if known == view_id or (only_if_unset and known is not None):
        return False
    if view_id is None:
        connection.execute(delete(default_data_views).where(default_data_views.c.space == space))
    else:
        connection.execute(upsert(connection, default_data_views, ["space"]), {"space": space, "view_id": view_id})
    record_audit(connection, audit)
    return True


def swap_references(connection: Connection, swap: ReferenceSwap) -> int | None:
    """Change all rules or, if one of them is not as expected any more, none; then remove what none refers to."""
    if not change_params(connection, swap.space, swap.changes):
        return None
    if swap.removes is None:
        return 0
    remaining = count_referring(connection, swap.space, Reference(DATA_VIEW_KIND, swap.removes))
    if not remaining:
        delete_data_view(connection, swap.space, swap.removes, swap.audit)
    return remaining


def _pack(view: DataView) -> dict[str, Any]:
    return {
        "space": view.space,
        "id": view.id,
        "version": view.version,
        "name": view.name,
        "title": view.title,
        "time_field": view.time_field,
        "type": view.type,
        "type_meta": view.type_meta,
        "runtime_fields": dict(view.runtime_fields),
        "source_filters": list(view.source_filters),
        "field_formats": view.field_formats,
        "field_attrs": view.field_attrs,
        "allow_no_index": view.allow_no_index,
        "allow_hidden": view.allow_hidden,
        "created_at": ms_or_none(view.created_at),
        "updated_at": ms_or_none(view.updated_at),
        "created_by": view.created_by,
        "updated_by": view.updated_by,
    }


def _unpack(row: RowMapping) -> DataView:
    return DataView(
        id=row["id"],
        title=row["title"],
        name=row["name"],
        time_field=row["time_field"],
        runtime_fields=row["runtime_fields"],
        source_filters=tuple(row["source_filters"]),
        field_formats=row["field_formats"],
        field_attrs=row["field_attrs"],
        type=row["type"],
        type_meta=row["type_meta"],
        allow_no_index=row["allow_no_index"],
        allow_hidden=row["allow_hidden"],
        space=row["space"],
        version=row["version"],
        created_at=instant_or_none(row["created_at"]),
        updated_at=instant_or_none(row["updated_at"]),
        created_by=row["created_by"],
        updated_by=row["updated_by"],
    )
