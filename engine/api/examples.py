"""Examples of request bodies, for the reference; a test holds each to the schema of its route."""

from collections.abc import Mapping
from typing import Final

from engine.model.jsonvalue import JsonObject

_RULE: Final[JsonObject] = {
    "name": "Slow hosts",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "tags": ["web"],
    "params": {
        "index": ["metrics-*"],
        "timeField": "@timestamp",
        "aggType": "avg",
        "aggField": "response_ms",
        "groupBy": "top",
        "termField": "host.keyword",
        "termSize": 5,
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [500],
    },
    "actions": [
        {
            "id": "log",
            "group": "threshold met",
            "params": {"level": "warn", "message": "{{alert.id}} takes {{context.value}} ms"},
            "frequency": {"summary": False, "notify_when": "onActionGroupChange", "throttle": None},
        }
    ],
}
_CHANGES: Final = {name: value for name, value in _RULE.items() if name not in ("rule_type_id", "consumer")}
_ONCE: Final[JsonObject] = {"custom": {"start": "2026-03-01T22:00:00.000Z", "duration": "4h"}}
_WEEKLY: Final[JsonObject] = {
    "custom": {
        "start": "2026-03-01T22:00:00.000Z",
        "duration": "4h",
        "timezone": "Europe/Berlin",
        "recurring": {"every": "1w", "onWeekDay": ["SU"]},
    }
}
_WEBHOOK: Final[JsonObject] = {
    "name": "Desk",
    "config": {"url": "https://desk.example/alerts", "method": "post", "hasAuth": True},
    "secrets": {"user": "tocsin", "password": "..."},
}
_HOUR: Final[JsonObject] = {"type": "long", "script": {"source": "emit(doc['@timestamp'].value.getHour())"}}

BODIES: Final[Mapping[str, JsonObject]] = {
    "POST /api/alerting/rule": _RULE,
    "POST /api/alerting/rule/{id}": _RULE,
    "PUT /api/alerting/rule/{id}": _CHANGES,
    "POST /api/alerting/rule/{id}/_disable": {"untrack": True},
    "POST /api/alerting/rule/{id}/snooze_schedule": {"schedule": _ONCE},
    "POST /api/alerting/rule/{rule_id}/alert/{alert_id}/_mute": {"expires_at": "2026-03-01T22:00:00.000Z"},
    "POST /api/actions/connector": {**_WEBHOOK, "connector_type_id": ".webhook"},
    "POST /api/actions/connector/{id}": {**_WEBHOOK, "connector_type_id": ".webhook"},
    "PUT /api/actions/connector/{id}": _WEBHOOK,
    "POST /api/actions/connector/{id}/_execute": {"params": {"body": '{"text": "a trial"}'}},
    "POST /api/maintenance_window": {"title": "Weekly work", "schedule": _WEEKLY},
    "PATCH /api/maintenance_window/{id}": {"enabled": False},
    "POST /api/data_views/data_view": {"data_view": {"title": "metrics-*", "timeFieldName": "@timestamp"}},
    "POST /api/data_views/data_view/{id}": {"data_view": {"name": "Metrics"}},
    "POST /api/data_views/data_view/{id}/fields": {"fields": {"host.name": {"customLabel": "Host"}}},
    "POST /api/data_views/data_view/{id}/runtime_field": {"name": "hour", "runtimeField": _HOUR},
    "PUT /api/data_views/data_view/{id}/runtime_field": {"name": "hour", "runtimeField": _HOUR},
    "POST /api/data_views/data_view/{id}/runtime_field/{name}": {"runtimeField": {"customLabel": "Hour"}},
    "POST /api/data_views/default": {"data_view_id": "metrics", "force": True},
    "POST /api/data_views/swap_references": {"fromId": "metrics-old", "toId": "metrics", "delete": True},
    "POST /api/data_views/swap_references/_preview": {"fromId": "metrics-old", "toId": "metrics"},
    "PUT /api/security/role/{name}": {
        "elasticsearch": {},
        "kibana": [{"feature": {"stackAlerts": ["all"], "actions": ["read"]}, "spaces": ["default"]}],
    },
    "POST /api/spaces/space": {"id": "team-a", "name": "Team A"},
    "POST /internal/alerting/rules/settings/_flapping": {
        "enabled": True,
        "look_back_window": 20,
        "status_change_threshold": 4,
    },
    "POST /internal/alerting/rules/settings/_query_delay": {"delay": 10},
    "POST /api/tocsin/v1/rule/_test": _RULE,
    "POST /api/tocsin/v1/rules/_validate": _RULE,
    "POST /api/tocsin/v1/rules/_export": {"ids": ["slow-hosts"]},
    "POST /api/tocsin/v1/rule/{id}/_plan": _RULE,
    "POST /api/tocsin/v1/rule/{id}/_apply": _RULE,
    "POST /api/tocsin/v1/maintenance_window/{id}": {"title": "Move of the servers", "schedule": _ONCE},
    "POST /api/tocsin/v1/notifications/_retry": {"all_dead": True, "rule_id": "slow-hosts"},
    "POST /api/tocsin/v1/notifications/_drop": {"ids": ["3f0c1b1e-7c38-4dbb-8a53-3a4d5f1e2b6a"]},
}
