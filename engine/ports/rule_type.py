"""Rule type port: how the engine validates, compiles and evaluates rules of one type."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from engine.model.errors import RunError
from engine.model.jsonvalue import JsonObject
from engine.model.settings import QuerySettings
from engine.ports.data_views import DataViews, NoDataViews
from engine.ports.search import SearchPort


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """A group of a rule type; higher ``severity`` is worse, None = no level."""

    id: str
    name: str
    severity: int | None = None


RECOVERED = ActionGroup("recovered", "Recovered")


@dataclass(slots=True)
class Report:
    """One alert found in a run. ``payload`` goes onto the alert document, ``context`` to templates.

    ``dropped``: fields that earlier reports may have put onto the document, and that it loses unless they are in the
    payload. Nobody changes a report, or what it holds, once it was made; it is not frozen since making one would cost
    thrice as much, and a run may make thousands.
    """

    id: str
    group: str
    context: JsonObject = field(default_factory=dict)
    payload: JsonObject = field(default_factory=dict)
    state: JsonObject = field(default_factory=dict)
    dropped: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class RecoveryCandidate:
    """An alert that was active and is not reported now.

    ``document`` is its stored alert document ({} when unknown), ``state`` what its last report said; neither is to be
    changed.
    """

    id: str
    uuid: str
    document: JsonObject
    state: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recovery:
    """Context and document payload of a recovered alert."""

    context: JsonObject = field(default_factory=dict)
    payload: JsonObject = field(default_factory=dict)


class AlertLimitReached(Exception):
    """Raised by `Reports.add` for the report after the last one allowed. Rule types let it pass."""


class DuplicateAlert(RunError):
    """The rule type reported one alert id twice in a run."""

    def __init__(self, alert_id: str) -> None:
        super().__init__("execute", f"the rule type reported alert [{alert_id}] twice in one run")


class Reports:
    """Collects what a rule type reports in one run, in order (rule-run.md 4.8, 7)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_id: dict[str, Report] = {}
        self._is_limit_reached = False
        self._was_limit_asked = False
        self._was_limit_declared = False

    def add(self, report: Report) -> None:
        """Report an alert. Raises DuplicateAlert, or AlertLimitReached (which also marks the limit as reached)."""
        if report.id in self._by_id:
            raise DuplicateAlert(report.id)
        if len(self._by_id) >= self._limit:
            self._is_limit_reached = True
            raise AlertLimitReached
        self._by_id[report.id] = report

    def ask_limit(self) -> int:
        """The alert limit; whoever asks must call `declare_limit_reached` before the run ends."""
        self._was_limit_asked = True
        return self._limit

    def declare_limit_reached(self, is_reached: bool) -> None:
        """Say whether there were more alerts than the limit allows to report."""
        self._was_limit_declared = True
        self._is_limit_reached = self._is_limit_reached or is_reached

    @property
    def is_limit_reached(self) -> bool:
        return self._is_limit_reached

    @property
    def is_declaration_missing(self) -> bool:
        """The type asked for the limit and never said whether it was reached: a programming error of the type."""
        return self._was_limit_asked and not self._was_limit_declared and not self._is_limit_reached

    def all(self) -> tuple[Report, ...]:
        return tuple(self._by_id.values())


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """What one evaluation sees. ``at`` is the run's one instant; ``search`` is bounded by the run's time limit.

    ``state`` is the rule type state ({} on the first run); ``rule_url`` None without a public base URL.
    ``no_recovery_on_partial_results`` is the operator's setting for this type (DECISIONS 15), ``query`` says how
    queries are translated.
    """

    rule_id: str
    rule_name: str
    space: str
    at: datetime
    previous_started_at: datetime | None
    state: JsonObject
    query_delay: timedelta
    reports: Reports
    search: SearchPort
    rule_url: str | None = None
    no_recovery_on_partial_results: bool = False
    data_views: DataViews = field(default_factory=NoDataViews)
    query: QuerySettings = field(default_factory=QuerySettings)


@dataclass(slots=True)
class Evaluation:
    """What an evaluation returns besides its reports.

    ``state`` is the next rule type state. ``warnings`` and ``errors`` are texts; ``outcome_message`` goes to
    ``last_run.outcome_msg`` (rule types set it to the newest warning). ``recover`` is called for each recovery
    candidate after the last report and must be pure. ``hold_recoveries`` keeps every unreported alert active in this
    run (partial results).
    """

    state: JsonObject = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outcome_message: str | None = None
    recover: Callable[[RecoveryCandidate], Recovery] | None = None
    hold_recoveries: bool = False


class Evaluator(Protocol):
    """A rule's params, compiled once per rule revision."""

    @property
    def window(self) -> timedelta | None:
        """Length of the time window each run looks at; None when the type looks at none (no gaps then)."""
        ...

    @property
    def is_window_delayed(self) -> bool:
        """Whether the query delay shifts the window."""
        ...

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        """Search and report. Raises RunError, SearchError or SearchUnavailable; other exceptions fail the run too."""
        ...


class RuleType(Protocol):
    """A rule type. Attributes are fixed data; see `engine.run` for what each one does to a run.

    A type may have three more members: ``keeps_documents`` False, see `keeps_documents`; ``page_path``, see
    `page_path`; and ``data_view_members``, see `engine.ports.references`.
    """

    id: str
    name: str
    action_groups: tuple[ActionGroup, ...]
    default_action_group: str
    recovery_group: ActionGroup
    producer: str
    category: str
    auto_recovers: bool
    timeout: str | None
    cancel_alerts_on_timeout: bool
    context_variables: Mapping[str, str]
    param_variables: Mapping[str, str]

    def validate(self, params: JsonObject) -> JsonObject:
        """The params as stored: coerced, defaults filled in. Raises InvalidInput with paths relative to the params."""
        ...

    def compile(self, params: JsonObject) -> Evaluator:
        """Compile validated params. Raises InvalidInput."""
        ...

    def warnings(self, params: JsonObject) -> list[str]:
        """Texts about validated params that are accepted but probably not meant so, each naming the member; [] = none.

        For the answer of create and update, and for `tocsin check`.
        """
        ...

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        """Whether the rule type state survives an edit of the (validated) params; alerts survive in any case.

        False: the next run gets ``{}`` as rule type state. Types without state answer True.
        """
        ...


def keeps_documents(rule_type: RuleType) -> bool:
    """Whether the type's alerts get documents (rule-run.md 10); they do unless its ``keeps_documents`` is False."""
    return bool(getattr(rule_type, "keeps_documents", True))


def page_path(rule_type: RuleType, rule_id: str, params: JsonObject, shown: tuple[int, int] | None) -> str | None:
    """The path of the page that the type has for a rule, from the space on; None: the one that all rules have.

    It is what the type's ``page_path`` answers to the rule's id and params and, for summaries, to the time that the
    page is to show, from and until in ms since the epoch (actions-scheduling.md 14).
    """
    own: Callable[[str, JsonObject, tuple[int, int] | None], str | None] | None = getattr(rule_type, "page_path", None)
    return None if own is None else own(rule_id, params, shown)
