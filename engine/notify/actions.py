"""A rule's actions, compiled once per rule revision: durations parsed, templates compiled, levels resolved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Action, NotifyWhen, Rule
from engine.notify.alerts_filter import AlertsFilter, compile_filter
from engine.ports.connector import TemplateTreatment
from engine.ports.rule_type import RuleType
from engine.template.params import CompiledParams, compile_params
from engine.template.variables import RuleVariables
from engine.timing.durations import is_duration, parse_duration

ParamsInjection: TypeAlias = Callable[[JsonObject, RuleVariables], JsonObject]
"""What a connector type adds after rendering: (params, rule variables) -> params (actions-scheduling.md 13)."""


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """One action, ready to be decided on.

    ``notify_when`` is the effective value: the action's own, else the rule's. ``is_interval``: the action's own
    frequency throttles it, by its own clock; otherwise ``throttle`` is the rule's and its clock the alert's
    (actions-scheduling.md 1, 5). ``throttle`` None: never throttled. ``is_summary``: it tells of all alerts at once,
    whatever its group; ``old_summary_key`` is the name under which older states keep its clock. ``uses_alert_data``:
    its templates see the alert document too.
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
    is_summary: bool = False
    old_summary_key: str = ""
    alerts_filter: AlertsFilter | None = None
    uses_alert_data: bool = False

    def told_at(self, stored: Mapping[str, datetime]) -> datetime | None:
        """When the summary was last let through, by the rule's state (actions-scheduling.md 5.3)."""
        return stored.get(self.uuid, stored.get(self.old_summary_key)) if self.is_summary else None

    def silent_until(self, stored: Mapping[str, datetime], at: datetime) -> datetime | None:
        """The end of the interval that a summary has to wait for; None if it need not."""
        told_at = self.told_at(stored)
        if told_at is None or not self.is_interval or self.throttle is None or told_at + self.throttle <= at:
            return None
        return told_at + self.throttle


def no_injection(connector_type_id: str) -> ParamsInjection | None:
    """The injections of an engine whose connector types inject nothing."""
    return None


def compile_actions(
    rule: Rule,
    rule_type: RuleType,
    treatment_of: Callable[[str], TemplateTreatment],
    injection_of: Callable[[str], ParamsInjection | None] = no_injection,
) -> tuple[CompiledAction, ...]:
    """The rule's actions in rule order; ``treatment_of`` and ``injection_of`` are asked by connector type id."""
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
        is_summary=own is not None and own.summary,
        old_summary_key="" if own is None else f"{action.connector_type_id}:summary:{own.throttle}",
        alerts_filter=None if action.alerts_filter is None else compile_filter(action.alerts_filter),
        uses_alert_data=bool(action.use_alert_data_for_template),
    )


def _group_name(group: str, rule_type: RuleType) -> str:
    names = {known.id: known.name for known in (*rule_type.action_groups, rule_type.recovery_group)}
    return names.get(group, group)


def _parse_throttle(text: str | None) -> timedelta | None:
    # A stored text that is no duration holds nothing back (actions-scheduling.md 5.3); writing one is refused.
    return parse_duration(text) if text is not None and is_duration(text) else None
