"""The connectors of tocsin.yml as rules name them: for commands in a shell that has not the secrets of the daemon."""

from engine.model.connector import Connector
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors
from tocsin.files.config import Config, ConnectorDefinition


def declared_connectors(config: Config, registry: Registry) -> PreconfiguredConnectors:
    """All connectors with their config as it was written, unchecked, and without secrets."""
    return PreconfiguredConnectors(_declared(definition, registry) for definition in config.connectors)


def _declared(definition: ConnectorDefinition, registry: Registry) -> Connector:
    body = definition.body
    connector_type = registry.connector_type(body["connector_type_id"])
    return Connector(
        id=body["id"],
        name=body["name"],
        connector_type_id=body["connector_type_id"],
        config=body["config"],
        is_preconfigured=True,
        is_system_action=connector_type is not None and connector_type.is_system_action,
    )
