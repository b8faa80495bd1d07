"""Retention: history goes by age and by size, oldest first; what is in use stays."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.model.settings import RetentionSettings
from engine.ports.store import ClosedDocument, RuleKey, Store

SPACE = "default"
KEEP = RetentionSettings()
DAY = 24 * 60


@pytest.fixture
async def key(make: Any) -> RuleKey:
    return await make.stored()  # type: ignore[no-any-return]


async def run(store: Store, make: Any, key: RuleKey, at: float, **members: Any) -> None:
    claim = await make.claim(key, at=at)
    await store.commit_runs([make.record(claim, at, **members)])


async def test_nothing_goes_within_the_bounds(store: Store, make: Any, key: RuleKey) -> None:
    await run(store, make, key, 0, notifications=[make.notification(key, dry=True)])
    assert await store.apply_retention(make.at(DAY), KEEP) == 0
    assert len(await store.traces(SPACE)) == len(await store.notifications(SPACE)) == 1


async def test_runs_go_by_age(store: Store, make: Any, key: RuleKey) -> None:
    for day in range(4):
        await run(store, make, key, day * DAY)
    deleted = await store.apply_retention(make.at(4 * DAY), replace(KEEP, events_days=2))
    assert deleted == 2
    assert [trace.started_at for trace in await store.traces(SPACE)] == [make.at(2 * DAY), make.at(3 * DAY)]


async def test_runs_go_by_size_oldest_first(store: Store, make: Any, key: RuleKey) -> None:
    for minute in range(10):
        trace = make.trace(key, minute, message="x" * 5000)
        await run(store, make, key, minute, trace=trace)
    deleted = await store.apply_retention(make.at(10), replace(KEEP, events_bytes=22_000))
    left = await store.traces(SPACE)
    assert [trace.started_at for trace in left] == [make.at(minute) for minute in range(deleted, 10)]
    assert 3 <= len(left) <= 4
    assert await store.apply_retention(make.at(10), replace(KEEP, events_bytes=22_000)) == 0


async def test_more_rows_than_one_step_takes_go(store: Store, make: Any, key: RuleKey) -> None:
    traces = [make.trace(key, minute) for minute in range(1201)]
    await store.delete_rule(key, [], traces, None)
    assert await store.apply_retention(make.at(99 * DAY), KEEP) == 1201
    assert await store.traces(SPACE) == []


class TestDocuments:
    @pytest.fixture(autouse=True)
    async def _documents(self, store: Store, make: Any, key: RuleKey) -> None:
        ended = [make.alert(f"ended-{day}", start=make.at(-99 * DAY)) for day in range(3)]
        active = make.alert("active", start=make.at(-99 * DAY))
        await run(
            store,
            make,
            key,
            0,
            state=make.state(active),
            new_documents=[make.new_document(alert) for alert in [active, *ended]],
            closed_documents=[
                ClosedDocument(alert.uuid, make.at(day * DAY), {"kibana.alert.reason": "x" * 1000})
                for day, alert in enumerate(ended)
            ],
        )

    async def left(self, store: Store) -> list[str]:
        return sorted(document["kibana.alert.instance.id"] for document in await store.documents(SPACE))

    async def test_ended_ones_go_by_the_age_of_their_end(self, store: Store, make: Any) -> None:
        assert await store.apply_retention(make.at(3 * DAY), replace(KEEP, documents_days=2)) == 1
        assert await self.left(store) == ["active", "ended-1", "ended-2"]

    async def test_ended_ones_go_by_size_and_active_ones_stay(self, store: Store, make: Any) -> None:
        assert await store.apply_retention(make.at(), replace(KEEP, documents_bytes=3500)) == 1
        assert await self.left(store) == ["active", "ended-1", "ended-2"]
        assert await store.apply_retention(make.at(), replace(KEEP, documents_bytes=0)) == 2
        assert await self.left(store) == ["active"]


class TestNotifications:
    @pytest.fixture(autouse=True)
    async def _notifications(self, store: Store, make: Any, key: RuleKey) -> None:
        names = ("delivered", "dead", "sending", "pending")
        queued = [make.notification(key, minute, id=name) for minute, name in enumerate(names)]
        await make.queued(key, *queued, make.notification(key, id="dry", dry=True))
        delivered, dead, _ = await make.sending(at=2, limit=3)
        await store.finish_notifications([make.report(delivered, "delivered"), make.report(dead, "dead")])

    async def left(self, store: Store) -> set[str]:
        return {stored.notification.id for stored in await store.notifications(SPACE)}

    @pytest.mark.parametrize("bound", [{"notifications_days": 1}, {"notifications_bytes": 0}])
    async def test_undelivered_ones_stay(self, store: Store, make: Any, bound: dict[str, int]) -> None:
        keep = replace(KEEP, events_days=999, **bound)
        assert await store.apply_retention(make.at(2 * DAY), keep) == 2
        assert await self.left(store) == {"dead", "sending", "pending"}

    async def test_a_delivered_one_is_as_old_as_its_delivery(self, store: Store, make: Any, key: RuleKey) -> None:
        (pending,) = await make.sending(at=3)
        await store.finish_notifications([make.report(pending, "delivered", 5 * DAY)])
        await store.apply_retention(make.at(0) + timedelta(days=6), replace(KEEP, notifications_days=2))
        assert await self.left(store) == {"dead", "sending", "pending"}
