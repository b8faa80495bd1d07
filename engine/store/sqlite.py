"""The embedded store: the port's methods on SQLite, in a file or in memory."""

import asyncio
import logging
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.model.jsonvalue import JsonObject
from engine.model.maintenance_window import MaintenanceWindow
from engine.model.notification import NotificationState, RunLedger, StoredNotification
from engine.model.outcome import MonitoringEntry, RuleStatus, Schedule
from engine.model.reference import Reference
from engine.model.rule import Rule
from engine.model.settings import RetentionSettings, SpaceSettings
from engine.model.space import Space
from engine.model.trace import Trace
from engine.ports.store import (
    AuditEntry,
    Claim,
    ClaimedNotification,
    ClockChange,
    CommitOutcome,
    ConnectorKey,
    DeliveryReport,
    DocumentChanges,
    Dropped,
    MirrorPlace,
    NewestRuns,
    Replanned,
    Requeued,
    RuleChange,
    RuleKey,
    RulePage,
    RuleQuery,
    RunRecord,
    Standing,
    StoredRule,
    StoredWindow,
    UntrackedDocument,
    VersionedState,
)
from engine.store import (
    audit_log,
    clock_steps,
    dead_letters,
    documents,
    history,
    leases,
    maintenance_windows,
    mirrors,
    outbox,
    rules,
    runs,
    shelves,
    spaces,
    standing,
)
from engine.store.connections import file_of
from engine.store.session import BUSY_PATIENCE_S, SqliteSession
from engine.store.sqlite_connectors import SqliteConnectors
from engine.store.sqlite_data_views import SqliteDataViews
from engine.store.sqlite_security import SqliteCases, SqliteSecurity
from engine.store.state_cache import StateCache

_log = logging.getLogger(__name__)

