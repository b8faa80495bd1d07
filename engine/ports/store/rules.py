"""Rules in the store: definitions, states, and changes by users."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from engine.model.alert import RuleState
from engine.model.outcome import ExecutionStatusName, MonitoringEntry, RuleStatus, Schedule
from engine.model.reference import Reference
from engine.model.rule import Rule
from engine.model.trace import Trace
from engine.ports.store.audit import AuditEntry
from engine.ports.store.keys import RuleKey
from engine.ports.store.rule_conditions import Attribute, RuleCondition


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule with what runs wrote about it. ``version`` counts changes of the definition."""

    rule: Rule
    version: int
    status: RuleStatus
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class UntrackedDocument:
    """An alert document to be set to ``untracked``."""

    uuid: str
    end: datetime


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A change of a rule, made by a user. Only what is not None changes.

    ``references``: what its params refer to now; whoever changes params says it. The change is applied only if the
    stored definition still has ``expected_version`` and, when ``state`` is given, the stored run state still has
    ``expected_state_version``.
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
    references: tuple[Reference, ...] | None = None


@dataclass(frozen=True, slots=True)
class VersionedState:
    """A rule's run state with the counter of its changes."""

    state: RuleState
    version: int


@dataclass(frozen=True, slots=True)
class RuleQuery:
    """What `find_rules` returns: exact filters, then sort, then the page. ``sort`` names a member of `Rule`.

    ``kinds``: only rules of these types and consumers, pair by pair; None: of all. ``refers_to``: only those that name
    this object, or have an action for this connector. ``where``: what else must hold. ``sort_by`` counts instead of
    ``sort``; rules without such a value come last.
    """

    enabled: bool | None = None
    rule_type_id: str | None = None
    tag: str | None = None
    name_contains: str | None = None
    execution_status: ExecutionStatusName | None = None
    kinds: Collection[tuple[str, str]] | None = None
    refers_to: Reference | None = None
    where: RuleCondition | None = None
    sort_by: Attribute | None = None
    sort: Literal["created_at", "updated_at", "name", "enabled", "rule_type_id"] = "created_at"
    descending: bool = False
    offset: int = 0
    limit: int | None = 10


@dataclass(frozen=True, slots=True)
class RulePage:
    total: int
    rules: tuple[StoredRule, ...]


@dataclass(frozen=True, slots=True)
class NewestRuns:
    """When rules ran last: ``ended``, of those that are not in error; ``failed``, of those that are, by reason."""

    ended: datetime | None = None
    failed: Mapping[str, datetime] = field(default_factory=dict)


class RuleStore(Protocol):
    """Rules, and what users change of them."""

    async def insert_rule(
        self,
        rule: Rule,
        schedule: Schedule,
        status: RuleStatus,
        audit: AuditEntry | None,
        references: Collection[Reference] = (),
    ) -> bool:
        """Store a new rule with empty state, and what its params refer to; False if the id is taken in its space."""
        ...

    async def load_rules(self, keys: Sequence[RuleKey]) -> dict[RuleKey, StoredRule]:
        """The rules that exist among the keys; one that cannot be read is left out and logged."""
        ...

    async def find_rules(self, space: str, query: RuleQuery) -> RulePage: ...

    async def rule_intervals(self) -> Mapping[str, int]:
        """How many enabled rules of all spaces have each interval (for the capacity check); cheap."""
        ...

    async def newest_runs(self) -> NewestRuns:
        """The newest runs of the rules of all spaces."""
        ...

    async def change_rule(self, change: RuleChange) -> bool:
        """Apply a user's change; False if a version was not the expected one (nothing is written then).

        It outlives everything once this returns; others may see it before.
        """
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
