"""The connectors of tocsin.yml as rules name them: for commands in a shell that has not the secrets of the daemon."""

from engine.model.connector import Connector
from engine.model.errors import InvalidInput, Problem
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors
from tocsin.cli.text import some
from tocsin.files.config import Config, ConnectorDefinition


def declared_connectors(config: Config, registry: Registry) -> PreconfiguredConnectors:
    """All connectors with their config as it was written, unchecked, and without secrets."""
    return PreconfiguredConnectors(_declared(definition, registry) for definition in config.connectors)


def find_connector(config: Config, text: str) -> ConnectorDefinition:
    """The connector of an id or, case aside, a name. Raises InvalidInput, naming those that there are."""
    named = [each for each in config.connectors if each.body["id"] == text]
    named = named or [each for each in config.connectors if each.body["name"].casefold() == text.casefold()]
    if len(named) == 1:
        return named[0]
    if named:
        remedy = f"give an id: {some(each.body['id'] for each in named)}"
        raise InvalidInput([Problem("NAME", f"{len(named)} connectors are named {text!r}", remedy)])
    known = some(f"{each.body['id']} ({each.body['name']})" for each in config.connectors)
    raise InvalidInput([Problem("NAME", f"tocsin.yml has no connector {text!r}", f"it has: {known or 'none'}")])


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
        exposes_config=body["expose_config"],
    )
