"""A rule type, rules, and the life of a rule run after run, one minute apart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

import engine.run.state
from engine.model.alert import LastScheduledActions, RuleState
from engine.model.rule import Rule
from engine.model.settings import FlappingSettings
from engine.ports.rule_type import RECOVERED, ActionGroup, Report
from engine.run.advance import advance
from engine.run.subject import RunSubject, subject_of
from engine.run.transition import Transition

MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class PlainRuleType:
    """A rule type as the run sees it."""

    id: str = "test.type"
    name: str = "Test type"
    action_groups: tuple[ActionGroup, ...] = (
        ActionGroup("default", "Default"),
        ActionGroup("low", "Low", 1),
        ActionGroup("high", "High", 3),
    )
    default_action_group: str = "default"
    recovery_group: ActionGroup = RECOVERED
    producer: str = "stackAlerts"
    category: str = "management"
    auto_recovers: bool = True
    timeout: str | None = None
    cancel_alerts_on_timeout: bool = True
    context_variables: dict[str, str] = field(default_factory=dict)
    param_variables: dict[str, str] = field(default_factory=dict)

    def validate(self, params: dict[str, Any]) -> dict[str, Any]:
        return params

    def compile(self, params: dict[str, Any]) -> Any:
        raise NotImplementedError


def _rule(**changes: Any) -> Rule:
    fields: dict[str, Any] = {
        "id": "rule-1",
        "name": "My rule",
        "rule_type_id": "test.type",
        "consumer": "alerts",
        "interval": "1m",
        "params": {"threshold": 5},
        "created_at": MIDNIGHT,
        "updated_at": MIDNIGHT,
        "tags": ("foo", "bar"),
        "revision": 4,
    }
    return Rule(**(fields | changes))


class RuleLife:
    """Runs a rule again and again; keeps its state. Reports are ids (default group) or Reports."""

    def __init__(
        self,
        *,
        flapping: FlappingSettings | None = None,
        max_alerts: int = 1000,
        state: RuleState | None = None,
        rule_type: PlainRuleType | None = None,
        notifies: bool = False,
        **rule: Any,
    ) -> None:
        self.flapping = flapping or FlappingSettings()
        self.max_alerts = max_alerts
        self.notifies = notifies
        self.rule_type = rule_type or PlainRuleType()
        self.rule = _rule(**rule)
        self.state = state or RuleState()
        self.runs = 0
        self._ids = count(1)

    @property
    def at(self) -> datetime:
        return MIDNIGHT + timedelta(minutes=self.runs)

    @property
    def subject(self) -> RunSubject:
        return subject_of(self.rule, self.rule_type)

    def run(self, *reports: str | Report, limit_reached: bool = False, **options: Any) -> Transition:
        """One run at ``at``; the next one is a minute later."""
        transition = advance(
            self.state,
            [Report(report, "default") if isinstance(report, str) else report for report in reports],
            subject=self.subject,
            at=self.at,
            execution_uuid=f"e{self.runs}",
            flapping=self.flapping,
            max_alerts=self.max_alerts,
            is_limit_reached=limit_reached,
            new_id=lambda: f"u{next(self._ids)}",
            **({"recover": None} | options),
        )
        if self.notifies:
            for alert in transition.active:
                if alert.group is not None:
                    alert.last_scheduled_actions = LastScheduledActions(alert.group, self.at)
        self.state = engine.run.state.next_state(transition, type_state={}, summary_actions={}, subject=self.subject)
        self.runs += 1
        return transition


@pytest.fixture(scope="session")
def midnight() -> datetime:
    return MIDNIGHT


@pytest.fixture(scope="session")
def life() -> Callable[..., RuleLife]:
    return RuleLife


@pytest.fixture(scope="session")
def make_rule() -> Callable[..., Rule]:
    return _rule


@pytest.fixture(scope="session")
def make_rule_type() -> Callable[..., PlainRuleType]:
    return PlainRuleType
