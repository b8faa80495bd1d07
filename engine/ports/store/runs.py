"""Runs in the store: claims under leases, and what a run commits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from engine.model.alert import RuleState
from engine.model.jsonvalue import JsonObject
from engine.model.notification import LedgerEntry, Notification
from engine.model.outcome import MonitoringEntry, RuleStatus, Schedule
from engine.model.trace import RunTrace
from engine.ports.store.clock_changes import ClockChange, Replanned
from engine.ports.store.keys import RuleKey


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


class RunStore(Protocol):
    """Due rules, their leases, and what their runs leave."""

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
