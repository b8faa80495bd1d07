"""The connector types that Tocsin brings along."""

from connectors.index.connector_type import Index
from connectors.jira.connector_type import Jira
from connectors.pagerduty.connector_type import PagerDuty
from connectors.server_log.connector_type import ServerLog
from connectors.slack.connector_type import Slack
from connectors.webhook.connector_type import Webhook
from engine.ports.connector import ConnectorType


def builtin_connector_types() -> tuple[ConnectorType, ...]:
    """One instance of each, in the order in which lists of types show them."""
    return (Index(), Jira(), PagerDuty(), ServerLog(), Slack(), Webhook())