_UNWRITABLE = (SQLAlchemyError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What encoding or binding a record raises when something in it cannot be stored."""


def open_store(url: str, *, patience_s: float = BUSY_PATIENCE_S) -> "SqliteStore":
    """The store at ``sqlite:///path`` or, in memory, ``sqlite://``; to be opened yet.

    ``patience_s``: how long to wait while another process keeps the write lock. Raises StoreUnavailable for a URL of
    another kind.
    """
    return SqliteStore(file_of(url), patience_s=patience_s)


class SqliteStore(SqliteSecurity, SqliteCases, SqliteConnectors, SqliteDataViews):
    """`engine.ports.store.Store` on SQLite, where the methods are described.

    ``path`` None is a database in memory, which ends with the store.
    """

    def __init__(self, path: Path | None, *, patience_s: float = BUSY_PATIENCE_S) -> None:
        super().__init__(SqliteSession(path, patience_s=patience_s))
        self._states = StateCache()
        self._window_changes = 0

    async def open(self) -> None:
        await self._session.open()

    async def close(self) -> None:
        await self._session.close()

    async def change_counter(self) -> int:
        """A number that changes when another process has changed the store; cheap enough to be looked at often."""
        return await self._session.change_counter()

    # rules

    async def insert_rule(
        self,
        rule: Rule,
        schedule: Schedule,
        status: RuleStatus,
        audit: AuditEntry | None,
        references: Collection[Reference] = (),
    ) -> bool:
        return await self._session.write_together(rules.insert_rule, rule, schedule, status, audit, references)

    async def load_rules(self, keys: Sequence[RuleKey]) -> dict[RuleKey, StoredRule]:
        return await self._session.read(rules.load_rules, keys)

    async def find_rules(self, space: str, query: RuleQuery) -> RulePage:
        return await self._session.read_aside(rules.find_rules, space, query)

    async def rule_intervals(self) -> dict[str, int]:
        return await self._session.read(rules.count_intervals)

    async def newest_runs(self) -> NewestRuns:
        return await self._session.read_aside(rules.read_newest_runs)

    async def standing(self) -> Standing:
        return await self._session.read_aside(standing.read_standing)

    async def change_rule(self, change: RuleChange) -> bool:
        return await self._session.write_together(rules.change_rule, change)

    async def delete_rule(
        self, key: RuleKey, untracked: Sequence[UntrackedDocument], traces: Sequence[Trace], audit: AuditEntry | None
    ) -> bool:
        return await self._session.write_together(rules.delete_rule, key, untracked, traces, audit)

    async def load_state(self, key: RuleKey) -> VersionedState | None:
        return await self._session.read(rules.load_state, key)

    async def monitoring(self, key: RuleKey) -> list[MonitoringEntry]:
        return await self._session.read(rules.read_monitoring, key)

    # runs

    async def claim_due(self, at: datetime, limit: int, owner: str, lease_until: datetime) -> list[Claim]:
        return await self._session.write_unsynced(leases.claim_due, self._states, at, limit, owner, lease_until)

    async def claim_rule(self, key: RuleKey, planned: datetime, owner: str, lease_until: datetime) -> Claim | None:
        return await self._session.write_unsynced(leases.claim_rule, self._states, key, planned, owner, lease_until)

    async def renew_leases(self, claims: Sequence[Claim], lease_until: datetime) -> list[bool]:
        return await self._session.write_unsynced(leases.renew_leases, claims, lease_until)

    async def release(self, claims: Sequence[Claim]) -> None:
        await self._session.write_unsynced(leases.release, claims)

    async def end_leases(self, owner: str, at: datetime) -> int:
        return await self._session.write_unsynced(_end_leases, owner, at)

    async def next_due(self) -> datetime | None:
        return await self._session.read(leases.next_due)

    async def replan(self, change: ClockChange) -> Replanned:
        return await self._session.write(clock_steps.replan, change)

    async def commit_runs(self, records: Sequence[RunRecord]) -> list[CommitOutcome]:
        try:
            outcomes, states = await self._session.write(runs.commit_runs, records)
        except _UNWRITABLE as error:
            if len(records) == 1:
                _log.exception("the run of %s could not be stored: %s", "/".join(records[0].claim.key), error)
                return [CommitOutcome.REFUSED]
        else:
            for rule_no, version, state in states:
                self._states.put(rule_no, version, state)
            return outcomes
        return [outcome for record in records for outcome in await self.commit_runs([record])]

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
        claim = outbox.claim_notifications
        return await self._session.write_unsynced(claim, at, limit, owner, lease_until, busy_connectors)

    async def finish_notifications(self, reports: Sequence[DeliveryReport]) -> None:
        await self._session.write(outbox.finish_notifications, reports)

    async def next_delivery(self) -> datetime | None:
        return await self._session.read(outbox.next_delivery)

    async def pending_notifications(self) -> int:
        return await self._session.read(outbox.count_pending)

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
        read = outbox.read_notifications
        return await self._session.read_aside(read, space, rule_id, connector_id, ids, state, since, limit)

    async def requeue_notifications(
        self,
        space: str,
        ids: Collection[str],
        at: datetime,
        audit: Mapping[str, AuditEntry],
        *,
        is_forced: bool = False,
    ) -> list[Requeued]:
        # What overtook them may be anywhere in the outbox: looked for without holding up anybody who writes.
        survey = await self._session.read_aside(dead_letters.survey, space, ids)
        return await self._session.write(dead_letters.requeue, survey, at, audit, is_forced)

    async def drop_notifications(
        self, space: str, ids: Collection[str], at: datetime, audit: Mapping[str, AuditEntry]
    ) -> list[Dropped]:
        return await self._session.write(dead_letters.drop, space, ids, at, audit)

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
        return await self._session.read_aside(documents.read_documents, space, rule_id, alert_ids, status, limit)

    async def ended_documents(self, since: Mapping[RuleKey, datetime]) -> dict[RuleKey, list[JsonObject]]:
        return await self._session.read_aside(documents.read_ended_documents, since)

    async def document_changes(self, place: MirrorPlace | None, limit: int) -> DocumentChanges:
        return await self._session.read_aside(mirrors.read_changes, place, limit)

    async def mirror_place(self, name: str) -> MirrorPlace | None:
        return await self._session.read(mirrors.read_place, name)

    async def put_mirror_place(self, name: str, place: MirrorPlace | None) -> None:
        await self._session.write_unsynced(mirrors.put_place, name, place)

    async def alert_exists(self, key: RuleKey, alert_id: str) -> bool:
        return await self._session.read(documents.has_alert, key, alert_id)

    async def traces(
        self, space: str, *, rule_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[Trace]:
        return await self._session.read_aside(history.read_traces, space, rule_id, since, limit)

    async def ledger(
        self, space: str, *, rule_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[RunLedger]:
        return await self._session.read_aside(history.read_ledger, space, rule_id, since, limit)

    # maintenance windows

    async def insert_window(self, window: MaintenanceWindow, audit: AuditEntry | None) -> bool:
        is_done = await self._session.write(maintenance_windows.insert_window, window, audit)
        self._window_changes += is_done
        return is_done

    async def windows(self, space: str, *, may_run_at: datetime | None = None) -> list[StoredWindow]:
        return await self._session.read(maintenance_windows.read_windows, space, may_run_at)

    async def windows_stamp(self) -> Hashable:
        return await self._session.change_counter(), self._window_changes

    async def change_window(self, window: MaintenanceWindow, expected_version: int, audit: AuditEntry | None) -> bool:
        is_done = await self._session.write(maintenance_windows.change_window, window, expected_version, audit)
        self._window_changes += is_done
        return is_done

    async def delete_window(self, space: str, window_id: str, audit: AuditEntry | None) -> bool:
        is_done = await self._session.write(maintenance_windows.delete_window, space, window_id, audit)
        self._window_changes += is_done
        return is_done

    # spaces

    async def spaces(self) -> list[Space]:
        return await self._session.read(spaces.read_spaces)

    async def insert_space(self, space: Space, audit: AuditEntry | None) -> bool:
        return await self._session.write(spaces.insert_space, space, audit)

    async def put_space(self, space: Space, audit: AuditEntry | None) -> None:
        await self._session.write(spaces.put_space, space, audit)

    async def delete_space(self, space_id: str, audit: AuditEntry | None) -> bool:
        is_done = await self._session.write(spaces.delete_space, space_id, audit)
        self._seen(is_done)
        self._noted(is_done)
        self._window_changes += is_done
        return is_done

    # settings and care

    async def space_settings(self, space: str) -> SpaceSettings:
        return await self._session.read(spaces.read_space_settings, space)

    async def put_space_settings(self, space: str, settings: SpaceSettings, audit: AuditEntry | None) -> None:
        await self._session.write(spaces.put_space_settings, space, settings, audit)

    async def apply_retention(self, at: datetime, retention: RetentionSettings) -> int:
        deleted = 0
        for shelf in shelves.shelves_of(at, retention):
            excess = await self._session.read_aside(shelves.measure_excess, shelf)
            rows = shelves.STEP_ROWS
            while rows == shelves.STEP_ROWS:
                rows, freed = await self._session.write(shelves.delete_step, shelf, excess)
                excess -= freed
                deleted += rows
                await asyncio.sleep(0)  # let waiting runs commit between the steps
        return deleted

    async def audit(self, space: str, limit: int = 1000) -> list[AuditEntry]:
        return await self._session.read_aside(audit_log.read_audit, space, limit)


def _end_leases(connection: Connection, owner: str, at: datetime) -> int:
    return leases.end_leases(connection, owner) + outbox.end_leases(connection, owner, at)
