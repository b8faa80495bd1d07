"""From checked bodies to rules: what a new rule is, and what an edit makes of one (rest-api.md 2.1, 2.6, 2.8, 2.9)."""

from dataclasses import dataclass, replace
from datetime import datetime

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Action, NotifyWhen, Rule, RuleFlapping
from engine.operations.body import ArtifactsBody, CreateBody, FlappingBody, UpdateBody
from engine.operations.meaning import is_same_definition
from engine.security.caller import Caller


@dataclass(frozen=True, slots=True)
class CheckedParts:
    """The parts of a body that checks turned into their stored form."""

    params: JsonObject
    actions: tuple[Action, ...]


def new_rule(
    body: CreateBody, parts: CheckedParts, *, rule_id: str, space: str, at: datetime, actor: str | None
) -> Rule:
    """The rule of a create body."""
    return Rule(
        id=rule_id,
        space=space,
        name=body.name,
        rule_type_id=body.rule_type_id,
        consumer=body.consumer,
        interval=body.schedule.interval,
        params=parts.params,
        created_at=at,
        updated_at=at,
        created_by=actor,
        updated_by=actor,
        tags=tuple(body.tags),
        actions=parts.actions,
        throttle=body.throttle,
        notify_when=stored_notify_when(body),
        alert_delay=None if body.alert_delay is None else body.alert_delay.active,
        flapping=stored_flapping(body.flapping),
        flapping_is_set="flapping" in body.model_fields_set,
        artifacts=_stored_artifacts(body.artifacts),
        enabled=body.enabled,
        scheduled_task_id=rule_id if body.enabled else None,
    )


def edited_rule(
    rule: Rule, body: UpdateBody, parts: CheckedParts, *, at: datetime, actor: str | None, clears_throttle: bool = False
) -> Rule:
    """The rule after a PUT: absent throttle, alert_delay and flapping are kept.

    A throttle given as null is kept, too (rest-api.md 2.8), unless the operator decided that null ``clears_throttle``.
    """
    given = body.model_fields_set
    keeps_throttle = body.throttle is None and not (clears_throttle and "throttle" in given)
    edited = replace(
        rule,
        name=body.name,
        tags=tuple(body.tags),
        interval=body.schedule.interval,
        throttle=rule.throttle if keeps_throttle else body.throttle,
        params=parts.params,
        actions=parts.actions,
        notify_when=stored_notify_when(body),
        alert_delay=rule.alert_delay if body.alert_delay is None else body.alert_delay.active,
        flapping=stored_flapping(body.flapping) if "flapping" in given else rule.flapping,
        flapping_is_set=rule.flapping_is_set or "flapping" in given,
        artifacts=_stored_artifacts(body.artifacts),
    )
    return _revised(rule, edited, at, actor)


def redefined_rule(rule: Rule, body: CreateBody, parts: CheckedParts, *, at: datetime, actor: str | None) -> Rule:
    """The rule after its file was read again: the file is the whole definition, so absent members are cleared.

    ``enabled`` and everything that other operations change stay as they are.
    """
    edited = replace(
        rule,
        name=body.name,
        tags=tuple(body.tags),
        interval=body.schedule.interval,
        throttle=body.throttle,
        params=parts.params,
        actions=parts.actions,
        notify_when=stored_notify_when(body),
        alert_delay=None if body.alert_delay is None else body.alert_delay.active,
        flapping=stored_flapping(body.flapping),
        flapping_is_set="flapping" in body.model_fields_set,
        artifacts=_stored_artifacts(body.artifacts),
    )
    return _revised(rule, edited, at, actor)


def owned(rule: Rule, caller: Caller) -> Rule:
    """The rule with the authority it runs with moved to the caller, if it is enabled (1.7)."""
    return owned_by(rule, caller) if rule.enabled else rule


def owned_by(rule: Rule, caller: Caller) -> Rule:
    """The rule with the authority it runs with moved to the caller; a caller's API key is borrowed."""
    owner = None if caller.is_operator else caller.name
    return replace(
        rule,
        api_key_owner=owner,
        api_key_created_by_user=None if owner is None else caller.by_api_key,
        api_key_id=caller.api_key_id,
    )


def stored_notify_when(body: CreateBody | UpdateBody) -> NotifyWhen | None:
    """The rule-level ``notify_when`` that is stored: a throttle alone means ``onThrottleInterval``."""
    return body.notify_when or (None if body.throttle is None else "onThrottleInterval")


def stored_flapping(body: FlappingBody | None) -> RuleFlapping | None:
    if body is None:
        return None
    return RuleFlapping(body.look_back_window, body.status_change_threshold, body.enabled)


def _stored_artifacts(body: ArtifactsBody | None) -> JsonObject | None:
    return None if body is None else body.model_dump(exclude_unset=True)


def _revised(old: Rule, new: Rule, at: datetime, actor: str | None) -> Rule:
    revision = old.revision if is_same_definition(old, new) else old.revision + 1
    return replace(new, revision=revision, updated_at=at, updated_by=actor)
