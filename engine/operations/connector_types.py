"""Which connector types may be used (connector-framework.md 2), and how users are told about them (11.3)."""

from engine.model.connector import Connector
from engine.model.errors import Forbidden, InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.operations.validation import suggest
from engine.ports.connector import ConnectorType
from engine.ports.registry import Registry

EVERY_TYPE = "*"
_SHOWN_IF_DEFINED = ("sub_feature", "allow_multiple_system_actions", "description", "is_experimental")


def find_connector_type(type_id: str, registry: Registry) -> ConnectorType:
    """The connector type. Raises InvalidInput when it is not registered."""
    connector_type = registry.connector_type(type_id)
    if connector_type is None:
        remedy = suggest(type_id, sorted(known.id for known in registry.connector_types()))
        raise InvalidInput([Problem("connector_type_id", f"connector type [{type_id}] is not registered", remedy)])
    return connector_type


def is_enabled(type_id: str, settings: EngineSettings) -> bool:
    """Whether the operator allows connectors of the type to be made."""
    return EVERY_TYPE in settings.enabled_connector_types or type_id in settings.enabled_connector_types


def is_executable(connector: Connector, settings: EngineSettings) -> bool:
    """Whether the connector may be used: what the operator configured may, though the type is disabled."""
    is_given = connector.is_preconfigured or connector.is_system_action
    return is_given or is_enabled(connector.connector_type_id, settings)


def check_enabled(type_id: str, settings: EngineSettings) -> None:
    """Raises Forbidden for a type that the operator disabled."""
    if not is_enabled(type_id, settings):
        raise disabled(type_id)


def disabled(type_id: str) -> Forbidden:
    """Something was to be done with a connector of a disabled type."""
    return Forbidden(f"connector type [{type_id}] is disabled by the configuration of Tocsin")


def connector_types_to_json(
    registry: Registry, settings: EngineSettings, *, feature_id: str | None = None, with_system: bool = False
) -> list[JsonObject]:
    """The types in order of registration; ``feature_id``: those that support it."""
    return [
        _type_to_json(connector_type, settings)
        for connector_type in registry.connector_types()
        if (with_system or not connector_type.is_system_action)
        and (feature_id is None or feature_id in connector_type.supported_features)
    ]


def _type_to_json(connector_type: ConnectorType, settings: EngineSettings) -> JsonObject:
    enabled = is_enabled(connector_type.id, settings)
    return {
        "id": connector_type.id,
        "name": connector_type.name,
        "enabled": enabled,
        "enabled_in_config": enabled,
        # There are no licences: everything is licensed.
        "enabled_in_license": True,
        "minimum_license_required": connector_type.minimum_license,
        "supported_feature_ids": list(connector_type.supported_features),
        "is_system_action_type": connector_type.is_system_action,
        "is_deprecated": bool(getattr(connector_type, "is_deprecated", False)),
        "source": "stack",
        **{name: getattr(connector_type, name) for name in _SHOWN_IF_DEFINED if hasattr(connector_type, name)},
    }
