"""A rule as internal routes show it: with what the public ones keep back (rest-api.md 8)."""

from datetime import datetime

from engine.model.jsonvalue import JsonObject
from engine.operations.monitoring import monitoring_to_json
from engine.operations.presentation import alert_snoozes_to_json, rule_to_json
from engine.ports.registry import Registry
from engine.ports.rule_type import page_path
from engine.ports.store import RuleKey, Store, StoredRule


async def whole_rule_to_json(stored: StoredRule, store: Store, registry: Registry, *, at: datetime) -> JsonObject:
    """The rule at an instant, with monitoring, mutes that end, artifacts and its page."""
    rule = stored.rule
    rule_type = registry.rule_type(rule.rule_type_id)
    shown = rule_to_json(stored, at=at)
    shown.setdefault("snooze_schedule", [])
    shown["snoozed_alert_instances"] = alert_snoozes_to_json(rule, at)
    shown["monitoring"] = monitoring_to_json(stored.status, await store.monitoring(RuleKey(rule.space, rule.id)))
    shown["view_in_app_relative_url"] = None if rule_type is None else page_path(rule_type, rule.id, rule.params, None)
    if rule.artifacts is not None:
        shown["artifacts"] = rule.artifacts
    return shown
