"""Settings of a space: flapping detection and query delay (rest-api.md 2.4, 8)."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import FlappingSettings, SettingsChange, SpaceSettings
from engine.operations.checks import above_window
from engine.operations.validation import parse_model
from engine.operations.values import FlappingNumber, Strict, as_whole_number
from engine.ports.store import AuditEntry, Store


class FlappingSettingsBody(Strict):
    enabled: bool
    look_back_window: FlappingNumber
    status_change_threshold: FlappingNumber


class QueryDelayBody(Strict):
    delay: Annotated[int, Field(ge=0, le=60), BeforeValidator(as_whole_number)]


def parse_flapping_settings(body: JsonValue) -> FlappingSettings:
    """Flapping settings of a space; all members are required. Raises InvalidInput."""
    parsed = parse_model(FlappingSettingsBody, body)
    if parsed.status_change_threshold > parsed.look_back_window:
        raise InvalidInput([above_window("status_change_threshold", parsed.look_back_window)])
    return FlappingSettings(parsed.enabled, parsed.look_back_window, parsed.status_change_threshold)


def parse_query_delay(body: JsonValue) -> int:
    """The query delay in seconds, 0..60. Raises InvalidInput."""
    return parse_model(QueryDelayBody, body).delay


async def get_space_settings(store: Store, space: str) -> SpaceSettings:
    """The settings in force, defaults where none were stored."""
    return await store.space_settings(space)


async def put_flapping(
    store: Store, space: str, body: JsonValue, *, at: datetime, actor: str | None
) -> FlappingSettings:
    """Store flapping settings; they count from the next run of each rule on. Raises InvalidInput."""
    flapping = parse_flapping_settings(body)
    before = await store.space_settings(space)
    settings = replace(before, flapping=flapping, flapping_change=_change(before.flapping_change, at, actor))
    await store.put_space_settings(space, settings, _audit("flapping", asdict(flapping), space, at, actor))
    return flapping


async def put_query_delay(store: Store, space: str, body: JsonValue, *, at: datetime, actor: str | None) -> int:
    """Store the query delay; it counts from the next run of each rule on. Raises InvalidInput."""
    delay = parse_query_delay(body)
    before = await store.space_settings(space)
    settings = replace(before, query_delay_s=delay, query_delay_change=_change(before.query_delay_change, at, actor))
    await store.put_space_settings(space, settings, _audit("query_delay", {"delay": delay}, space, at, actor))
    return delay


def _change(before: SettingsChange | None, at: datetime, actor: str | None) -> SettingsChange:
    return SettingsChange(at, actor, at, actor) if before is None else replace(before, updated_at=at, updated_by=actor)


def _audit(name: str, details: JsonObject, space: str, at: datetime, actor: str | None) -> AuditEntry:
    return AuditEntry(at, actor, "update", "settings", name, space, details)
