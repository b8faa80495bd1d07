"""Store port: everything that outlives a process. Every method is one transaction; all times are instants handed in."""

from typing import Protocol

from engine.ports.store.audit import AuditEntry
from engine.ports.store.care import CareStore
from engine.ports.store.cases import CaseStore
from engine.ports.store.clock_changes import ClockChange, Replanned
from engine.ports.store.connectors import ConnectorStore, RuleReference, StoredConnector
from engine.ports.store.data_views import DataViewStore, ParamsChange, ReferenceSwap
from engine.ports.store.executions import ExecutionStore
from engine.ports.store.history import DocumentChanges, HistoryStore, MirrorPlace
from engine.ports.store.keys import ConnectorKey, RuleKey
from engine.ports.store.outbox import (
    ClaimedNotification,
    DeliveryReport,
    Dropped,
    LaterNotification,
    OutboxStore,
    Requeued,
)
from engine.ports.store.rules import (
    NewestRuns,
    RuleChange,
    RulePage,
    RuleQuery,
    RuleStore,
    StoredRule,
    UntrackedDocument,
    VersionedState,
)
from engine.ports.store.runs import Claim, ClosedDocument, CommitOutcome, NewDocument, RunRecord, RunStore
from engine.ports.store.sealed import SealedSecret, SealedStore
from engine.ports.store.security import SecurityStore
from engine.ports.store.spaces import SpaceStore
from engine.ports.store.standing import Standing, StandingStore
from engine.ports.store.windows import StoredWindow, WindowStore

__all__ = [
    "AuditEntry",
    "CareStore",
    "CaseStore",
    "Claim",
    "ClaimedNotification",
    "ClockChange",
    "ClosedDocument",
    "CommitOutcome",
    "ConnectorKey",
    "ConnectorStore",
    "DataViewStore",
    "DeliveryReport",
    "DocumentChanges",
    "Dropped",
    "ExecutionStore",
    "HistoryStore",
    "LaterNotification",
    "MirrorPlace",
    "NewDocument",
    "NewestRuns",
    "OutboxStore",
    "ParamsChange",
    "ReferenceSwap",
    "Replanned",
    "Requeued",
    "RuleChange",
    "RuleKey",
    "RulePage",
    "RuleQuery",
    "RuleReference",
    "RuleStore",
    "RunRecord",
    "RunStore",
    "SealedSecret",
    "SealedStore",
    "SecurityStore",
    "SpaceStore",
    "Standing",
    "StandingStore",
    "Store",
    "StoredConnector",
    "StoredRule",
    "StoredWindow",
    "UntrackedDocument",
    "VersionedState",
    "WindowStore",
]


class Store(
    RuleStore,
    RunStore,
    OutboxStore,
    HistoryStore,
    WindowStore,
    DataViewStore,
    SecurityStore,
    CaseStore,
    ConnectorStore,
    ExecutionStore,
    SealedStore,
    StandingStore,
    SpaceStore,
    CareStore,
    Protocol,
):
    """The store. Raises StoreUnavailable or StoreLocked when it cannot be used at all."""

    async def open(self) -> None:
        """Create or migrate the schema and make ready."""
        ...

    async def close(self) -> None: ...
