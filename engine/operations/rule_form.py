"""A stored rule as the definition that rule files hold, and how two of them differ (rest-api.md 2.1, DECISIONS 1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import Action, Rule
from engine.operations.meaning import is_same_json
from engine.operations.presentation import action_to_json, flapping_to_json

_MEMBERS_OF_ACTION = ("id", "group", "frequency", "alerts_filter", "use_alert_data_for_template", "params", "uuid")


@dataclass(frozen=True, slots=True)
class MemberChange:
    """A member that two definitions have differently, at a dotted path. None: absent, or null."""

    path: str
    before: JsonValue
    after: JsonValue


def rule_to_definition(rule: Rule) -> JsonObject:
    """The create body of a rule, with its id: what is made of it is the same rule again.

    What is at its default is left out, and so is what is no part of a definition: mutes, snoozes, what runs left.
    """
    definition: JsonObject = {
        "id": rule.id,
        "name": rule.name,
        "rule_type_id": rule.rule_type_id,
        "consumer": rule.consumer,
    }
    if not rule.enabled:
        definition["enabled"] = False
    if rule.tags:
        definition["tags"] = list(rule.tags)
    definition["schedule"] = {"interval": rule.interval}
    definition |= {name: value for name in ("throttle", "notify_when") if (value := getattr(rule, name)) is not None}
    if rule.alert_delay is not None:
        definition["alert_delay"] = {"active": rule.alert_delay}
    if rule.flapping_is_set:
        definition["flapping"] = None if rule.flapping is None else flapping_to_json(rule.flapping)
    definition["params"] = rule.params
    if rule.actions:
        definition["actions"] = [_action(action) for action in rule.actions]
    if rule.artifacts is not None:
        definition["artifacts"] = rule.artifacts
    return definition


def changed_members(before: JsonObject, after: JsonObject) -> tuple[MemberChange, ...]:
    """What differs, in the order of the members; lists of objects are compared place by place, others as wholes."""
    return tuple(_differences("", before, after))


def _action(action: Action) -> JsonObject:
    """In the order in which one reads it; the connector's type is the connector's own affair."""
    shown = action_to_json(action)
    if action.frequency is not None and action.frequency.throttle is None:
        del shown["frequency"]["throttle"]
    return {name: shown[name] for name in _MEMBERS_OF_ACTION if name in shown}


def _differences(path: str, before: JsonValue, after: JsonValue) -> Iterator[MemberChange]:
    prefix = f"{path}." if path else ""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before | after:
            yield from _differences(f"{prefix}{name}", before.get(name), after.get(name))
    elif _are_objects(before) and _are_objects(after):
        for at, (old, new) in enumerate(zip_longest(before, after)):
            yield from _differences(f"{prefix}{at}", old, new)
    elif not is_same_json(before, after):
        yield MemberChange(path, before, after)


def _are_objects(value: JsonValue) -> bool:
    return isinstance(value, list) and any(isinstance(member, dict) for member in value)
