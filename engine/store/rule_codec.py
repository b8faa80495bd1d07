"""Rules as rows of the table ``rules`` and back."""

from typing import Any

from sqlalchemy import RowMapping

from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Action, AlertSnooze, Frequency, MuteCondition, Rule, RuleFlapping
from engine.store.encoding import instant_or_none, ms_or_none


def pack_rule(rule: Rule) -> dict[str, Any]:
    """The columns of a definition, without ``no`` and ``version``."""
    return {
        "space": rule.space,
        "id": rule.id,
        "name": rule.name,
        "name_folded": rule.name.casefold(),
        "rule_type_id": rule.rule_type_id,
        "consumer": rule.consumer,
        "enabled": rule.enabled,
        "interval": rule.interval,
        "throttle": rule.throttle,
        "notify_when": rule.notify_when,
        "alert_delay": rule.alert_delay,
        "mute_all": rule.mute_all,
        "revision": rule.revision,
        "scheduled_task_id": rule.scheduled_task_id,
        "created_at": to_ms(rule.created_at),
        "updated_at": to_ms(rule.updated_at),
        "created_by": rule.created_by,
        "updated_by": rule.updated_by,
        "owner": rule.api_key_owner,
        "api_key_created_by_user": rule.api_key_created_by_user,
        "api_key": None if rule.api_key_id is None else rule.api_key_id.encode(),
        "flapping_is_set": rule.flapping_is_set,
        "flapping": None if rule.flapping is None else _pack_flapping(rule.flapping),
        "tags": list(rule.tags),
        "muted_alert_ids": list(rule.muted_alert_ids),
        "alert_snoozes": [_pack_alert_snooze(snooze) for snooze in rule.alert_snoozes] or None,
        "snooze_schedule": list(rule.snooze_schedule),
        "params": rule.params,
        "actions": [_pack_action(action) for action in rule.actions],
        "artifacts": rule.artifacts,
    }


def unpack_rule(row: RowMapping) -> Rule:
    """The definition in a row."""
    return Rule(
        id=row["id"],
        name=row["name"],
        rule_type_id=row["rule_type_id"],
        consumer=row["consumer"],
        interval=row["interval"],
        params=row["params"],
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
        space=row["space"],
        enabled=row["enabled"],
        tags=tuple(row["tags"]),
        actions=tuple(_unpack_action(action) for action in row["actions"]),
        throttle=row["throttle"],
        notify_when=row["notify_when"],
        alert_delay=row["alert_delay"],
        flapping=None if row["flapping"] is None else RuleFlapping(**row["flapping"]),
        flapping_is_set=row["flapping_is_set"],
        artifacts=row["artifacts"],
        mute_all=row["mute_all"],
        muted_alert_ids=tuple(row["muted_alert_ids"]),
        alert_snoozes=tuple(_unpack_alert_snooze(packed) for packed in row["alert_snoozes"] or ()),
        snooze_schedule=tuple(row["snooze_schedule"]),
        revision=row["revision"],
        scheduled_task_id=row["scheduled_task_id"],
        created_by=row["created_by"],
        updated_by=row["updated_by"],
        api_key_owner=row["owner"],
        api_key_created_by_user=row["api_key_created_by_user"],
        api_key_id=None if row["api_key"] is None else row["api_key"].decode(),
    )


def _pack_flapping(flapping: RuleFlapping) -> JsonObject:
    return {
        "look_back_window": flapping.look_back_window,
        "status_change_threshold": flapping.status_change_threshold,
        "enabled": flapping.enabled,
    }


def _pack_alert_snooze(snooze: AlertSnooze) -> JsonObject:
    return {
        "alert_id": snooze.alert_id,
        "expires_at": ms_or_none(snooze.expires_at),
        "snoozed_at": to_ms(snooze.snoozed_at),
        "snoozed_by": snooze.snoozed_by,
        **(_pack_conditions(snooze) if snooze.conditions else {}),
    }


def _pack_conditions(snooze: AlertSnooze) -> JsonObject:
    conditions = [[each.type, each.field, each.value] for each in snooze.conditions]
    return {"conditions": conditions, "needs_all": snooze.needs_all, "baseline": snooze.baseline}


def _unpack_alert_snooze(packed: JsonObject) -> AlertSnooze:
    return AlertSnooze(
        packed["alert_id"],
        instant_or_none(packed["expires_at"]),
        from_ms(packed["snoozed_at"]),
        packed["snoozed_by"],
        conditions=tuple(MuteCondition(*each) for each in packed.get("conditions") or ()),
        needs_all=packed.get("needs_all", False),
        baseline=packed.get("baseline"),
    )


def _pack_action(action: Action) -> JsonObject:
    packed: JsonObject = {
        "uuid": action.uuid,
        "connector_id": action.connector_id,
        "connector_type_id": action.connector_type_id,
        "group": action.group,
        "params": action.params,
    }
    if action.frequency is not None:
        packed["frequency"] = {
            "summary": action.frequency.summary,
            "notify_when": action.frequency.notify_when,
            "throttle": action.frequency.throttle,
        }
    if action.alerts_filter is not None:
        packed["alerts_filter"] = action.alerts_filter
    if action.use_alert_data_for_template is not None:
        packed["use_alert_data_for_template"] = action.use_alert_data_for_template
    return packed


def _unpack_action(packed: JsonObject) -> Action:
    frequency = packed.get("frequency")
    return Action(
        uuid=packed["uuid"],
        connector_id=packed["connector_id"],
        connector_type_id=packed["connector_type_id"],
        group=packed["group"],
        params=packed["params"],
        frequency=None if frequency is None else Frequency(**frequency),
        alerts_filter=packed.get("alerts_filter"),
        use_alert_data_for_template=packed.get("use_alert_data_for_template"),
    )
