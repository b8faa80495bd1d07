"""The connector types that Tocsin brings along."""

from connectors.server_log.connector_type import ServerLog
from connectors.webhook.connector_type import Webhook
from engine.ports.connector import ConnectorType


def builtin_connector_types() -> tuple[ConnectorType, ...]:
    """One instance of each, in the order in which lists of types show them."""
    return (ServerLog(), Webhook())
