"""A rule as responses show it (rest-api.md 3), and such a response read as a body again (DECISIONS 1)."""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.outcome import ExecutionStatus, LastRun, StatusReason
from engine.model.rule import Action, AlertSnooze, Frequency, Rule, RuleFlapping
from engine.ports.store import StoredRule
from engine.timing.snooze import Snooze, judge_rule

RESPONSE_ONLY: Final = frozenset(
    {
        "mute_all",
        "muted_alert_ids",
        "created_by",
        "updated_by",
        "api_key_owner",
        "api_key_created_by_user",
        "created_at",
        "updated_at",
        "execution_status",
        "revision",
        "scheduled_task_id",
        "running",
        "next_run",
        "last_run",
        "is_snoozed_until",
        "snooze_schedule",
        "active_snoozes",
        "snoozed_alert_instances",
        "monitoring",
        "view_in_app_relative_url",
        "mapped_params",
    }
)
"""Members of a rule that only responses have."""

_RESPONSE_ONLY_OF_ACTION: Final = frozenset({"connector_type_id"})


def rule_to_json(stored: StoredRule, *, at: datetime) -> JsonObject:
    """The rule as public routes return it at an instant: what its snoozes come to depends on that."""
    rule = stored.rule
    shown: JsonObject = {
        "id": rule.id,
        "name": rule.name,
        "rule_type_id": rule.rule_type_id,
        "consumer": rule.consumer,
        "enabled": rule.enabled,
        "mute_all": rule.mute_all,
        "tags": list(rule.tags),
        "muted_alert_ids": list(rule.muted_alert_ids),
        "schedule": {"interval": rule.interval},
        "params": rule.params,
        "actions": [action_to_json(action) for action in rule.actions],
        "created_by": rule.created_by,
        "updated_by": rule.updated_by,
        "api_key_owner": rule.api_key_owner,
        "api_key_created_by_user": rule.api_key_created_by_user,
        "created_at": iso(rule.created_at),
        "updated_at": iso(rule.updated_at),
        "execution_status": execution_status_to_json(stored.status.execution_status),
        "revision": rule.revision,
        "throttle": rule.throttle,
        "notify_when": rule.notify_when,
        "running": stored.status.running,
        "next_run": _next_run(stored),
    }
    return shown | _members_when_set(stored) | snoozes_to_json(rule, at)


def action_to_json(action: Action) -> JsonObject:
    """One action of a response."""
    shown: JsonObject = {
        "id": action.connector_id,
        "connector_type_id": action.connector_type_id,
        "params": action.params,
        "uuid": action.uuid,
    }
    if action.group:
        shown["group"] = action.group
    if action.frequency is not None:
        shown["frequency"] = _frequency(action.frequency)
    if action.alerts_filter is not None:
        shown["alerts_filter"] = _without_dsl(action.alerts_filter)
    if action.use_alert_data_for_template is not None:
        shown["use_alert_data_for_template"] = action.use_alert_data_for_template
    return shown


def execution_status_to_json(status: ExecutionStatus) -> JsonObject:
    """``execution_status`` (3.1): error, warning and duration are left out when there is none."""
    shown: JsonObject = {"status": status.status, "last_execution_date": iso(status.last_execution_date)}
    if status.last_duration is not None:
        shown["last_duration"] = status.last_duration
    if status.error is not None:
        shown["error"] = _reason(status.error)
    if status.warning is not None:
        shown["warning"] = _reason(status.warning)
    return shown


def snoozes_to_json(rule: Rule, at: datetime) -> JsonObject:
    """The rule's snoozes, those active at an instant, and the latest end of one; {} for a rule without any (3)."""
    if not rule.snooze_schedule:
        return {}
    verdict = judge_rule(mute_all=rule.mute_all, snoozes=map(Snooze, rule.snooze_schedule), now=at)
    return {
        "snooze_schedule": list(rule.snooze_schedule),
        "is_snoozed_until": verdict.until,
        "active_snoozes": list(verdict.active_ids),
    }


def alert_snoozes_to_json(rule: Rule, at: datetime) -> list[JsonObject]:
    """The mutes of single alerts that will end by themselves later than an instant (4.4)."""
    return [
        {
            "instance_id": snooze.alert_id,
            **({} if snooze.expires_at is None else {"expires_at": iso(snooze.expires_at)}),
            **(_conditions_to_json(snooze) if snooze.conditions else {}),
            "snoozed_at": iso(snooze.snoozed_at),
            "snoozed_by": snooze.snoozed_by,
        }
        for snooze in rule.alert_snoozes
        if not snooze.is_expired(at)
    ]


def _conditions_to_json(snooze: AlertSnooze) -> JsonObject:
    shown = [
        {name: value for name, value in asdict(condition).items() if value is not None}
        for condition in snooze.conditions
    ]
    return {"conditions": shown, "condition_operator": "all" if snooze.needs_all else "any"}


def last_run_to_json(last_run: LastRun) -> JsonObject:
    """``last_run`` (3.2)."""
    return {
        "outcome": last_run.outcome,
        "outcome_order": last_run.outcome_order,
        "warning": last_run.warning,
        "outcome_msg": None if last_run.outcome_msg is None else list(last_run.outcome_msg),
        "alerts_count": asdict(last_run.alerts_count),
    }


def body_of_response(document: JsonObject) -> JsonObject:
    """A rule as a response shows it, as a create body: ``id`` and response-only members are left out.

    Other members stay as they are, so that the checks of bodies judge them.
    """
    body = {name: value for name, value in document.items() if name not in RESPONSE_ONLY and name != "id"}
    if isinstance(body.get("actions"), list):
        body["actions"] = [_body_of_action(action) for action in body["actions"]]
    return body


def _members_when_set(stored: StoredRule) -> JsonObject:
    rule, shown = stored.rule, JsonObject()
    if rule.scheduled_task_id is not None:
        shown["scheduled_task_id"] = rule.scheduled_task_id
    if rule.alert_delay is not None:
        shown["alert_delay"] = {"active": rule.alert_delay}
    if rule.flapping_is_set:
        shown["flapping"] = None if rule.flapping is None else flapping_to_json(rule.flapping)
    if stored.status.last_run is not None:
        shown["last_run"] = last_run_to_json(stored.status.last_run)
    return shown


def _next_run(stored: StoredRule) -> str | None:
    shown = stored.schedule.public_next_run
    return None if shown is None or not stored.rule.enabled else iso(shown)


def flapping_to_json(flapping: RuleFlapping) -> JsonObject:
    """A rule's own flapping settings (2.4)."""
    shown: JsonObject = {
        "look_back_window": flapping.look_back_window,
        "status_change_threshold": flapping.status_change_threshold,
    }
    return shown if flapping.enabled else {**shown, "enabled": False}


def _frequency(frequency: Frequency) -> JsonObject:
    return {"summary": frequency.summary, "notify_when": frequency.notify_when, "throttle": frequency.throttle}


def _without_dsl(alerts_filter: JsonObject) -> JsonObject:
    query = alerts_filter.get("query")
    if not isinstance(query, dict):
        return alerts_filter
    return {**alerts_filter, "query": {name: value for name, value in query.items() if name != "dsl"}}


def _reason(reason: StatusReason) -> JsonObject:
    return {"reason": reason.reason, "message": reason.message}


def _body_of_action(action: JsonValue) -> JsonValue:
    if not isinstance(action, dict):
        return action
    return {name: value for name, value in action.items() if name not in _RESPONSE_ONLY_OF_ACTION}
