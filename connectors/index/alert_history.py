"""The documents of the alert history: made of an action's variables, whatever its params say (connectors-core.md 3)."""

from collections.abc import Iterable

from engine.model.jsonvalue import JsonObject, JsonValue

ALERT_HISTORY_ID = "preconfigured-alert-history-es-index"
"""The id of the connector whose actions write them."""


def build_alert_history(variables: JsonObject) -> JsonValue:
    """The params member ``documents``: one document. Raises ValueError without alert, rule or the rule's type."""
    rule, alert = _object(variables.get("rule")), _object(variables.get("alert"))
    if not rule or not alert or not rule.get("type"):
        raise ValueError("the alert history takes actions for single alerts only: there is no alert, or no rule type")
    type_key = str(rule["type"]).replace(".", "__")
    context, params = _object(variables.get("context")), _object(variables.get("params"))
    document = {
        "@timestamp": variables.get("date"),
        "tags": variables.get("tags"),
        "message": context.get("message"),
        "rule": _filled(
            id=rule.get("id"),
            name=rule.get("name"),
            type=rule["type"],
            space=rule.get("spaceId"),
            params={type_key: params} if params else None,
        ),
        "kibana": {
            "alert": _filled(
                id=alert.get("id"),
                actionGroup=alert.get("actionGroup"),
                actionGroupName=alert.get("actionGroupName"),
                context={type_key: context} if context else None,
            )
        },
        "event": {"kind": "alert"},
    }
    return [_filled(**document)]


def date_documents(documents: Iterable[JsonObject], at: str) -> list[JsonObject]:
    """The documents, each with the instant ``at`` where its variables told no date."""
    return [{"@timestamp": at, **document} for document in documents]


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _filled(**members: JsonValue) -> JsonObject:
    """The members that hold something."""
    return {name: value for name, value in members.items() if value}
