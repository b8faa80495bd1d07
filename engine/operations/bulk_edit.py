"""What the changes of a bulk edit make of one rule (rest-api.md 8.1)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.operations.admission import Admission
from engine.operations.body import parse_create
from engine.operations.bulk_form import Edit
from engine.operations.definition import owned, owned_by, redefined_rule
from engine.operations.presentation import body_of_response, rule_to_json
from engine.operations.snoozing import bulk_snoozed, read_snooze
from engine.ports.store import StoredRule

_MEMBERS = {"schedule": "schedule", "throttle": "throttle", "notifyWhen": "notify_when"}


def body_of(stored: StoredRule, at: datetime) -> JsonObject:
    """A create body that makes the rule as it is."""
    body = body_of_response(rule_to_json(stored, at=at))
    return body if stored.rule.artifacts is None else {**body, "artifacts": stored.rule.artifacts}


async def edited(
    stored: StoredRule, edits: Sequence[Edit], admission: Admission, *, at: datetime, actor: str | None
) -> Rule | None:
    """The rule after the changes, None if they leave it as it is. Raises InvalidInput or Forbidden."""
    rule, caller = stored.rule, admission.authorization.caller
    present = body_of(stored, at)
    changed = _edited_body(present, edits)
    if changed != present:
        parsed = parse_create(changed)
        parts = await admission.admit_redefinition(parsed, stored)
        redefined = redefined_rule(rule, parsed, parts, at=at, actor=actor)
        rule = rule if redefined.revision == rule.revision else owned(redefined, caller)
    rule = _with_snoozes(rule, edits, at)
    if any(edit.field == "apiKey" for edit in edits):
        rule = owned_by(rule, caller)
    elif rule == stored.rule:
        return None
    return replace(rule, updated_at=at, updated_by=actor)


def _edited_body(body: JsonObject, edits: Sequence[Edit]) -> JsonObject:
    """The body after the changes of what it holds."""
    for edit in edits:
        if edit.field in _MEMBERS:
            body = {**body, _MEMBERS[edit.field]: edit.value}
        elif edit.field == "tags" and isinstance(edit.value, list):
            body = {**body, "tags": _tags(body["tags"], edit)}
        elif edit.field == "actions" and isinstance(edit.value, list):
            kept = body["actions"] if edit.kind == "add" else []
            body = {**body, "actions": [*kept, *edit.value]}
    return body


def _with_snoozes(rule: Rule, edits: Sequence[Edit], at: datetime) -> Rule:
    """The rule after the changes of its snoozes. Raises InvalidInput."""
    for edit in edits:
        if edit.field != "snoozeSchedule":
            continue
        if edit.kind == "set":
            rule = bulk_snoozed(rule, read_snooze(edit.value, at))
        elif isinstance(edit.value, list):
            kept = tuple(snooze for snooze in rule.snooze_schedule if snooze.get("id") not in edit.value)
            rule = replace(rule, snooze_schedule=kept)
        else:
            rule = replace(rule, mute_all=False, snooze_schedule=())
    return rule


def _tags(tags: list[str], edit: Edit) -> list[str]:
    given = list(dict.fromkeys(edit.value)) if isinstance(edit.value, list) else []
    if edit.kind == "set":
        return given
    if edit.kind == "delete":
        return [tag for tag in tags if tag not in given]
    return [*tags, *(tag for tag in given if tag not in tags)]
