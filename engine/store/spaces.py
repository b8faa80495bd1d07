"""Settings of spaces."""

from sqlalchemy import Connection, select

from engine.model.settings import FlappingSettings, SpaceSettings
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
    return SpaceSettings(flapping, row["query_delay_s"])


def put_space_settings(connection: Connection, space: str, settings: SpaceSettings, audit: AuditEntry | None) -> None:
    """Replace a space's settings."""
    row = {
        "space": space,
        "flapping_enabled": settings.flapping.enabled,
        "look_back_window": settings.flapping.look_back_window,
        "status_change_threshold": settings.flapping.status_change_threshold,
        "query_delay_s": settings.query_delay_s,
    }
    connection.execute(upsert(connection, space_settings, ["space"]), row)
    record_audit(connection, audit)
