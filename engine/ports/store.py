"""Store port: everything that outlives a process. Every method is one transaction; all times are instants handed in."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal, NamedTuple, Protocol

from engine.model.alert import RuleState
from engine.model.data_view import DataView
from engine.model.jsonvalue import JsonObject
from engine.model.maintenance_window import MaintenanceWindow
from engine.model.notification import LedgerEntry, Notification, NotificationState, RunLedger, StoredNotification
from engine.model.outcome import ExecutionStatusName, MonitoringEntry, RuleStatus, Schedule
from engine.model.rule import Rule
from engine.model.settings import RetentionSettings, SpaceSettings
from engine.model.trace import RunTrace, Trace


class RuleKey(NamedTuple):
    """A rule's identity: ids are unique within a space."""

    space: str
    id: str


class ConnectorKey(NamedTuple):
    """The connector that a notification names: its space and the connector's id."""

    space: str
    connector_id: str


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule with what runs wrote about it. ``version`` counts changes of the definition."""

    rule: Rule
    version: int
    status: RuleStatus
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what. ``details`` never holds secrets."""

    at: datetime
    actor: str | None
    operation: str
    object_kind: str
    object_id: str
    space: str
    details: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UntrackedDocument:
    """An alert document to be set to ``untracked``."""

    uuid: str
    end: datetime


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A change of a rule, made by a user. Only what is not None changes.

    It is applied only if the stored definition still has ``expected_version`` and, when ``state`` is given, the stored
    run state still has ``expected_state_version``.
    """

    rule: Rule
    expected_version: int
    schedule: Schedule | None = None
    status: RuleStatus | None = None
    state: RuleState | None = None
    expected_state_version: int | None = None
    untracked: tuple[UntrackedDocument, ...] = ()
    traces: tuple[Trace, ...] = ()
    audit: AuditEntry | None = None


@dataclass(frozen=True, slots=True)
class VersionedState:
    """A rule's run state with the counter of its changes."""

    state: RuleState
    version: int


@dataclass(frozen=True, slots=True)
class StoredWindow:
    """A maintenance window with the counter of its changes."""

    window: MaintenanceWindow
    version: int


@dataclass(frozen=True, slots=True)
class RuleQuery:
    """What `find_rules` returns: exact filters, then sort, then the page. ``sort`` names a member of `Rule`."""

    enabled: bool | None = None
    rule_type_id: str | None = None
    tag: str | None = None
    name_contains: str | None = None
    execution_status: ExecutionStatusName | None = None
    sort: Literal["created_at", "updated_at", "name", "enabled", "rule_type_id"] = "created_at"
    descending: bool = False
    offset: int = 0
    limit: int | None = 10


