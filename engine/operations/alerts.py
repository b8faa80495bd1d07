"""What a user may see of alerts: their documents told in short, with what holds of the rule now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.operations.authorization import Authorization
from engine.ports.store import RuleKey, Store

AlertStatus: TypeAlias = Literal["active", "recovered", "untracked"]

MOST_ALERTS = 10_000


async def find_alerts(
    store: Store,
    authorization: Authorization,
    settings: EngineSettings,
    *,
    space: str,
    at: datetime,
    rule_id: str | None,
    status: AlertStatus | None,
    limit: int,
) -> list[JsonObject]:
    """The newest ``limit`` of those that match and that the caller may read, oldest start first.

    Of a caller who may not read the rules of every kind, only the newest `MOST_ALERTS` are looked at. Raises Forbidden.
    """
    kinds = authorization.readable_kinds(space, settings)
    looked_at = limit if kinds is None else MOST_ALERTS
    documents = await store.documents(space, rule_id=rule_id, status=status, limit=looked_at)
    if kinds is not None:
        documents = [document for document in documents if _kind(document) in kinds][-limit:]
    keys = {RuleKey(space, str(_member(document, "rule.uuid"))) for document in documents}
    stored = await store.load_rules(sorted(keys, key=lambda key: key.id))
    rules = {key.id: each.rule for key, each in stored.items()}
    return [alert_to_json(document, rules, at) for document in documents]


def alert_to_json(document: JsonObject, rules: Mapping[str, Rule], at: datetime) -> JsonObject:
    """An alert in short by its document; ``rules`` by id as they are now: one that was deleted is not there."""
    rule_id, alert_id = str(_member(document, "rule.uuid")), str(_member(document, "instance.id"))
    rule, duration_us = rules.get(rule_id), _member(document, "duration.us")
    return {
        "id": alert_id,
        "uuid": _member(document, "uuid"),
        "rule": {"id": rule_id, "name": _member(document, "rule.name")},
        "status": _member(document, "status"),
        "group": _member(document, "action_group"),
        "start": _member(document, "start"),
        "end": _member(document, "end"),
        "duration_ms": duration_us // 1000 if isinstance(duration_us, int) else None,
        "flapping": bool(_member(document, "flapping")),
        # The document tells what held at the last run; what holds now is the rule's.
        "muted": bool(_member(document, "muted")) if rule is None else rule.mute_all or alert_id in rule.muted_ids(at),
        "reason": _member(document, "reason"),
    }


def _kind(document: JsonObject) -> tuple[object, object]:
    return _member(document, "rule.rule_type_id"), _member(document, "rule.consumer")


def _member(document: JsonObject, name: str) -> object:
    return document.get(f"kibana.alert.{name}")
