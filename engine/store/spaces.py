"""Settings of spaces."""

from sqlalchemy import Connection, select

from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.model.settings import FlappingSettings, SettingsChange, SpaceSettings
from engine.ports.store import AuditEntry
from engine.store.audit_log import record_audit
from engine.store.dialect import upsert
from engine.store.tables import space_settings


def read_space_settings(connection: Connection, space: str) -> SpaceSettings:
    """A space's settings, the defaults if none were ever stored."""
    row = connection.execute(select(space_settings).where(space_settings.c.space == space)).mappings().one_or_none()
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
