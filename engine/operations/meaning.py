"""Comparing definitions by meaning (rest-api.md 2.9): what raises a rule's revision."""

from engine.model.jsonvalue import JsonValue
from engine.model.rule import Action, Rule

_PLAIN_FIELDS = ("name", "tags", "interval", "throttle", "notify_when", "alert_delay", "flapping")


def is_same_definition(old: Rule, new: Rule) -> bool:
    """Whether two definitions of one rule mean the same; order counts, ``1`` and ``1.0`` are the same number."""
    return (
        all(getattr(old, name) == getattr(new, name) for name in _PLAIN_FIELDS)
        and is_same_json(old.params, new.params)
        and is_same_json(old.artifacts, new.artifacts)
        and len(old.actions) == len(new.actions)
        and all(is_same_action(a, b) and a.uuid == b.uuid for a, b in zip(old.actions, new.actions, strict=True))
    )


def is_same_action(old: Action, new: Action) -> bool:
    """Whether two actions do the same, whatever their uuids."""
    return (
        (old.connector_id, old.connector_type_id, old.group, old.frequency)
        == (new.connector_id, new.connector_type_id, new.group, new.frequency)
        and is_same_json(old.params, new.params)
        and is_same_json(old.alerts_filter, new.alerts_filter)
        and bool(old.use_alert_data_for_template) == bool(new.use_alert_data_for_template)
    )


def is_same_json(a: JsonValue, b: JsonValue) -> bool:
    """Equality of JSON values: numbers by value, but a boolean is no number."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same_json(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(is_same_json, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
