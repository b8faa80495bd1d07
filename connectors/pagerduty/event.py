"""The event that is sent, in the form of PagerDuty's Events API v2 (connectors-core.md 7)."""

from connectors.pagerduty.timestamp import read_timestamp
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject

_COPIED = {"component": "component", "group": "group", "class": "class", "customDetails": "custom_details"}


def build_event(params: JsonObject, connector_id: str) -> JsonObject:
    """The body of the request for validated params. Only a trigger carries more than its action and the key."""
    action = params.get("eventAction", "trigger")
    event: JsonObject = {"event_action": action}
    if params.get("dedupKey"):
        event["dedup_key"] = params["dedupKey"]
    if action != "trigger":
        return event
    payload: JsonObject = {
        "summary": params.get("summary") or "No summary was given",
        "source": params.get("source") or f"Tocsin connector {connector_id}",
        "severity": params.get("severity", "info"),
    }
    at = read_timestamp(params.get("timestamp", ""))
    if at is not None:
        payload["timestamp"] = iso(at)
    payload |= {key: params[name] for name, key in _COPIED.items() if name in params}
    event["payload"] = payload
    if "links" in params:
        event["links"] = params["links"]
    return event
