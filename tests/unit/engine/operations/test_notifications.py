"""Sending notifications again and dropping them: what users are told, and what is kept of who did it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.model.errors import NotFound
from engine.model.notification import Notification
from engine.model.outcome import ExecutionStatus, RuleStatus, Schedule
from engine.model.trace import RuleIdentity, RunTrace
from engine.operations.notifications import Notifications
from engine.ports.store import DeliveryReport, LaterNotification, RuleKey, RunRecord

SECOND = timedelta(seconds=1)


class Outbox:
    """Notifications of the rule ``r`` about the alert ``a``; each by a run of its own, and ended as asked."""

    def __init__(self, world: Any, now: datetime) -> None:
        self.store, self.now = world.store, now
        self.notifications = Notifications(world.store)

    async def holds(self, **ends: str) -> None:
        for notification_id, end in ends.items():
            await self._queue(notification_id)
            if end != "pending":
                (claimed,) = await self.store.claim_notifications(self.now, 10, "test", self.now + 60 * SECOND)
                if end != "sending":
                    await self.store.finish_notifications([DeliveryReport(claimed, end, self.now, "refused")])  # type: ignore[arg-type]

    async def _queue(self, notification_id: str) -> None:
        connector = "pager" if notification_id.startswith("p") else "chat"
        notification = Notification(
            notification_id, "default", "r", ".level", f"run-{notification_id}", "alerts", "action", connector, ".log",
            "high", f"alert of {connector}", "uuid", {"message": "m"}, self.now,
        )  # fmt: skip
        claim = await self.store.claim_rule(RuleKey("default", "r"), self.now, "test", self.now + 60 * SECOND)
        trace = RunTrace(RuleIdentity("r", "default"), "run", self.now, self.now, self.now, "ok", "success")
        status = RuleStatus(ExecutionStatus("ok", self.now, 1))
        record = RunRecord(claim, status, Schedule(None, None), trace, notifications=[notification])
        await self.store.commit_runs([record])

    async def states(self) -> dict[str, str]:
        return {stored.notification.id: stored.state for stored in await self.notifications.find()}


@pytest.fixture
async def outbox(world: Any, body: Any, now: datetime) -> Outbox:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    return Outbox(world, now)


async def test_retrying_is_recorded_with_who_and_what(outbox: Outbox, now: datetime) -> None:
    await outbox.holds(p1="dead")
    (retried,) = await outbox.notifications.retry(["p1"], at=now, actor="ann")
    assert (retried.id, retried.outcome, retried.is_accepted) == ("p1", "queued", True)
    entry = (await outbox.store.audit("default"))[-1]
    assert (entry.actor, entry.operation, entry.object_kind, entry.object_id) == ("ann", "retry", "notification", "p1")
    assert entry.details == {"rule_id": "r", "connector_id": "pager", "alert_id": "alert of pager"}


async def test_that_it_was_forced_is_recorded(outbox: Outbox, now: datetime) -> None:
    await outbox.holds(p1="dead", p2="delivered")
    (refused,) = await outbox.notifications.retry(["p1"], at=now, actor="ann")
    assert (refused.outcome, refused.later, refused.is_accepted) == (
        "overtaken",
        LaterNotification("p2", "delivered"),
        False,
    )
    (forced,) = await outbox.notifications.retry(["p1"], at=now, actor="ann", is_forced=True)
    assert forced.is_accepted
    audited = [entry.details.get("forced") for entry in await outbox.store.audit("default")]
    assert audited == [None, True], "the rule's creation, and nothing of what was refused"


@pytest.mark.parametrize("end", ["delivered", "sending"])
async def test_what_is_not_dead_is_left_as_it_is(outbox: Outbox, now: datetime, end: str) -> None:
    await outbox.holds(p1=end)
    (left,) = await outbox.notifications.retry(["p1"], at=now, actor=None)
    assert (left.outcome, left.state, left.is_accepted) == ("left", end, False)
    (kept,) = await outbox.notifications.drop(["p1"], at=now, actor=None)
    assert (kept.is_dropped, kept.state) == (False, end)


async def test_all_dead_ones_of_a_connector(outbox: Outbox, now: datetime) -> None:
    await outbox.holds(p1="dead", c1="dead", p2="dead", p3="pending")
    retried = await outbox.notifications.retry_dead(at=now, actor=None, connector_id="pager")
    assert [(each.id, each.outcome) for each in retried] == [("p1", "queued"), ("p2", "queued")]
    assert await outbox.states() == {"p1": "pending", "c1": "dead", "p2": "pending", "p3": "pending"}


async def test_all_dead_ones_of_a_rule(outbox: Outbox, now: datetime) -> None:
    await outbox.holds(p1="dead", c1="dead")
    assert await outbox.notifications.retry_dead(at=now, actor=None, rule_id="other") == []
    assert await outbox.notifications.drop_dead(at=now, actor=None, rule_id="other") == []
    dropped = await outbox.notifications.drop_dead(at=now, actor="bob", rule_id="r")
    assert [(each.id, each.is_dropped, each.state) for each in dropped] == [
        ("p1", True, "dropped"),
        ("c1", True, "dropped"),
    ]
    entries = (await outbox.store.audit("default"))[-2:]
    assert [(entry.actor, entry.operation, entry.object_id) for entry in entries] == [
        ("bob", "drop", "p1"),
        ("bob", "drop", "c1"),
    ]


async def test_an_unknown_id_stops_everything(outbox: Outbox, now: datetime) -> None:
    await outbox.holds(p1="dead")
    with pytest.raises(NotFound, match=r"notification \[x\]"):
        await outbox.notifications.retry(["p1", "x"], at=now, actor=None)
    with pytest.raises(NotFound, match=r"notification \[x\]"):
        await outbox.notifications.drop(["p1", "x"], at=now, actor=None)
    assert await outbox.states() == {"p1": "dead"}


async def test_finding(outbox: Outbox) -> None:
    await outbox.holds(p1="dead", c1="delivered", p2="delivered", p3="pending")

    async def found(**query: Any) -> list[str]:
        return [stored.notification.id for stored in await outbox.notifications.find(**query)]

    assert await found(connector_id="pager", state="delivered") == ["p2"]
    assert await found(rule_id="r", limit=2) == ["p2", "p3"]
    assert await found(space="other") == []
