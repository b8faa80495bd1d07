"""Settings of cases under ``actions.``: what they set in the engine, and the connectors that they configure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.model.connector import Connector
from engine.model.errors import InvalidInput
from engine.model.settings import EngineSettings
from engine.operations.validation import parse_model
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors, build_connector
from tocsin.files.actions.dotted import expand_members
from tocsin.files.actions.reading import connector_bodies
from tocsin.files.actions.section import ActionsSection
from tocsin.files.actions.settings import with_actions as read_settings
from tocsin.files.secrets import SecretReader

Json = Any

_PREFIXES = ("xpack.actions.", "actions.")


def split_actions(config: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """The settings under ``actions.`` without that, however they are nested, and all others."""
    actions: dict[str, Json] = {}
    others: dict[str, Json] = {}
    for key, value in config.items():
        if key in ("actions", "xpack.actions") and isinstance(value, dict):
            actions.update(value)
        elif (prefix := next((each for each in _PREFIXES if key.startswith(each)), None)) is not None:
            actions[key.removeprefix(prefix)] = value
        else:
            others[key] = value
    return actions, others


def with_actions(settings: EngineSettings, actions: Mapping[str, Json]) -> EngineSettings:
    """The settings with those of a case."""
    return read_settings(settings, _section(actions), Path("/nowhere")).settings


def preconfigured_connectors(
    actions: Mapping[str, Json], registry: Registry, settings: EngineSettings
) -> PreconfiguredConnectors:
    """The connectors that a case configures; one that is not valid is there all the same, and fails when used."""
    reader = SecretReader({}, Path("/nowhere"))
    bodies = [body for _, body in connector_bodies("actions", _section(actions), reader, [])]
    return PreconfiguredConnectors(_built(body, registry, settings) for body in bodies)


def _section(actions: Mapping[str, Json]) -> ActionsSection:
    return parse_model(ActionsSection, expand_members(dict(actions)))


def _built(body: Json, registry: Registry, settings: EngineSettings) -> Connector:
    try:
        return build_connector(body, registry=registry, settings=settings.http, is_preconfigured=True)
    except InvalidInput:
        return Connector(
            body["id"],
            body["name"],
            body["connector_type_id"],
            body.get("config", {}),
            body.get("secrets", {}),
            is_preconfigured=True,
            exposes_config=body.get("expose_config", False),
        )
