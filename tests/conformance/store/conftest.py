"""What every store is held to: the fixture ``store`` is each implementation in turn, ``make`` builds what goes in."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.model.alert import Alert, RuleState
from engine.model.notification import Notification
from engine.model.outcome import AlertsCount, ExecutionStatus, LastRun, MonitoringEntry, RuleStatus, Schedule
from engine.model.rule import Rule
from engine.model.trace import RuleIdentity, RunTrace
from engine.ports.store import (
    AuditEntry,
    Claim,
    ClaimedNotification,
    DeliveryReport,
    NewDocument,
    RuleKey,
    RunRecord,
    Store,
)
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite file", "sqlite memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = sqlite_url(tmp_path / "store.db") if request.param == "sqlite file" else "sqlite://"
    opened = open_store(url)
    await opened.open()
    yield opened
    await opened.close()


class Make:
    """Builders with defaults; every id is new, every instant an offset in minutes from `START`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = count(1)

    @staticmethod
    def at(minutes: float = 0) -> datetime:
        return START + timedelta(minutes=minutes)

    def id(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"

    def rule(self, **members: Any) -> Rule:
        rule_id = members.pop("id", None) or self.id("rule")
        defaults: dict[str, Any] = {
            "name": f"name of {rule_id}",
            "rule_type_id": ".es-query",
            "consumer": "alerts",
            "interval": "1m",
            "params": {"size": 10},
            "created_at": START,
            "updated_at": START,
        }
        return Rule(**(defaults | {"id": rule_id} | members))

    def status(self, name: str = "pending", **members: Any) -> RuleStatus:
        return RuleStatus(ExecutionStatus(name, members.pop("at", START)), **members)  # type: ignore[arg-type]

    async def stored(self, next_run: float | None = 0, **members: Any) -> RuleKey:
        """A stored rule; ``next_run`` in minutes."""
        rule = self.rule(**members)
        instant = None if next_run is None else self.at(next_run)
        assert await self._store.insert_rule(rule, Schedule(instant, instant), self.status(), None)
        return RuleKey(rule.space, rule.id)

    async def claim(self, key: RuleKey, at: float = 0, lease: float = 5) -> Claim:
        claim = await self._store.claim_rule(key, self.at(at), "node", self.at(at + lease))
        assert claim is not None
        return claim

    def record(self, claim: Claim, at: float = 0, **members: Any) -> RunRecord:
        """A successful run, next due a minute later, with the state it was claimed with."""
        instant = self.at(at)
        defaults: dict[str, Any] = {
            "status": RuleStatus(
                ExecutionStatus("ok", instant, 7), LastRun("succeeded", alerts_count=AlertsCount(active=1))
            ),
            "schedule": Schedule(self.at(at + 1), START, claim.planned),
            "trace": self.trace(claim.key, at),
            "monitoring": MonitoringEntry(instant, True, 7),
            "state": claim.state,
        }
        return RunRecord(claim=claim, **(defaults | members))

    def trace(self, key: RuleKey, at: float = 0, **members: Any) -> RunTrace:
        instant = self.at(at)
        defaults: dict[str, Any] = {
            "rule": RuleIdentity(key.id, key.space),
            "execution_uuid": self.id("execution"),
            "scheduled_at": instant,
            "started_at": instant,
            "ended_at": instant,
            "status": "ok",
            "outcome": "success",
        }
        return RunTrace(**(defaults | members))

    def notification(self, key: RuleKey, at: float = 0, **members: Any) -> Notification:
        defaults: dict[str, Any] = {
            "id": self.id("notification"),
            "rule_type_id": ".es-query",
            "execution_uuid": "execution",
            "consumer": "alerts",
            "action_uuid": "action",
            "connector_id": "connector",
            "connector_type_id": ".webhook",
            "group": "query matched",
            "alert_id": self.id("alert"),
            "alert_uuid": "uuid",
            "params": {"body": "text"},
            "created_at": self.at(at),
        }
        return Notification(space=key.space, rule_id=key.id, **(defaults | members))

    async def queued(self, key: RuleKey, *notifications: Notification) -> None:
        """Commit a run that leaves these notifications."""
        record = self.record(await self.claim(key), notifications=list(notifications))
        await self._store.commit_runs([record])

    async def sending(self, at: float = 0, limit: int = 100, lease: float = 5) -> list[ClaimedNotification]:
        return await self._store.claim_notifications(self.at(at), limit, "node", self.at(at + lease))

    def report(self, claimed: ClaimedNotification, state: str, at: float = 0, **members: Any) -> DeliveryReport:
        return DeliveryReport(claimed, state, self.at(at), **members)  # type: ignore[arg-type]

    def alert(self, alert_id: str = "host-1", **members: Any) -> Alert:
        defaults: dict[str, Any] = {"uuid": self.id("uuid"), "start": START, "visible": True, "group": "query matched"}
        alert = Alert(id=alert_id, **(defaults | members))
        alert.fields = alert.fields or {"kibana.alert.status": "active", "kibana.alert.uuid": alert.uuid}
        return alert

    def new_document(self, alert: Alert, **members: Any) -> NewDocument:
        defaults: dict[str, Any] = {"start": alert.start, "rule_fields": {"kibana.alert.rule.name": "first"}}
        return NewDocument(alert.uuid, alert.id, **(defaults | members))

    @staticmethod
    def state(*alerts: Alert, **members: Any) -> RuleState:
        return RuleState(active={alert.id: alert for alert in alerts}, **members)

    def audit(self, operation: str = "create", **members: Any) -> AuditEntry:
        defaults: dict[str, Any] = {
            "at": START,
            "actor": "someone",
            "object_kind": "rule",
            "object_id": "rule",
            "space": "default",
        }
        return AuditEntry(operation=operation, **(defaults | members))

    @staticmethod
    def changed(claim: Claim, **members: Any) -> Claim:
        return replace(claim, **members)


@pytest.fixture
def make(store: Store) -> Make:
    return Make(store)
