"""Settings of cases under ``actions.``: what they set in the engine, and the connectors that they configure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.model.connector import Connector
from engine.model.errors import InvalidInput
from engine.model.settings import EngineSettings
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.timing.durations import parse_duration
from tests.cases.matching import require_known
from tocsin.files.sizes import parse_size

Json = Any

_PREFIXES = ("xpack.actions.", "actions.")
_PRECONFIGURED = {"name", "actionTypeId", "config", "secrets", "exposeConfig"}


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
    http = settings.http
    for key, value in actions.items():
        match key:
            case "allowedHosts":
                http = replace(http, allowed_hosts=tuple(value))
            case "maxResponseContentLength":
                http = replace(http, max_response_bytes=value if isinstance(value, int) else parse_size(value))
            case "responseTimeout":
                http = replace(http, response_timeout_s=parse_duration(value).total_seconds())
            case "webhook.ssl.pfx.enabled":
                http = replace(http, is_pfx_allowed=value)
            case "enabledActionTypes":
                settings = replace(settings, enabled_connector_types=tuple(value))
            case "preconfigured":
                """See `preconfigured_connectors`."""
            case _:
                raise AssertionError(f"unknown setting actions.{key}")
    return replace(settings, http=http)


def preconfigured_connectors(
    actions: Mapping[str, Json], registry: Registry, settings: EngineSettings
) -> PreconfiguredConnectors:
    """The connectors that a case configures; one that is not valid is there all the same, and fails when used."""
    return PreconfiguredConnectors(_built(actions.get("preconfigured", {}), registry, settings))


def _built(definitions: Mapping[str, Json], registry: Registry, settings: EngineSettings) -> Iterator[Connector]:
    for connector_id, definition in definitions.items():
        require_known(definition, _PRECONFIGURED, connector_id)
        body = {
            "id": connector_id,
            "name": definition["name"],
            "connector_type_id": definition["actionTypeId"],
            "config": definition.get("config", {}),
            "secrets": definition.get("secrets", {}),
            "expose_config": definition.get("exposeConfig", False),
        }
        try:
            yield build_connector(body, registry=registry, settings=settings.http, is_preconfigured=True)
        except InvalidInput:
            yield Connector(
                connector_id,
                body["name"],
                body["connector_type_id"],
                body["config"],
                body["secrets"],
                is_preconfigured=True,
                exposes_config=body["expose_config"],
            )
