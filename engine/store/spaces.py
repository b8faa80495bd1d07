"""Spaces, and their settings."""

from dataclasses import asdict

from sqlalchemy import Connection, bindparam, delete, select

from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.model.settings import FlappingSettings, SettingsChange, SpaceSettings
from engine.model.space import Space
from engine.ports.store import AuditEntry
from engine.store import tables
from engine.store.audit_log import record_audit
from engine.store.dialect import insert_unless_present, upsert
from engine.store.tables import space_settings

_BELONGINGS = (
    tables.access_tokens,
    tables.case_comments,
    tables.cases,
    tables.connectors,
    tables.data_views,
    tables.default_data_views,
    tables.maintenance_windows,
    tables.space_settings,
)

# Read at every change of a rule: made once.
_SETTINGS = select(space_settings).where(space_settings.c.space == bindparam("of_space"))


def read_spaces(connection: Connection) -> list[Space]:
    """The stored spaces in order of their ids."""
    rows = connection.execute(select(tables.spaces).order_by(tables.spaces.c.id)).mappings()
    return [_unpack(row["id"], row["definition"]) for row in rows]


def insert_space(connection: Connection, space: Space, audit: AuditEntry | None) -> bool:
    """Store a new space; False if the id is taken."""
    statement = insert_unless_present(connection, tables.spaces, ["id"]).returning(tables.spaces.c.id)
    if connection.execute(statement, _pack(space)).scalar() is None:
        return False
    record_audit(connection, audit)
    return True


def put_space(connection: Connection, space: Space, audit: AuditEntry | None) -> None:
    """Store a space, or replace it as a whole."""
    connection.execute(upsert(connection, tables.spaces, ["id"]), _pack(space))
    record_audit(connection, audit)


def delete_space(connection: Connection, space_id: str, audit: AuditEntry | None) -> bool:
    """Remove a space and what belongs to it but rules; False if unknown."""
    named = tables.spaces.c.id == space_id
    if connection.execute(select(tables.spaces.c.id).where(named)).scalar() is None:
        return False
    connection.execute(delete(tables.spaces).where(named))
    for table in _BELONGINGS:
        connection.execute(delete(table).where(table.c.space == space_id))
    record_audit(connection, audit)
    return True


def read_space_settings(connection: Connection, space: str) -> SpaceSettings:
    """A space's settings, the defaults if none were ever stored."""
    row = connection.execute(_SETTINGS, {"of_space": space}).mappings().one_or_none()
    if row is None:
        return SpaceSettings()
    flapping = FlappingSettings(row["flapping_enabled"], row["look_back_window"], row["status_change_threshold"])
    changes = row["changes"] or {}
    return SpaceSettings(
        flapping,
        row["query_delay_s"],
        flapping_change=_read_change(changes.get("flapping")),
        query_delay_change=_read_change(changes.get("query_delay")),
    )


def put_space_settings(connection: Connection, space: str, settings: SpaceSettings, audit: AuditEntry | None) -> None:
    """Replace a space's settings."""
    row = {
        "space": space,
        "flapping_enabled": settings.flapping.enabled,
        "look_back_window": settings.flapping.look_back_window,
        "status_change_threshold": settings.flapping.status_change_threshold,
        "query_delay_s": settings.query_delay_s,
        "changes": {
            "flapping": _change_as_json(settings.flapping_change),
            "query_delay": _change_as_json(settings.query_delay_change),
        },
    }
    connection.execute(upsert(connection, space_settings, ["space"]), row)
    record_audit(connection, audit)


def _pack(space: Space) -> JsonObject:
    definition = asdict(space)
    return {"id": definition.pop("id"), "definition": definition}


def _unpack(space_id: str, definition: JsonObject) -> Space:
    return Space(space_id, **definition | {"disabled_features": tuple(definition["disabled_features"])})


def _read_change(stored: JsonObject | None) -> SettingsChange | None:
    if stored is None:
        return None
    return SettingsChange(
        created_at=from_ms(stored["created_at"]),
        created_by=stored["created_by"],
        updated_at=from_ms(stored["updated_at"]),
        updated_by=stored["updated_by"],
    )


def _change_as_json(change: SettingsChange | None) -> JsonObject | None:
    if change is None:
        return None
    return {
        "created_at": to_ms(change.created_at),
        "created_by": change.created_by,
        "updated_at": to_ms(change.updated_at),
        "updated_by": change.updated_by,
    }
