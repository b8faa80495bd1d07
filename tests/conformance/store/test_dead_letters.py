"""Sending notifications again and dropping them: what users may do to what did not arrive."""

from collections.abc import Sequence
from typing import Any

import pytest

from engine.model.notification import Notification
from engine.ports.store import Dropped, LaterNotification, Requeued, RuleKey, Store

SPACE = "default"


class Lane:
    """Messages of one alert to one connector, one a run."""

    def __init__(self, store: Store, make: Any, key: RuleKey) -> None:
        self.store, self.make, self.key = store, make, key
        self.sent: list[Notification] = []

    async def send(self, *ends: str) -> list[str]:
        """Queue one message an end, and let each end so: delivered, dead, dropped, sending, pending, waiting."""
        for end in ends:
            number = len(self.sent) + 1
            message = self.make.notification(self.key, id=f"m{number}", alert_id="a", execution_uuid=f"run-{number}")
            self.sent.append(message)
            await self.make.queued(self.key, message)
            if end == "dropped":
                await self.store.drop_notifications(SPACE, [message.id], self.make.at(), {})
            elif end != "pending":
                await self._attempt(end)
        return [message.id for message in self.sent]

    async def _attempt(self, end: str) -> None:
        (claimed,) = await self.make.sending(limit=1)
        assert claimed.notification == self.sent[-1]
        if end == "waiting":
            report = self.make.report(claimed, "pending", next_attempt_at=self.make.at(40), error="503")
            await self.store.finish_notifications([report])
        elif end != "sending":
            await self.store.finish_notifications([self.make.report(claimed, end, error="400")])

    async def retry(self, ids: Sequence[str], at: float = 1, **settings: Any) -> list[Requeued]:
        audit = {message_id: self.make.audit("retry", object_id=message_id) for message_id in ids}
        return await self.store.requeue_notifications(SPACE, ids, self.make.at(at), audit, **settings)

    async def drop(self, ids: Sequence[str], at: float = 1) -> list[Dropped]:
        audit = {message_id: self.make.audit("drop", object_id=message_id) for message_id in ids}
        return await self.store.drop_notifications(SPACE, ids, self.make.at(at), audit)

    async def states(self) -> list[str]:
        return [stored.state for stored in await self.store.notifications(SPACE)]

    async def audited(self) -> list[tuple[str, str]]:
        return [(entry.operation, entry.object_id) for entry in await self.store.audit(SPACE)]


@pytest.fixture
async def lane(store: Store, make: Any) -> Lane:
    return Lane(store, make, await make.stored())


