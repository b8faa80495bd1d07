"""What applying a definition to the stored rules does, or would do (DECISIONS 3)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import Rule
from engine.operations.admission import Admission
from engine.operations.body import CreateBody, parse_create
from engine.operations.definition import redefined_rule
from engine.operations.rule_form import MemberChange, changed_members, rule_to_definition
from engine.ports.store import RuleKey, StoredRule

AppliedAs = Literal["created", "updated", "enabled", "disabled", "unchanged"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a definition did: ``updated`` may include enabling or disabling."""

    stored: StoredRule
    outcome: AppliedAs

    @property
    def rule(self) -> Rule:
        return self.stored.rule


@dataclass(frozen=True, slots=True)
class Planned:
    """What applying a definition would do. ``before`` None: there is no such rule yet, and all of it is new."""

    before: StoredRule | None
    outcome: AppliedAs
    changes: tuple[MemberChange, ...] = ()


async def plan_rule(
    admission: Admission, key: RuleKey, body: JsonValue, *, at: datetime, keeps_switch: bool
) -> Planned:
    """Judge a definition as applying it would, and tell what it would change. Raises InvalidInput or Forbidden."""
    parsed = parse_create(body)
    stored = (await admission.store.load_rules([key])).get(key)
    if stored is None:
        await admission.admit_new(parsed, key.space)
        return Planned(None, "created")
    parts = await admission.admit_redefinition(parsed, stored)
    rule = redefined_rule(stored.rule, parsed, parts, at=at, actor=None)
    is_updated = rule.revision != stored.rule.revision
    if not keeps_switch and parsed.enabled != rule.enabled:
        if parsed.enabled:
            await admission.check_capacity(rule.interval)
        rule = replace(rule, enabled=parsed.enabled)
    if not is_updated:
        rule = replace(stored.rule, enabled=rule.enabled)
    return Planned(stored, _outcome(stored.rule, rule, is_updated), _changes(stored.rule, rule, parsed))


def _outcome(before: Rule, after: Rule, is_updated: bool) -> AppliedAs:
    if is_updated:
        return "updated"
    if before.enabled == after.enabled:
        return "unchanged"
    return "enabled" if after.enabled else "disabled"


def _changes(before: Rule, after: Rule, body: CreateBody) -> tuple[MemberChange, ...]:
    return changed_members(_comparable(before, body), _comparable(after, body))


def _comparable(rule: Rule, body: CreateBody) -> JsonObject:
    """The definition without what nobody wrote: the uuids that actions get by themselves."""
    chosen = {action.uuid for action in body.actions if action.uuid is not None}
    definition = rule_to_definition(rule)
    actions = [_without_own_uuid(action, chosen) for action in definition.get("actions", ())]
    return definition | {"enabled": rule.enabled, "actions": actions}


def _without_own_uuid(action: JsonObject, chosen: Collection[str]) -> JsonObject:
    return {name: value for name, value in action.items() if name != "uuid" or value in chosen}