@dataclass(frozen=True, slots=True)
class RulePage:
    total: int
    rules: tuple[StoredRule, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule claimed for one run under a lease.

    ``fence`` rises with every claim: a commit under an older one is refused. ``version`` is that of the definition
    (load it with `load_rules` unless it is known already). ``planned`` is the slot that the run is for.
    ``is_state_readable`` False: the stored run state is damaged; ``state`` is empty then, and the run must fail.
    """

    key: RuleKey
    version: int
    fence: int
    state_version: int
    schedule_version: int
    planned: datetime
    schedule: Schedule
    state: RuleState
    is_state_readable: bool = True


@dataclass(frozen=True, slots=True)
class NewDocument:
    """The document of an alert that became visible. ``rule_fields``: its fields that come from the rule.

    ``document`` is its changing part where no run state will hold it (published after a time-out); None otherwise.
    """

    uuid: str
    alert_id: str
    start: datetime
    rule_fields: JsonObject
    document: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class ClosedDocument:
    """An alert that recovered: its document's last changing part, final from now on."""

    uuid: str
    end: datetime
    document: JsonObject


@dataclass(slots=True)
class RunRecord:
    """Everything that one run leaves; committed together or not at all.

    ``state`` None leaves state and documents as they are (a failed run). ``refreshed_rule_fields`` replaces the rule's
    own fields in the documents of all its active alerts. The schedule is written only if no user changed it since
    the claim. ``notifications`` keep their order. ``is_status_kept`` leaves status and schedule alone (what a run
    publishes after its time-out).
    """

    claim: Claim
    status: RuleStatus
    schedule: Schedule
    trace: RunTrace
    monitoring: MonitoringEntry | None = None
    state: RuleState | None = None
    new_documents: list[NewDocument] = field(default_factory=list)
    closed_documents: list[ClosedDocument] = field(default_factory=list)
    refreshed_rule_fields: JsonObject | None = None
    ledger: list[LedgerEntry] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    is_status_kept: bool = False


class CommitOutcome(Enum):
    """What became of a run's record."""

    COMMITTED = "committed"
    FENCED = "fenced"
    """The lease was lost; another run of the rule may have begun. Nothing was written."""
    GONE = "gone"
    """The rule was deleted meanwhile. Nothing was written."""
    STATE_CHANGED = "state_changed"
    """A user changed the run state meanwhile (untracking). Nothing was written; reload it and try again."""
    REFUSED = "refused"
    """This record alone could not be written (reason in the log). Nothing of it was."""


@dataclass(frozen=True, slots=True)
class ClaimedNotification:
    """A notification claimed for one attempt; ``attempt`` counts from 1."""

    notification: Notification
    attempt: int
    fence: int


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What an attempt came to. ``next_attempt_at`` is set for state ``pending`` (try again then)."""

    claimed: ClaimedNotification
    state: Literal["delivered", "pending", "dead"]
    at: datetime
    error: str | None = None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LaterNotification:
    """A notification for the same connector, rule and alert that a later run queued."""

    id: str
    state: NotificationState


@dataclass(frozen=True, slots=True)
class Requeued:
    """What became of a notification that was to be sent again.

    ``queued``: it was dead and waits afresh, due now. ``hastened``: it waited for another attempt, which is due now.
    ``overtaken``: it stays dead, because ``later`` does not come after it any more. ``left``: as it was, in ``state``.
    """

    id: str
    outcome: Literal["queued", "hastened", "overtaken", "left"]
    state: NotificationState
    later: LaterNotification | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it will be sent."""
        return self.outcome in ("queued", "hastened")


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of a notification that was to be dropped: ``state`` is what it is in now."""

    id: str
    is_dropped: bool
    state: NotificationState


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The wall clock shows ``at`` and may have been set: by ``step``, negative = back, zero = not known.

    Times later than these are from before it was set back: ``lease_until`` for leases of rules, ``send_until`` for
    those of notifications, ``attempt_until`` for the next attempts of notifications.
    """

    at: datetime
    step: timedelta
    lease_until: datetime
    send_until: datetime
    attempt_until: datetime

    @property
    def is_back(self) -> bool:
        return self.step < timedelta(0)

    @property
    def is_forward(self) -> bool:
        return self.step > timedelta(0)


@dataclass(frozen=True, slots=True)
class Replanned:
    """How many rules, leases of rules, and notifications were planned anew."""

    rules: int = 0
    leases: int = 0
    notifications: int = 0


@dataclass(frozen=True, slots=True)
class MirrorPlace:
    """How far a mirror of the alert documents has come.

    ``change``: it has seen what the history holds up to this entry. ``copied``: the first copy is still being made,
    and has the documents up to this one; None: it is made.
    """

    change: int
    copied: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentChanges:
    """Whole documents that a mirror lacks, each once, and its place once it has them.

    ``is_last``: there is nothing more for now.
    """

    documents: tuple[JsonObject, ...]
    place: MirrorPlace
    is_last: bool


class Store(Protocol):
    """The store. Raises StoreUnavailable or StoreLocked when it cannot be used at all."""

    async def open(self) -> None:
        """Create or migrate the schema and make ready."""
        ...

    async def close(self) -> None: ...

    # rules

    async def insert_rule(self, rule: Rule, schedule: Schedule, status: RuleStatus, audit: AuditEntry | None) -> bool:
        """Store a new rule with empty state; False if the id is taken in its space."""
        ...

    async def load_rules(self, keys: Sequence[RuleKey]) -> dict[RuleKey, StoredRule]:
        """The rules that exist among the keys; one that cannot be read is left out and logged."""
        ...

    async def find_rules(self, space: str, query: RuleQuery) -> RulePage: ...

    async def rule_intervals(self) -> list[str]:
        """The interval texts of all enabled rules of all spaces (for the capacity check)."""
        ...

    async def change_rule(self, change: RuleChange) -> bool:
        """Apply a user's change; False if a version was not the expected one (nothing is written then)."""
        ...

    async def delete_rule(
        self, key: RuleKey, untracked: Sequence[UntrackedDocument], traces: Sequence[Trace], audit: AuditEntry | None
    ) -> bool:
        """Remove rule, state, schedule and monitoring; documents, events, ledger and outbox stay. False if unknown."""
        ...

    async def load_state(self, key: RuleKey) -> VersionedState | None: ...

    async def monitoring(self, key: RuleKey) -> list[MonitoringEntry]:
        """The newest 200 runs, oldest first."""
        ...

    # runs

    async def claim_due(self, at: datetime, limit: int, owner: str, lease_until: datetime) -> list[Claim]:
        """Claim enabled rules whose next run is due at ``at`` and that nobody holds, most overdue first."""
        ...

    async def claim_rule(self, key: RuleKey, planned: datetime, owner: str, lease_until: datetime) -> Claim | None:
        """Claim one rule whatever its schedule says (one-shot runs); None if unknown or leased beyond ``planned``."""
        ...

    async def renew_leases(self, claims: Sequence[Claim], lease_until: datetime) -> list[bool]:
        """Lengthen leases; False for each one that was lost."""
        ...

    async def release(self, claims: Sequence[Claim]) -> None:
        """Hand rules back unrun; they stay due."""
        ...

    async def end_leases(self, owner: str, at: datetime) -> int:
        """End all leases that were taken under this name, of rules and of notifications, because their process is dead.

        Whatever it had claimed is due again, from ``at`` on at the latest; how many leases that were. Only for callers
        who know that nobody works under the name any more.
        """
        ...

    async def next_due(self) -> datetime | None:
        """The earliest instant at which `claim_due` would find a rule (leases included), None if never."""
        ...

    async def replan(self, change: ClockChange) -> Replanned:
        """Put right what was planned by a wall clock that was set since. Harmless where none was.

        A rule whose next run is later than now and its interval is due now; it keeps its slots. Nothing holds a lease
        for longer than a fresh one, nor has lost one by a step forward alone. No notification waits longer than it may.
        """
        ...

    async def commit_runs(self, records: Sequence[RunRecord]) -> list[CommitOutcome]:
        """Commit a group of runs in one transaction; if that fails as a whole, each record on its own."""
        ...

    # outbox

    async def claim_notifications(
        self,
        at: datetime,
        limit: int,
        owner: str,
        lease_until: datetime,
        *,
        busy_connectors: Collection[ConnectorKey] = (),
    ) -> list[ClaimedNotification]:
        """Claim notifications due at ``at``, oldest first, but none for a busy connector.

        One waits while an older one for the same connector, rule and alert is neither delivered nor dead.
        """
        ...

    async def finish_notifications(self, reports: Sequence[DeliveryReport]) -> None:
        """Record attempts; reports under an outdated fence are ignored."""
        ...

    async def next_delivery(self) -> datetime | None:
        """The earliest instant at which `claim_notifications` may find something."""
        ...

    async def pending_notifications(self) -> int:
        """How many notifications wait to be sent (for the queue limit)."""
        ...

    async def notifications(
        self,
        space: str,
        *,
        rule_id: str | None = None,
        connector_id: str | None = None,
        ids: Collection[str] | None = None,
        state: NotificationState | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> list[StoredNotification]:
        """Notifications, oldest first; the newest ``limit`` of them."""
        ...

    async def requeue_notifications(
        self,
        space: str,
        ids: Collection[str],
        at: datetime,
        audit: Mapping[str, AuditEntry],
        *,
        is_forced: bool = False,
    ) -> list[Requeued]:
        """Make dead notifications pending again, with a fresh attempt count, and let waiting ones be due at ``at``.

        A dead one stays so, unless ``is_forced``, where a later one for the same connector, rule and alert is not
        pending and is not to be sent again with it: it would arrive after that one, or without it. ``audit`` is kept
        for those that were changed. The answer is oldest first, without those that are neither dead nor on their way.
        """
        ...

    async def drop_notifications(
        self, space: str, ids: Collection[str], at: datetime, audit: Mapping[str, AuditEntry]
    ) -> list[Dropped]:
        """Give up dead and pending notifications for good; those waiting behind them may go at ``at``.

        One that is being sent stays, until its lease has ended. ``audit`` is kept for those that were dropped. The
        answer is oldest first, without those that are neither dead nor on their way.
        """
        ...

    # history

    async def documents(
        self,
        space: str,
        *,
        rule_id: str | None = None,
        alert_ids: Sequence[str] | None = None,
        status: Literal["active", "recovered", "untracked"] | None = None,
        limit: int = 1000,
    ) -> list[JsonObject]:
        """Whole alert documents (flat dotted keys), oldest start first; the newest ``limit`` of them.

        An active alert's document is its stored rule fields joined with the changing part kept in the run state.
        """
        ...

    async def ended_documents(self, since: Mapping[RuleKey, datetime]) -> dict[RuleKey, list[JsonObject]]:
        """Whole documents of the rules' alerts that ended after an instant, the rule's own, oldest end first."""
        ...

    async def document_changes(self, place: MirrorPlace | None, limit: int) -> DocumentChanges:
        """What a mirror at that place writes next: about ``limit`` documents, more where one run changed more.

        Without a place, or where history is gone that it has not seen, it is given all documents that are kept; then
        those that runs and users have changed since, as they are now.
        """
        ...

    async def mirror_place(self, name: str) -> MirrorPlace | None:
        """The place of the mirror of that name, None if it has none yet."""
        ...

    async def put_mirror_place(self, name: str, place: MirrorPlace | None) -> None:
        """Remember the place of a mirror, or forget it; what is lost of it is only written again."""
        ...

    async def alert_exists(self, key: RuleKey, alert_id: str) -> bool:
        """Whether the rule tracks or ever recorded an alert of that id."""
        ...

    async def traces(
        self, space: str, *, rule_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[Trace]:
        """Traces, oldest first; the newest ``limit`` of them."""
        ...

    async def ledger(
        self, space: str, *, rule_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[RunLedger]:
        """Decisions by run, oldest first; those of the newest ``limit`` runs."""
        ...

    # maintenance windows

    async def insert_window(self, window: MaintenanceWindow, audit: AuditEntry | None) -> bool:
        """Store a new window; False if the id is taken in its space."""
        ...

    async def windows(self, space: str, *, may_run_at: datetime | None = None) -> list[StoredWindow]:
        """The windows of a space in order of creation; with an instant, only those that may run then or later.

        Raises LookupError, TypeError or ValueError for a stored one that cannot be read.
        """
        ...

    async def windows_stamp(self) -> Hashable:
        """A value that is another one once windows were changed, here or by others; cheap enough for every batch."""
        ...

    async def change_window(self, window: MaintenanceWindow, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a window; False if it has not the expected version any more."""
        ...

    async def delete_window(self, space: str, window_id: str, audit: AuditEntry | None) -> bool:
        """Remove a window; False if unknown."""
        ...

    # data views

    async def insert_data_view(self, view: DataView, audit: AuditEntry | None) -> bool:
        """Store a new data view; False if the id is taken in its space."""
        ...

    async def data_views(self, space: str) -> list[DataView]:
        """The data views of a space in order of name and id."""
        ...

    async def data_views_stamp(self) -> Hashable:
        """A value that is another one once data views were changed, here or by others; cheap enough for every run."""
        ...

    async def change_data_view(self, view: DataView, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a data view; False if it has not the expected version any more."""
        ...

    async def delete_data_view(self, space: str, view_id: str, audit: AuditEntry | None) -> bool:
        """Remove a data view; False if unknown."""
        ...

    # settings and care

    async def space_settings(self, space: str) -> SpaceSettings: ...

    async def put_space_settings(self, space: str, settings: SpaceSettings, audit: AuditEntry | None) -> None: ...

    async def apply_retention(self, at: datetime, retention: RetentionSettings) -> int:
        """Delete history beyond age or size, oldest first; active alerts' documents and undelivered notifications stay.

        Returns the number of rows deleted.
        """
        ...

    async def audit(self, space: str, limit: int = 1000) -> list[AuditEntry]:
        """Audit entries, oldest first; the newest ``limit`` of them."""
        ...
