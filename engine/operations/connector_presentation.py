"""Connectors and their results as users see them (connector-framework.md 5.2, 11.1): never with secrets."""

from datetime import datetime

from engine.model.connector import Connector, ConnectorResult
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.ports.connector import is_deprecated_config
from engine.ports.registry import Registry


def connector_to_json(connector: Connector, registry: Registry, referenced_by_count: int | None = None) -> JsonObject:
    """A connector as the API returns it; ``referenced_by_count`` only stands in lists."""
    connector_type = registry.connector_type(connector.connector_type_id)
    body: JsonObject = {"id": connector.id, "name": connector.name, "connector_type_id": connector.connector_type_id}
    if not connector.is_preconfigured or connector.exposes_config:
        body["config"] = connector.config
    if not connector.is_preconfigured and not connector.is_system_action:
        body["is_missing_secrets"] = connector.is_missing_secrets
    body |= {
        "is_preconfigured": connector.is_preconfigured,
        "is_system_action": connector.is_system_action,
        "is_deprecated": connector_type is not None and is_deprecated_config(connector_type, connector.config),
        "is_connector_type_deprecated": bool(getattr(connector_type, "is_deprecated", False)),
        "auth_mode": "shared",
    }
    return body if referenced_by_count is None else body | {"referenced_by_count": referenced_by_count}


def result_to_json(connector_id: str, result: ConnectorResult) -> JsonObject:
    """The result of an execution as the API returns it; what is not known of it has no member."""
    body: JsonObject = {"connector_id": connector_id, "status": result.status}
    if result.data is not None:
        body["data"] = result.data
    if result.message is not None:
        body["message"] = result.message
    if result.service_message:
        body["service_message"] = result.service_message
    if not result.is_ok:
        body["retry"] = iso(result.retry) if isinstance(result.retry, datetime) else result.retry
        body["errorSource"] = result.error_source
    return body
