"""Rules and alerts as Prometheus lists them, read-only: for dashboards and tools that know that form."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from engine.api.route import Answer, Request, Route, answer_json
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.operations.rules import Rules
from engine.ports.store import RuleQuery, Store, StoredRule
from engine.timing.durations import parse_duration

_MOST_ALERTS = 10_000


def routes(rules: Rules, store: Store) -> tuple[Route, ...]:
    """Both lists, of the enabled rules that the caller may read; query strings are read past."""
    on = _Lists(rules, store)
    return (
        Route("GET", "/api/v1/rules", on.rules_in_groups, summary="List rules as Prometheus does"),
        Route("GET", "/api/v1/alerts", on.active_alerts, summary="List active alerts as Prometheus does"),
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """One method a route. Raises Forbidden for callers who may read no rules."""

    rules: Rules
    store: Store

    async def rules_in_groups(self, request: Request) -> Answer:
        found, alerts = await self._load(request)
        groups: dict[tuple[str, str], list[StoredRule]] = defaultdict(list)
        for stored in found:
            groups[stored.rule.rule_type_id, stored.rule.interval].append(stored)
        shown = [_group(name, interval, members, alerts) for (name, interval), members in sorted(groups.items())]
        return answer_json({"status": "success", "data": {"groups": shown}})

    async def active_alerts(self, request: Request) -> Answer:
        found, alerts = await self._load(request)
        shown = [alert for stored in found for alert in alerts[stored.rule.id]]
        return answer_json({"status": "success", "data": {"alerts": shown}})

    async def _load(self, request: Request) -> tuple[Sequence[StoredRule], dict[str, list[JsonObject]]]:
        """The rules, and their active alerts by rule."""
        query = RuleQuery(enabled=True, sort="name", limit=None)
        page = await self.rules.under(request.caller).find(query, space=request.space)
        documents = await self.store.documents(request.space, status="active", limit=_MOST_ALERTS)
        alerts: dict[str, list[JsonObject]] = defaultdict(list)
        for document in documents:
            alerts[document["kibana.alert.rule.uuid"]].append(_alert(document))
        return page.rules, alerts


def _group(
    type_id: str, interval: str, members: Iterable[StoredRule], alerts: dict[str, list[JsonObject]]
) -> JsonObject:
    rules = [_rule(stored, alerts[stored.rule.id]) for stored in members]
    return {
        "name": f"{type_id} every {interval}",
        "file": "",
        "interval": parse_duration(interval).total_seconds(),
        "limit": 0,
        "rules": rules,
        "evaluationTime": sum(rule["evaluationTime"] for rule in rules),
        "lastEvaluation": max(rule["lastEvaluation"] for rule in rules),
    }


def _rule(stored: StoredRule, alerts: list[JsonObject]) -> JsonObject:
    rule, status = stored.rule, stored.status.execution_status
    return {
        "type": "alerting",
        "name": rule.name,
        "query": orjson.dumps(rule.params).decode(),
        "duration": 0,
        "keepFiringFor": 0,
        "labels": {"rule_id": rule.id, "rule_type": rule.rule_type_id, "consumer": rule.consumer},
        "annotations": {},
        "alerts": alerts,
        "state": "firing" if alerts else "inactive",
        "health": _health(status.status),
        "lastError": "" if status.error is None else status.error.message,
        "evaluationTime": (status.last_duration or 0) / 1000,
        "lastEvaluation": iso(status.last_execution_date),
    }


def _health(status: str) -> str:
    if status in ("pending", "unknown"):
        return "unknown"
    return "err" if status == "error" else "ok"


def _alert(document: JsonObject) -> JsonObject:
    """An active alert; its value is that of the condition, as far as the rule type tells one."""
    return {
        "labels": {
            "alertname": document["kibana.alert.rule.name"],
            "rule_id": document["kibana.alert.rule.uuid"],
            "alert_id": document["kibana.alert.instance.id"],
            "action_group": document.get("kibana.alert.action_group") or "",
        },
        "annotations": {"reason": str(document.get("kibana.alert.reason") or "")},
        "state": "firing",
        "activeAt": document["kibana.alert.start"],
        "value": str(document.get("kibana.alert.evaluation.value", 1)),
    }
