"""A small world for decisions: one rule of a generic type, its alerts, its connectors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from engine.model.alert import Alert
from engine.model.rule import Action, Frequency, Rule
from engine.notify.actions import compile_actions
from engine.notify.decide import ConnectorAvailability, DecisionInput, Decisions, decide
from engine.notify.dispatch import Dispatched, dispatch
from engine.ports.connector import DEFAULT_TREATMENT
from engine.ports.rule_type import RECOVERED, ActionGroup
from engine.run.transition import Transition
from engine.template.variables import rule_variables

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)

RULE_TYPE = SimpleNamespace(
    id="generic",
    action_groups=(ActionGroup("default", "Default"), ActionGroup("other", "Other group")),
    default_action_group="default",
    recovery_group=RECOVERED,
)

RULE = Rule(
    id="rule-1",
    name="CPU high",
    rule_type_id="generic",
    consumer="alerts",
    interval="1m",
    params={"threshold": 5},
    created_at=NOON,
    updated_at=NOON,
    space="ops",
    tags=("prod",),
)


def build_action(
    uuid: str = "u1",
    group: str = "default",
    notify_when: str | None = "onActiveAlert",
    throttle: str | None = None,
    **rest,
) -> Action:
    """An action; without ``notify_when`` it has no frequency of its own."""
    frequency = None if notify_when is None else Frequency(False, notify_when, throttle)
    members = {"connector_id": f"c-{uuid}", "connector_type_id": ".server-log", "params": {}} | rest
    return Action(uuid=uuid, group=group, frequency=frequency, **members)


def build_alert(alert_id: str = "a", group: str | None = "default", **rest) -> Alert:
    """A visible alert, reported in this run."""
    return Alert(id=alert_id, uuid=f"uuid-{alert_id}", group=group, **({"visible": True, "reported": True} | rest))


def build_situation(
    actions: Iterable[Action],
    active: Iterable[Alert] = (),
    recovered: Iterable[Alert] = (),
    delayed: Iterable[Alert] = (),
    *,
    at: datetime = NOON,
    rule: Mapping[str, object] | None = None,
    rule_type: object = RULE_TYPE,
    **rest,
) -> DecisionInput:
    """A decision's input; ``rule`` replaces members of the rule; all connectors exist unless given."""
    whole = replace(RULE, actions=tuple(actions), **(rule or {}))
    transition = Transition(at, "run-1", active=list(active), recovered=list(recovered), delayed=list(delayed))
    connectors = {each.connector_id: ConnectorAvailability(each.connector_type_id) for each in whole.actions}
    members = {"connectors": connectors, "rule_variables": rule_variables(whole, public_base_url=None)} | rest
    compiled = compile_actions(whole, rule_type, lambda type_id: DEFAULT_TREATMENT)
    return DecisionInput(whole, rule_type, compiled, transition, at, "run-1", **members)


def number_ids() -> Callable[[], str]:
    """An id source: n1, n2, n3 ..."""
    numbers = count(1)
    return lambda: f"n{next(numbers)}"


def pairs_of(decisions: Decisions) -> list[tuple[str, str]]:
    """(action uuid, alert id) of the candidates, in order."""
    return [(candidate.action.uuid, candidate.alert.id) for candidate in decisions.candidates]


@dataclass
class Story:
    """A rule over several runs, one minute apart, without flapping or delay. ``run`` returns the pairs sent."""

    rule: Rule
    at: datetime = NOON
    alerts: dict[str, Alert] = field(default_factory=dict)

    def run(
        self, groups: Mapping[str, str], *, after: timedelta = timedelta(minutes=1), **rest
    ) -> set[tuple[str, str]]:
        self.at += after
        recovered = [alert for alert_id, alert in self.alerts.items() if alert_id not in groups]
        self.alerts = {alert_id: self.alerts.get(alert_id) or build_alert(alert_id) for alert_id in groups}
        for alert_id, group in groups.items():
            self.alerts[alert_id].group = group
        for alert in recovered:
            alert.last_scheduled_actions = None
        situation = build_situation(
            self.rule.actions,
            self.alerts.values(),
            recovered,
            at=self.at,
            rule={
                name: getattr(self.rule, name) for name in ("mute_all", "muted_alert_ids", "notify_when", "throttle")
            },
            **rest,
        )
        sent = dispatch(situation, decide(situation), number_ids()).notifications
        return {(notification.action_uuid, notification.alert_id) for notification in sent}

    def change(self, **members) -> None:
        """Edit the rule between two runs."""
        self.rule = replace(self.rule, **members)


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def base_rule() -> Rule:
    return RULE


@pytest.fixture
def rule_type() -> SimpleNamespace:
    return RULE_TYPE


@pytest.fixture
def action_of() -> Callable[..., Action]:
    return build_action


@pytest.fixture
def alert_of() -> Callable[..., Alert]:
    return build_alert


@pytest.fixture
def situation_of() -> Callable[..., DecisionInput]:
    return build_situation


@pytest.fixture
def pairs() -> Callable[[Decisions], list[tuple[str, str]]]:
    return pairs_of


@pytest.fixture
def run_once() -> Callable[[DecisionInput], Dispatched]:
    """Decide and dispatch with the ids n1, n2, n3 ..."""
    return lambda situation: dispatch(situation, decide(situation), number_ids())


@pytest.fixture
def story_of() -> Callable[..., Story]:
    return lambda *actions, **rule: Story(replace(RULE, actions=actions, **rule))
