"""What a decision is made from and what it results in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.model.alert import Alert
from engine.model.document import join_document
from engine.model.jsonvalue import JsonObject
from engine.model.notification import LedgerEntry
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.notify.actions import CompiledAction
from engine.ports.rule_type import RuleType
from engine.query.match.document import DocumentView
from engine.run.transition import Transition
from engine.template.variables import RuleVariables
from engine.timing.snooze import RuleSnooze

if TYPE_CHECKING:
    from engine.notify.summary import Summary

_DEFAULTS = EngineSettings()


@dataclass(frozen=True, slots=True)
class ConnectorAvailability:
    """Whether a connector that exists can be used. ``is_enabled``: its type is enabled and allowed.

    ``is_system_action``: what it does is not an action of the rule's own (actions-scheduling.md 13). ``is_granted``:
    the rule's owner may execute connectors.
    """

    connector_type_id: str
    is_enabled: bool = True
    is_missing_secrets: bool = False
    is_system_action: bool = False
    is_granted: bool = True


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """Everything that the decisions of one run depend on.

    ``actions`` are the rule's, compiled. ``connectors`` is by connector id; one that is absent does not exist.
    ``is_cancelled``: the run exceeded its time limit and nothing of it may be published (rule-run.md 8). ``snooze``:
    what the rule's snoozes come to at the instant of the run.
    ``queue_room`` is how many more notifications the queue takes, negative when it holds too many already.
    ``rule_variables`` come from `engine.template.variables`. ``is_dry``: the notifications will never be sent.
    ``rule_fields`` are those that the rule's alert documents share. ``closed_documents``: whole documents of alerts
    that ended before this run, as far back as the summaries of the rule look. ``summary_actions``: when each summary
    action with an interval was last let through, by uuid. ``previous_started_at``: when the last successful run
    began. ``max_documents`` bounds each category of a summary.
    The members without default at the end follow from the others.
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
    rule_fields: JsonObject = field(default_factory=dict)
    closed_documents: Sequence[JsonObject] = ()
    summary_actions: Mapping[str, datetime] = field(default_factory=dict)
    previous_started_at: datetime | None = None
    max_documents: int = _DEFAULTS.max_alerts
    muted_ids: frozenset[str] = field(init=False)
    delayed_ids: frozenset[str] = field(init=False)
    groups: frozenset[str] = field(init=False)
    _documents: dict[str, JsonObject] = field(init=False, default_factory=dict, repr=False, compare=False)
    _views: dict[str, DocumentView] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        reportable = {group.id for group in self.rule_type.action_groups} - {self.rule_type.recovery_group.id}
        object.__setattr__(self, "muted_ids", self.rule.muted_ids(self.at))
        object.__setattr__(self, "delayed_ids", frozenset(alert.id for alert in self.transition.delayed))
        object.__setattr__(self, "groups", frozenset(reportable))

    def document_of(self, alert: Alert) -> JsonObject:
        """The alert's whole document as this run leaves it, flat; put together once a run."""
        if alert.uuid not in self._documents:
            self._documents[alert.uuid] = join_document(self.rule_fields, alert.document)
        return self._documents[alert.uuid]

    def view_of(self, alert: Alert) -> DocumentView:
        """The same, as queries see it; read once a run, however many filters judge it."""
        if alert.uuid not in self._views:
            self._views[alert.uuid] = DocumentView(self.document_of(alert), self.at)
        return self._views[alert.uuid]


class Candidate(NamedTuple):
    """An action that fires for an alert, unless a limit or its connector prevents it."""

    action: CompiledAction
    alert: Alert


class SummaryCandidate(NamedTuple):
    """A summary action that has something to tell, unless a limit or its connector prevents it."""

    action: CompiledAction
    summary: "Summary"


AnyCandidate: TypeAlias = Candidate | SummaryCandidate


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided: candidates in the order in which they may be queued, and why the other pairs were kept back.

    ``is_gated``: no action was considered at all. ``warnings`` and ``errors`` are texts for the log.
    """

    candidates: tuple[AnyCandidate, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    is_gated: bool = False