class TestSendingAgain:
    async def test_a_dead_one_starts_afresh(self, lane: Lane, make: Any) -> None:
        await lane.send("dead")
        assert await lane.retry(["m1"], at=60) == [Requeued("m1", "queued", "pending")]
        (stored,) = await lane.store.notifications(SPACE)
        assert (stored.state, stored.attempts, stored.finished_at) == ("pending", 0, None)
        assert await make.sending(at=59) == []
        (again,) = await make.sending(at=60)
        assert (again.notification, again.attempt) == (lane.sent[0], 1)
        assert await lane.audited() == [("retry", "m1")]

    async def test_dead_ones_sent_again_together_keep_their_order(self, lane: Lane, make: Any) -> None:
        ids = await lane.send("dead", "dead", "pending")
        assert [each.outcome for each in await lane.retry(["m2", "m1"])] == ["queued", "queued"]
        for message_id in ids:
            (claimed,) = await make.sending(at=2)
            assert claimed.notification.id == message_id
            await lane.store.finish_notifications([make.report(claimed, "delivered", 2)])

    @pytest.mark.parametrize("end", ["delivered", "sending", "dead", "dropped"])
    async def test_one_that_was_overtaken_stays_dead(self, lane: Lane, end: str) -> None:
        await lane.send("dead", end)
        later = LaterNotification("m2", end)  # type: ignore[arg-type]
        assert await lane.retry(["m1"]) == [Requeued("m1", "overtaken", "dead", later)]
        assert await lane.states() == ["dead", end]
        assert await lane.audited() == []
        assert await lane.retry(["m1"], is_forced=True) == [Requeued("m1", "queued", "pending")]

    @pytest.mark.parametrize("end", ["pending", "waiting"])
    async def test_a_later_one_that_waits_comes_after_it(self, lane: Lane, make: Any, end: str) -> None:
        await lane.send("dead", end)
        assert await lane.retry(["m1"]) == [Requeued("m1", "queued", "pending")]
        assert [claimed.notification.id for claimed in await make.sending(at=50)] == ["m1"]

    async def test_the_newest_that_overtook_it_is_named(self, lane: Lane) -> None:
        await lane.send("dead", "delivered", "dead")
        (named,) = await lane.retry(["m1"])
        assert named.later == LaterNotification("m3", "dead")
        assert [each.outcome for each in await lane.retry(["m1", "m3"])] == ["overtaken", "queued"]

    async def test_the_newest_dead_one_may_go_alone(self, lane: Lane) -> None:
        await lane.send("delivered", "dead", "dead")
        assert await lane.retry(["m3"]) == [Requeued("m3", "queued", "pending")]

    async def test_what_the_same_run_queued_overtakes_nothing(self, lane: Lane, make: Any) -> None:
        twins = [make.notification(lane.key, alert_id="a", execution_uuid="run") for _ in range(2)]
        await make.queued(lane.key, *twins)
        for end in ("dead", "delivered"):
            (claimed,) = await make.sending(limit=1)
            await lane.store.finish_notifications([make.report(claimed, end)])
        assert [each.outcome for each in await lane.retry([twins[0].id])] == ["queued"]

    @pytest.mark.parametrize("member", ["connector_id", "alert_id"])
    async def test_messages_of_others_overtake_nothing(self, lane: Lane, make: Any, member: str) -> None:
        await lane.send("dead")
        other = make.notification(lane.key, **({"alert_id": "a", "execution_uuid": "x"} | {member: "other"}))
        await make.queued(lane.key, other)
        (claimed,) = await make.sending()
        await lane.store.finish_notifications([make.report(claimed, "delivered")])
        assert [each.outcome for each in await lane.retry(["m1"])] == ["queued"]

    async def test_one_that_waits_for_another_attempt_is_due_now_with_all_behind_it(
        self, lane: Lane, make: Any
    ) -> None:
        await lane.send("waiting", "pending")
        assert await lane.store.next_delivery() == make.at(40)
        assert await lane.retry(["m2"]) == [Requeued("m2", "hastened", "pending")]
        (again,) = await make.sending(at=1)
        assert (again.notification.id, again.attempt) == ("m1", 2)
        await lane.store.finish_notifications([make.report(again, "delivered", 1)])
        assert [claimed.notification.id for claimed in await make.sending(at=1)] == ["m2"]
        assert await lane.audited() == [("retry", "m2")]

    async def test_others_are_left_as_they_are(self, lane: Lane) -> None:
        await lane.send("delivered", "sending")
        assert await lane.retry(["m1", "m2", "unknown"], is_forced=True) == [Requeued("m2", "left", "sending")]
        assert await lane.states() == ["delivered", "sending"]
        assert await lane.audited() == []

    async def test_what_was_delivered_since_it_was_looked_for_counts(
        self, lane: Lane, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await lane.send("dead", "pending")
        write = lane.store._session.write  # type: ignore[attr-defined]

        async def deliver_first(*arguments: Any) -> Any:
            monkeypatch.undo()
            (claimed,) = await make.sending()
            await lane.store.finish_notifications([make.report(claimed, "delivered")])
            await lane.send("delivered")
            return await write(*arguments)

        monkeypatch.setattr(lane.store._session, "write", deliver_first)  # type: ignore[attr-defined]
        (refused,) = await lane.retry(["m1"])
        assert (refused.outcome, refused.later) == ("overtaken", LaterNotification("m3", "delivered"))

    async def test_more_than_one_statement_takes(self, lane: Lane, make: Any) -> None:
        many = [make.notification(lane.key, id=f"n{number}") for number in range(1100)]
        await make.queued(lane.key, *many)
        claimed = await make.sending(limit=2000)
        await lane.store.finish_notifications([make.report(each, "dead") for each in claimed])
        again = await lane.retry([notification.id for notification in many])
        assert [each.outcome for each in again] == ["queued"] * 1100
        assert await lane.store.pending_notifications() == 1100


class TestDropping:
    @pytest.mark.parametrize("end", ["dead", "pending", "waiting"])
    async def test_it_is_never_sent_and_shown_as_dropped(self, lane: Lane, make: Any, end: str) -> None:
        await lane.send(end)
        assert await lane.drop(["m1"], at=3) == [Dropped("m1", True, "dropped")]
        (stored,) = await lane.store.notifications(SPACE)
        assert (stored.state, stored.finished_at, stored.next_attempt_at) == ("dropped", make.at(3), None)
        assert await make.sending(at=99) == []
        assert await lane.store.next_delivery() is None
        assert await lane.retry(["m1"], is_forced=True) == []
        assert await lane.audited() == [("drop", "m1")]

    async def test_one_that_is_being_sent_stays_until_its_lease_has_ended(self, lane: Lane, make: Any) -> None:
        await make.queued(lane.key, make.notification(lane.key, id="m1"))
        (claimed,) = await make.sending(at=0, lease=5)
        assert await lane.drop(["m1"], at=4.9) == [Dropped("m1", False, "sending")]
        assert await lane.audited() == []
        assert await lane.drop(["m1"], at=5) == [Dropped("m1", True, "dropped")]
        await lane.store.finish_notifications([make.report(claimed, "pending", 6, next_attempt_at=make.at(7))])
        assert await lane.states() == ["dropped"]

    async def test_what_waited_behind_it_may_go(self, lane: Lane, make: Any) -> None:
        await lane.send("waiting", "pending")
        await lane.drop(["m1"])
        assert [claimed.notification.id for claimed in await make.sending(at=1)] == ["m2"]

    async def test_delivered_and_unknown_ones_are_left_out(self, lane: Lane) -> None:
        await lane.send("delivered")
        assert await lane.drop(["m1", "unknown"]) == []
        assert await lane.states() == ["delivered"]

    async def test_another_space_has_nothing_to_say(self, lane: Lane, make: Any) -> None:
        await lane.send("dead")
        assert await lane.store.drop_notifications("other", ["m1"], make.at(), {}) == []
        assert await lane.store.requeue_notifications("other", ["m1"], make.at(), {}) == []
        assert await lane.states() == ["dead"]


async def test_reading_by_connector_and_id(store: Store, make: Any) -> None:
    key = await make.stored()
    await make.queued(
        key, *[make.notification(key, id=f"n{number}", connector_id=f"c{number % 2}") for number in range(4)]
    )

    async def found(**query: Any) -> list[str]:
        return [stored.notification.id for stored in await store.notifications(SPACE, **query)]

    assert await found(connector_id="c1") == ["n1", "n3"]
    assert await found(ids=["n3", "n0", "unknown"]) == ["n0", "n3"]
    assert await found(ids=[]) == []
