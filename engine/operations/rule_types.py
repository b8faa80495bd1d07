"""Rule types as responses show them (rest-api.md 4.7)."""

from collections.abc import Iterable, Mapping
from typing import Final

from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.operations.checks import KNOWN_CONSUMERS
from engine.ports.rule_type import ActionGroup, RuleType, keeps_documents
from engine.run.schedule import run_timeout_text
from engine.security.rights import Rights

_DEFAULT_LICENSE: Final = "basic"


def authorized_consumers(rights: Rights, space: str, rule_type: RuleType, settings: EngineSettings) -> JsonObject:
    """Whose rules of the type may be read, and which of these changed: ``{consumer: {read, all}}``."""
    type_id, producer = rule_type.id, rule_type.producer
    return {
        consumer: {"read": True, "all": rights.may_rule(space, type_id, producer, consumer, "all")}
        for consumer in (*KNOWN_CONSUMERS, *settings.consumers)
        if rights.may_rule(space, type_id, producer, consumer, "read")
    }


def may_read_some_rules(rights: Rights, space: str, rule_types: Iterable[RuleType], settings: EngineSettings) -> bool:
    """Whether there may be a rule that is not hidden."""
    return any(authorized_consumers(rights, space, rule_type, settings) for rule_type in rule_types)


def rule_type_to_json(rule_type: RuleType, settings: EngineSettings, authorized: JsonObject) -> JsonObject:
    """A rule type; ``authorized`` as `authorized_consumers`."""
    recovery = _group(rule_type.recovery_group)
    return {
        "id": rule_type.id,
        "name": rule_type.name,
        "category": rule_type.category,
        "producer": rule_type.producer,
        "action_groups": [*map(_group, rule_type.action_groups), recovery],
        "default_action_group_id": rule_type.default_action_group,
        "recovery_action_group": recovery,
        "action_variables": {
            "context": _variables(rule_type.context_variables),
            "state": [],
            "params": _variables(rule_type.param_variables),
        },
        "authorized_consumers": authorized,
        "minimum_license_required": getattr(rule_type, "minimum_license", _DEFAULT_LICENSE),
        "enabled_in_license": True,
        "is_exportable": getattr(rule_type, "is_exportable", True),
        "does_set_recovery_context": getattr(rule_type, "sets_recovery_context", False),
        "auto_recover_alerts": rule_type.auto_recovers,
        "has_alerts_mappings": keeps_documents(rule_type),
        "has_fields_for_a_a_d": False,
        "fieldsForAAD": [],
        "rule_task_timeout": run_timeout_text(settings, rule_type),
    }


def _group(group: ActionGroup) -> JsonObject:
    return {"id": group.id, "name": group.name}


def _variables(described: Mapping[str, str]) -> list[JsonObject]:
    return [{"name": name, "description": description} for name, description in described.items()]
