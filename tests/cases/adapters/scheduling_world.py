"""Rules, alerts and situations of action_scheduling cases, built from the members that a case gives."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from engine.model.alert import Alert
from engine.model.instant import parse_iso
from engine.model.rule import Action, Frequency, Rule
from engine.notify.actions import compile_actions
from engine.notify.decide import ConnectorAvailability, DecisionInput
from engine.ports.connector import DEFAULT_TREATMENT
from engine.run.transition import Transition
from engine.template.variables import rule_variables
from tests.cases.adapters.lifecycle_rule_type import CaseType
from tests.cases.matching import require_known

Case = dict[str, Any]

NOW = datetime(2024, 5, 6, 8, tzinfo=UTC)
_ACTION = {
    *("uuid", "id", "group", "connector_type_id", "params", "frequency", "alerts_filter"),
    "use_alert_data_for_template",
}


def case_type() -> CaseType:
    """The generic rule type of the cases."""
    return CaseType({"action_groups": [{"id": "default", "name": "Default"}, {"id": "other", "name": "Other"}]})


def action_of(given: Case) -> Action:
    """An action as it is stored, from its public form."""
    require_known(given, _ACTION, "action")
    frequency = given.get("frequency")
    return Action(
        uuid=given.get("uuid", "u1"),
        connector_id=given.get("id", "c1"),
        connector_type_id=given.get("connector_type_id", ".server-log"),
        group=given.get("group", "default"),
        params=given.get("params", {}),
        frequency=None
        if frequency is None
        else Frequency(frequency["summary"], frequency["notify_when"], frequency.get("throttle")),
        alerts_filter=given.get("alerts_filter"),
        use_alert_data_for_template=given.get("use_alert_data_for_template"),
    )


def rule_of(given: Case, actions: Iterable[Action] = (), *, space: str = "default") -> Rule:
    """A rule with the members that a case gives."""
    return Rule(
        id=given.get("id", "r1"),
        name=given.get("name", "My rule"),
        rule_type_id=given.get("rule_type_id", "case-type"),
        consumer="alerts",
        interval=given.get("schedule", {}).get("interval", "1m"),
        params=given.get("params", {}),
        created_at=NOW,
        updated_at=NOW,
        space=space,
        tags=tuple(given.get("tags", ())),
        actions=tuple(actions),
        notify_when=given.get("notify_when"),
        throttle=given.get("throttle"),
        muted_alert_ids=tuple(given.get("muted_alert_ids", ())),
    )


def situation_of(
    rule: Rule,
    *,
    at: str | None = None,
    active: Iterable[Alert] = (),
    base_url: str | None = None,
    **members: Any,
) -> DecisionInput:
    """What the decisions about a run of the rule are made from."""
    now, rule_type = NOW if at is None else parse_iso(at), case_type()
    return DecisionInput(
        rule=rule,
        rule_type=rule_type,
        actions=compile_actions(rule, rule_type, lambda type_id: DEFAULT_TREATMENT),
        transition=Transition(now, "run", active=list(active)),
        at=now,
        execution_uuid="run",
        connectors={each.connector_id: ConnectorAvailability(each.connector_type_id) for each in rule.actions},
        rule_variables=rule_variables(rule, public_base_url=base_url),
        **members,
    )
