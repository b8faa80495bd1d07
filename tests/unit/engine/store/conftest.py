"""Stores in files, and the least that goes into one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.notification import Notification
from engine.model.outcome import ExecutionStatus, RuleStatus, Schedule
from engine.model.rule import Rule
from engine.model.trace import RuleIdentity, RunTrace
from engine.ports.store import Claim, RuleKey, RunRecord

START = datetime(2026, 1, 1, tzinfo=UTC)


class Least:
    """Values with nothing in them but what is required."""

    start = START
    status = RuleStatus(ExecutionStatus("pending", START))
    schedule = Schedule(START, START)

    @staticmethod
    def rule(rule_id: str = "rule", **members: Any) -> Rule:
        return Rule(rule_id, "name", ".es-query", "alerts", "1m", {}, START, START, **members)

    async def claim(self, store: Any, rule_id: str = "rule") -> Claim:
        """A claim of a rule that is stored first if it is not yet."""
        await store.insert_rule(self.rule(rule_id), self.schedule, self.status, None)
        claim = await store.claim_rule(RuleKey("default", rule_id), START, "node", START + timedelta(hours=1))
        assert isinstance(claim, Claim)
        return claim

    def record(self, claim: Claim, **members: Any) -> RunRecord:
        trace = RunTrace(RuleIdentity(claim.key.id, claim.key.space), "run", START, START, START, "ok", "success")
        return RunRecord(claim=claim, status=self.status, schedule=self.schedule, trace=trace, **members)

    @staticmethod
    def notification(notification_id: str, rule_id: str = "rule") -> Notification:
        return Notification(
            id=notification_id,
            space="default",
            rule_id=rule_id,
            rule_type_id=".es-query",
            execution_uuid="run",
            consumer="alerts",
            action_uuid="action",
            connector_id="connector",
            connector_type_id=".webhook",
            group="hot",
            alert_id=notification_id,
            alert_uuid="uuid",
            params={},
            created_at=START,
        )


@pytest.fixture
def least() -> Least:
    return Least()
