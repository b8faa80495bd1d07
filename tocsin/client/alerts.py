"""Alerts as the API lists them."""

from engine.operations.alerts import MOST_ALERTS
from tocsin.client.api import Api, Query

ALERTS = "/api/tocsin/v1/alerts"


async def active_alerts(api: Api, rule_id: str) -> list[str]:
    """The ids of a rule's active alerts, in their order; of very many the newest."""
    query: Query = {"rule_id": rule_id, "status": "active", "limit": MOST_ALERTS}
    return sorted(alert["id"] for alert in (await api.ask("GET", ALERTS, query=query))["alerts"])
