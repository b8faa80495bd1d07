"""What routes answer, for the reference: schemas of answers by name, and which route answers with which.

Members may be added to answers at any time, so that schemas leave objects open. Of what a route answers that is not
listed, the reference tells nothing but that it went well.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from engine.model.jsonvalue import JsonObject


class Answered(NamedTuple):
    """The answer of a route that went well. ``schema``: a name in `SCHEMAS`, ``[name]`` for a list; None: no body."""

    status: int
    schema: str | None = None
    media_type: str = "application/json"


TEXT: Final[JsonObject] = {"type": "string"}
_TEXT_OR_NULL: Final[JsonObject] = {"type": ["string", "null"]}
_INSTANT: Final[JsonObject] = {"type": "string", "format": "date-time"}
_FLAG: Final[JsonObject] = {"type": "boolean"}
_COUNT: Final[JsonObject] = {"type": "integer", "minimum": 0}
_TEXTS: Final[JsonObject] = {"type": "array", "items": TEXT}
_OBJECT: Final[JsonObject] = {"type": "object"}
_OBJECTS: Final[JsonObject] = {"type": "array", "items": _OBJECT}


def _object(required: Mapping[str, JsonObject], optional: Mapping[str, JsonObject] | None = None) -> JsonObject:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def reference_to(name: str) -> JsonObject:
    """The schema of that name; ``[name]``: a list of such."""
    if name.startswith("["):
        return {"type": "array", "items": reference_to(name[1:-1])}
    return {"$ref": f"#/components/schemas/{name}"}


_ACTION = _object(
    {"id": TEXT, "connector_type_id": TEXT, "params": _OBJECT, "uuid": TEXT},
    {"group": TEXT, "frequency": _OBJECT, "alerts_filter": _OBJECT, "use_alert_data_for_template": _FLAG},
)
_RULE = _object(
    {
        "id": TEXT,
        "name": TEXT,
        "rule_type_id": TEXT,
        "consumer": TEXT,
        "enabled": _FLAG,
        "mute_all": _FLAG,
        "tags": _TEXTS,
        "muted_alert_ids": _TEXTS,
        "schedule": _object({"interval": TEXT}),
        "params": _OBJECT,
        "actions": {"type": "array", "items": _ACTION},
        "created_by": _TEXT_OR_NULL,
        "updated_by": _TEXT_OR_NULL,
        "api_key_owner": _TEXT_OR_NULL,
        "api_key_created_by_user": {"type": ["boolean", "null"]},
        "created_at": _INSTANT,
        "updated_at": _INSTANT,
        "execution_status": _object({"status": TEXT, "last_execution_date": _INSTANT}),
        "revision": _COUNT,
        "throttle": _TEXT_OR_NULL,
        "notify_when": _TEXT_OR_NULL,
        "running": _FLAG,
        "next_run": _TEXT_OR_NULL,
    },
    {
        "scheduled_task_id": TEXT,
        "alert_delay": _object({"active": {"type": "integer"}}),
        "flapping": {"type": ["object", "null"]},
        "last_run": _OBJECT,
        "snooze_schedule": _OBJECTS,
        "is_snoozed_until": _TEXT_OR_NULL,
        "active_snoozes": _TEXTS,
    },
)
_CONNECTOR = _object(
    {
        "id": TEXT,
        "name": TEXT,
        "connector_type_id": TEXT,
        "is_preconfigured": _FLAG,
        "is_system_action": _FLAG,
        "is_deprecated": _FLAG,
    },
    {"config": _OBJECT, "is_missing_secrets": _FLAG, "referenced_by_count": _COUNT},
)
_PAGE: Final[Mapping[str, JsonObject]] = {"page": _COUNT, "per_page": _COUNT, "total": _COUNT}
_VIEW = _object({"id": TEXT, "title": TEXT}, {"name": TEXT, "timeFieldName": TEXT, "fields": _OBJECT})
_PROBLEM = _object({"path": TEXT, "message": TEXT, "remedy": TEXT})
_RESULT = _object(
    {
        "rule": _object({"id": TEXT, "name": TEXT}),
        "at": _INSTANT,
        "status": TEXT,
        "reason": _TEXT_OR_NULL,
        "error": _TEXT_OR_NULL,
        "alerts": _OBJECTS,
        "notifications": _OBJECTS,
        "decisions": _OBJECTS,
    }
)
_STORY = _object(
    {
        "rule": _object({"id": TEXT, "name": TEXT}),
        "alert": _TEXT_OR_NULL,
        "status": TEXT,
        "runs": _COUNT,
        "first": _TEXT_OR_NULL,
        "last": _TEXT_OR_NULL,
        "chapters": _OBJECTS,
    }
)
_NOTIFICATION = _object(
    {
        "id": TEXT,
        "state": TEXT,
        "rule": TEXT,
        "alert": _TEXT_OR_NULL,
        "group": TEXT,
        "action": TEXT,
        "connector": TEXT,
        "connector_type": TEXT,
        "created_at": _INSTANT,
        "attempts": _COUNT,
        "next_attempt_at": _TEXT_OR_NULL,
        "finished_at": _TEXT_OR_NULL,
        "error": _TEXT_OR_NULL,
        "params": _OBJECT,
    }
)
_ALERT = _object(
    {
        "id": TEXT,
        "uuid": TEXT,
        "rule": _object({"id": TEXT, "name": TEXT}),
        "status": TEXT,
        "group": _TEXT_OR_NULL,
        "start": _TEXT_OR_NULL,
        "end": _TEXT_OR_NULL,
        "duration_ms": {"type": ["integer", "null"]},
        "flapping": _FLAG,
        "muted": _FLAG,
        "reason": _TEXT_OR_NULL,
    }
)
_STORED_VIEW = _object({"data_view": _VIEW, "created_by": _TEXT_OR_NULL})

SCHEMAS: Final[Mapping[str, JsonObject]] = {
    "Error": _object({"statusCode": {"type": "integer"}, "error": TEXT, "message": TEXT}),
    "Rule": _RULE,
    "RulePage": _object({**_PAGE, "data": {"type": "array", "items": reference_to("Rule")}}),
    "RuleType": _object(
        {"id": TEXT, "name": TEXT, "producer": TEXT, "action_groups": _OBJECTS, "authorized_consumers": _OBJECT}
    ),
    "SnoozeSchedule": _object({"schedule": _OBJECT}),
    "Health": _object(
        {
            "is_sufficiently_secure": _FLAG,
            "has_permanent_encryption_key": _FLAG,
            "alerting_framework_health": _OBJECT,
        }
    ),
    "Connector": _CONNECTOR,
    "ConnectorType": _object({"id": TEXT, "name": TEXT, "enabled": _FLAG, "supported_feature_ids": _TEXTS}),
    "ExecutionResult": _object(
        {"connector_id": TEXT, "status": {"enum": ["ok", "error"]}}, {"message": TEXT, "service_message": TEXT}
    ),
    "Window": _object(
        {"id": TEXT, "title": TEXT, "enabled": _FLAG, "status": TEXT, "schedule": _OBJECT, "created_at": _INSTANT},
        {"scope": _OBJECT},
    ),
    "WindowPage": _object({**_PAGE, "maintenanceWindows": {"type": "array", "items": reference_to("Window")}}),
    "Role": _object({"name": TEXT, "metadata": _OBJECT, "elasticsearch": _OBJECT, "kibana": _OBJECTS}),
    "Case": _object({"id": TEXT, "version": TEXT, "title": TEXT, "status": TEXT, "comments": _OBJECTS}),
    "Space": _object({"id": TEXT, "name": TEXT, "disabledFeatures": _TEXTS}),
    "DataView": _object({"data_view": _VIEW}),
    "DataViews": _object({"data_view": {"type": "array", "items": _VIEW}}),
    "DataViewWithField": _object({"data_view": _VIEW, "fields": _OBJECTS}),
    "DefaultDataView": _object({"data_view_id": _TEXT_OR_NULL}),
    "IndexPattern": _object({"index_pattern": _VIEW}),
    "IndexPatternWithField": _object({"index_pattern": _VIEW, "field": {"type": ["object", "null"]}}),
    "DefaultIndexPattern": _object({"index_pattern_id": _TEXT_OR_NULL}),
    "Acknowledged": _object({"acknowledged": _FLAG}),
    "Swapped": _object(
        {"result": {"type": "array", "items": _object({"id": TEXT, "type": TEXT})}},
        {"deleteStatus": _object({"remainingRefs": _COUNT, "deletePerformed": _FLAG})},
    ),
    "Status": _object({"status": _OBJECT}, {"name": TEXT, "uuid": TEXT, "version": _OBJECT}),
    "Vitality": _object({"status": TEXT}, {"last_tick_age_s": {"type": "number"}}),
    "Text": TEXT,
    "Document": _object({"openapi": TEXT, "info": _OBJECT, "paths": _OBJECT}),
    "RunResult": _RESULT,
    "Story": _STORY,
    "Validation": _object({"valid": _FLAG, "problems": {"type": "array", "items": _PROBLEM}}),
    "Notifications": _object({"notifications": {"type": "array", "items": _NOTIFICATION}}),
    "Retried": _object(
        {"notifications": {"type": "array", "items": _object({"id": TEXT, "outcome": TEXT, "state": TEXT})}}
    ),
    "Dropped": _object(
        {"notifications": {"type": "array", "items": _object({"id": TEXT, "dropped": _FLAG, "state": TEXT})}}
    ),
    "Rules": _object({**_PAGE, "rules": {"type": "array", "items": reference_to("Rule")}}),
    "Definitions": _object({"rules": _OBJECTS}),
    "Plan": _object(
        {
            "outcome": _TEXT_OR_NULL,
            "changes": {"type": "array", "items": _object({"path": TEXT})},
            "before": {"type": ["object", "null"]},
            "problems": {"type": "array", "items": _PROBLEM},
        }
    ),
    "Applied": _object({"outcome": TEXT, "rule": reference_to("Rule")}),
    "Alerts": _object({"alerts": {"type": "array", "items": _ALERT}}),
    "StoredDataView": _STORED_VIEW,
    "StoredDataViews": _object({"data_views": {"type": "array", "items": reference_to("StoredDataView")}}),
    "PrometheusRules": _object({"status": TEXT, "data": _object({"groups": _OBJECTS})}),
    "PrometheusAlerts": _object({"status": TEXT, "data": _object({"alerts": _OBJECTS})}),
}

_RULE_PATH: Final = "/api/alerting/rule/{id}"
_DONE: Final = Answered(204)
_CONNECTOR_PATH: Final = "/api/actions/connector"
_WINDOW_PATH: Final = "/api/maintenance_window"
_ALERT_PATH: Final = "/api/alerting/rule/{rule_id}/alert/{alert_id}"
_OURS: Final = "/api/tocsin/v1"


def _answers_of_views(base: str, kind: str, schema: str) -> dict[str, Answered]:
    """What the routes of one generation of data views answer (data-views.md 1)."""
    every, one = f"{base}/{kind}", f"{base}/{kind}/{{id}}"
    view, field, nothing = Answered(200, schema), Answered(200, f"{schema}WithField"), Answered(200)
    return {
        f"POST {every}": view,
        f"GET {one}": view,
        f"POST {one}": view,
        f"DELETE {one}": nothing,
        f"POST {one}/fields": view,
        f"POST {one}/runtime_field": field,
        f"PUT {one}/runtime_field": field,
        f"GET {one}/runtime_field/{{name}}": field,
        f"POST {one}/runtime_field/{{name}}": field,
        f"DELETE {one}/runtime_field/{{name}}": nothing,
        f"GET {base}/default": Answered(200, f"Default{schema}"),
        f"POST {base}/default": Answered(200, "Acknowledged"),
    }


ANSWERS: Final[Mapping[str, Answered]] = {
    "POST /api/alerting/rule": Answered(200, "Rule"),
    f"POST {_RULE_PATH}": Answered(200, "Rule"),
    f"GET {_RULE_PATH}": Answered(200, "Rule"),
    f"PUT {_RULE_PATH}": Answered(200, "Rule"),
    **{
        f"POST {_RULE_PATH}/{verb}": _DONE
        for verb in ("_enable", "_disable", "_mute_all", "_unmute_all", "_update_api_key")
    },
    f"POST {_ALERT_PATH}/_mute": _DONE,
    f"POST {_ALERT_PATH}/_unmute": _DONE,
    f"POST {_RULE_PATH}/snooze_schedule": Answered(200, "SnoozeSchedule"),
    "GET /api/alerting/rule_types": Answered(200, "[RuleType]"),
    "GET /api/alerting/_health": Answered(200, "Health"),
    "GET /internal/alerting/rule/{id}": Answered(200, "Rule"),
    "GET /internal/alerting/rule/{id}/_resolve": Answered(200, "Rule"),
    "POST /internal/alerting/rule/{id}/_snooze": _DONE,
    "POST /internal/alerting/rule/{id}/_unsnooze": _DONE,
    "GET /internal/alerting/_health": Answered(200, "Health"),
    f"POST {_CONNECTOR_PATH}": Answered(200, "Connector"),
    f"POST {_CONNECTOR_PATH}/{{id}}": Answered(200, "Connector"),
    f"GET {_CONNECTOR_PATH}/{{id}}": Answered(200, "Connector"),
    f"PUT {_CONNECTOR_PATH}/{{id}}": Answered(200, "Connector"),
    f"POST {_CONNECTOR_PATH}/{{id}}/_execute": Answered(200, "ExecutionResult"),
    "GET /api/actions/connectors": Answered(200, "[Connector]"),
    "GET /api/actions/connector_types": Answered(200, "[ConnectorType]"),
    "GET /internal/actions/connectors": Answered(200, "[Connector]"),
    "GET /internal/actions/connector_types": Answered(200, "[ConnectorType]"),
    f"POST {_WINDOW_PATH}": Answered(200, "Window"),
    f"GET {_WINDOW_PATH}/_find": Answered(200, "WindowPage"),
    f"GET {_WINDOW_PATH}/{{id}}": Answered(200, "Window"),
    f"PATCH {_WINDOW_PATH}/{{id}}": Answered(200, "Window"),
    f"POST {_WINDOW_PATH}/{{id}}/_archive": Answered(200, "Window"),
    f"POST {_WINDOW_PATH}/{{id}}/_unarchive": Answered(200, "Window"),
    "GET /api/security/role": Answered(200, "[Role]"),
    "GET /api/security/role/{name}": Answered(200, "Role"),
    "PUT /api/security/role/{name}": _DONE,
    "GET /api/cases/{case_id}": Answered(200, "Case"),
    "PATCH /api/cases": Answered(200, "[Case]"),
    "GET /api/data_views": Answered(200, "DataViews"),
    "POST /api/data_views/swap_references": Answered(200, "Swapped"),
    "POST /api/data_views/swap_references/_preview": Answered(200, "Swapped"),
    **_answers_of_views("/api/data_views", "data_view", "DataView"),
    **_answers_of_views("/api/index_patterns", "index_pattern", "IndexPattern"),
    "GET /api/status": Answered(200, "Status"),
    "GET /-/healthy": Answered(200, "Vitality"),
    "GET /-/ready": Answered(200, "Vitality"),
    f"POST {_OURS}/rule/_test": Answered(200, "RunResult"),
    f"POST {_OURS}/rules/_validate": Answered(200, "Validation"),
    f"POST {_OURS}/rule/{{id}}/_run": Answered(200, "RunResult"),
    f"GET {_OURS}/rule/{{id}}/_explain": Answered(200, "Story"),
    f"GET {_OURS}/rules": Answered(200, "Rules"),
    f"POST {_OURS}/rules/_export": Answered(200, "Definitions"),
    f"POST {_OURS}/rule/{{id}}/_plan": Answered(200, "Plan"),
    f"POST {_OURS}/rule/{{id}}/_apply": Answered(200, "Applied"),
    f"GET {_OURS}/alerts": Answered(200, "Alerts"),
    f"GET {_OURS}/data_views": Answered(200, "StoredDataViews"),
    f"GET {_OURS}/data_views/{{id}}": Answered(200, "StoredDataView"),
    f"POST {_OURS}/maintenance_window/{{id}}": Answered(200, "Window"),
    f"GET {_OURS}/notifications": Answered(200, "Notifications"),
    f"POST {_OURS}/notifications/_retry": Answered(200, "Retried"),
    f"POST {_OURS}/notifications/_drop": Answered(200, "Dropped"),
    "GET /api/v1/rules": Answered(200, "PrometheusRules"),
    "GET /api/v1/alerts": Answered(200, "PrometheusAlerts"),
    "GET /metrics": Answered(200, "Text", "text/plain"),
    "GET /openapi.json": Answered(200, "Document"),
    "GET /docs": Answered(200, "Text", "text/html"),
}
