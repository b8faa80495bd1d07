"""What a decision is made from and what it results in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from engine.model.alert import Alert
from engine.model.notification import LedgerEntry
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.notify.actions import CompiledAction
from engine.ports.rule_type import RuleType
from engine.run.transition import Transition
from engine.template.variables import RuleVariables
from engine.timing.snooze import RuleSnooze

_DEFAULTS = EngineSettings()


@dataclass(frozen=True, slots=True)
class ConnectorAvailability:
    """Whether a connector that exists can be used. ``is_enabled``: its type is enabled and allowed."""

    connector_type_id: str
    is_enabled: bool = True
    is_missing_secrets: bool = False


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """Everything that the decisions of one run depend on.

    ``actions`` are the rule's, compiled. ``connectors`` is by connector id; one that is absent does not exist.
    ``is_cancelled``: the run exceeded its time limit and nothing of it may be published (rule-run.md 8). ``snooze``:
    what the rule's snoozes come to at the instant of the run.
    ``queue_room`` is how many more notifications the queue takes, negative when it holds too many already.
    ``rule_variables`` come from `engine.template.variables`. ``is_dry``: the notifications will never be sent.
    The last three members follow from the others.
    """

    rule: Rule
    rule_type: RuleType
    actions: tuple[CompiledAction, ...]
    transition: Transition
    at: datetime
    execution_uuid: str
    connectors: Mapping[str, ConnectorAvailability]
    rule_variables: RuleVariables
    is_cancelled: bool = False
    snooze: RuleSnooze | None = None
    is_dry: bool = False
    max_actions: int = _DEFAULTS.max_actions
    max_actions_by_connector_type: Mapping[str, int] = field(default_factory=dict)
    queue_room: int = _DEFAULTS.max_queued_actions
    max_rendered_chars: int = _DEFAULTS.max_rendered_chars
    muted_ids: frozenset[str] = field(init=False)
    delayed_ids: frozenset[str] = field(init=False)
    groups: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        reportable = {group.id for group in self.rule_type.action_groups} - {self.rule_type.recovery_group.id}
        object.__setattr__(self, "muted_ids", frozenset(self.rule.muted_alert_ids))
        object.__setattr__(self, "delayed_ids", frozenset(alert.id for alert in self.transition.delayed))
        object.__setattr__(self, "groups", frozenset(reportable))


class Candidate(NamedTuple):
    """An action that fires for an alert, unless a limit or its connector prevents it."""

    action: CompiledAction
    alert: Alert


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided: candidates in the order in which they may be queued, and why the other pairs were kept back.

    ``is_gated``: no action was considered at all. ``errors`` are texts for the log.
    """

    candidates: tuple[Candidate, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    errors: tuple[str, ...] = ()
    is_gated: bool = False
