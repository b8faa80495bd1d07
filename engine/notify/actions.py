"""A rule's actions, compiled once per rule revision: durations parsed, templates compiled, levels resolved."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Action, NotifyWhen, Rule
from engine.notify.unsupported import refuse_unsupported
from engine.ports.connector import TemplateTreatment
from engine.ports.rule_type import RuleType
from engine.template.params import CompiledParams, compile_params
from engine.template.variables import RuleVariables
from engine.timing.durations import is_duration, parse_duration

ParamsInjection: TypeAlias = Callable[[JsonObject, RuleVariables], JsonObject]
"""What a connector type adds after rendering: (params, rule variables) -> params (actions-scheduling.md 13)."""


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """One per-alert action, ready to be decided on.

    ``notify_when`` is the effective value: the action's own, else the rule's. ``is_interval``: the action's own
    frequency throttles it, by its own clock; otherwise ``throttle`` is the rule's and its clock the alert's
    (actions-scheduling.md 1, 5). ``throttle`` None: never throttled.
    """

    uuid: str
    connector_id: str
    connector_type_id: str
    group: str
    group_name: str
    is_recovery: bool
    notify_when: NotifyWhen | None
    is_interval: bool
    throttle: timedelta | None
    params: CompiledParams
    inject: ParamsInjection | None = None


def no_injection(connector_type_id: str) -> ParamsInjection | None:
    """The injections of an engine whose connector types inject nothing."""
    return None


def compile_actions(
    rule: Rule,
    rule_type: RuleType,
    treatment_of: Callable[[str], TemplateTreatment],
    injection_of: Callable[[str], ParamsInjection | None] = no_injection,
) -> tuple[CompiledAction, ...]:
    """The rule's actions in rule order; ``treatment_of`` and ``injection_of`` are asked by connector type id.

    Raises InvalidInput for members that cannot be acted on yet (`engine.notify.unsupported`).
    """
    refuse_unsupported(rule)
    return tuple(_compile(action, rule, rule_type, treatment_of, injection_of) for action in rule.actions)


def _compile(
    action: Action,
    rule: Rule,
    rule_type: RuleType,
    treatment_of: Callable[[str], TemplateTreatment],
    injection_of: Callable[[str], ParamsInjection | None],
) -> CompiledAction:
    own = action.frequency
    is_interval = own is not None and own.notify_when == "onThrottleInterval" and own.throttle is not None
    return CompiledAction(
        uuid=action.uuid,
        connector_id=action.connector_id,
        connector_type_id=action.connector_type_id,
        group=action.group,
        group_name=_group_name(action.group, rule_type),
        is_recovery=action.group == rule_type.recovery_group.id,
        notify_when=own.notify_when if own is not None else rule.notify_when,
        is_interval=is_interval,
        throttle=_parse_throttle(own.throttle if own is not None and is_interval else rule.throttle),
        params=compile_params(action.params, treatment_of(action.connector_type_id).of_connector(action.connector_id)),
        inject=injection_of(action.connector_type_id),
    )


def _group_name(group: str, rule_type: RuleType) -> str:
    names = {known.id: known.name for known in (*rule_type.action_groups, rule_type.recovery_group)}
    return names.get(group, group)


def _parse_throttle(text: str | None) -> timedelta | None:
    # A stored text that is no duration holds nothing back (actions-scheduling.md 5.3); writing one is refused.
    return parse_duration(text) if text is not None and is_duration(text) else None
