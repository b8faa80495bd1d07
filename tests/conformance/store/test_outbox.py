"""The outbox: at least once, in order per connector, rule and alert."""

from typing import Any

import pytest

from engine.ports.store import ConnectorKey, RuleKey, Store

SPACE = "default"


@pytest.fixture
async def key(make: Any) -> RuleKey:
    return await make.stored()  # type: ignore[no-any-return]


def ids(claimed: Any) -> list[str]:
    return [claim.notification.id for claim in claimed]


async def test_notifications_come_back_as_they_were_queued(store: Store, make: Any, key: RuleKey) -> None:
    summary = make.notification(key, 1, alert_id=None, alert_uuid=None, params={"é": [1, None, {"x": "\u2028"}]})
    single = make.notification(key, 2, group="recovered", connector_id="c2")
    await make.queued(key, summary, single)
    claimed = await make.sending(at=5)
    assert [claim.notification for claim in claimed] == [summary, single]
    assert [claim.attempt for claim in claimed] == [1, 1]


async def test_only_what_is_due_is_claimed_oldest_first_up_to_the_limit(store: Store, make: Any, key: RuleKey) -> None:
    notifications = [make.notification(key, minute) for minute in (0, 1, 2, 9)]
    await make.queued(key, *notifications)
    expected = [notification.id for notification in notifications]
    assert ids(await make.sending(at=2, limit=2)) == expected[:2]
    assert ids(await make.sending(at=2, limit=2)) == expected[2:3]
    assert ids(await make.sending(at=2, limit=2)) == []


async def test_a_claimed_one_is_not_claimed_again_before_its_lease_ends(store: Store, make: Any, key: RuleKey) -> None:
    await make.queued(key, make.notification(key))
    (first,) = await make.sending(at=0, lease=5)
    assert await make.sending(at=4.9) == []
    (second,) = await make.sending(at=5)
    assert second.notification == first.notification
    assert second.attempt == 2
    assert second.fence > first.fence


async def test_dry_notifications_are_recorded_but_never_sent(store: Store, make: Any, key: RuleKey) -> None:
    dry = make.notification(key, dry=True)
    await make.queued(key, dry)
    assert await make.sending(at=999) == []
    assert await store.next_delivery() is None
    assert await store.pending_notifications() == 0
    (stored,) = await store.notifications(SPACE)
    assert (stored.notification, stored.state) == (dry, "dry")


class TestOrder:
    async def test_one_waits_for_an_older_one_of_the_same_connector_rule_and_alert(
        self, store: Store, make: Any, key: RuleKey
    ) -> None:
        first, second, third = [make.notification(key, minute, alert_id="a") for minute in range(3)]
        await make.queued(key, first, second, third)
        for notification in (first, second, third):
            (claimed,) = await make.sending(at=9)
            assert claimed.notification == notification
            assert await make.sending(at=9) == []
            await store.finish_notifications([make.report(claimed, "delivered", 9)])

    async def test_it_waits_while_the_older_one_is_to_be_tried_again(
        self, store: Store, make: Any, key: RuleKey
    ) -> None:
        first, second = make.notification(key, 0, alert_id="a"), make.notification(key, 1, alert_id="a")
        await make.queued(key, first, second)
        (claimed,) = await make.sending(at=1)
        await store.finish_notifications([make.report(claimed, "pending", 1, next_attempt_at=make.at(30))])
        assert await make.sending(at=29) == []
        assert await store.next_delivery() == make.at(30)
        (again,) = await make.sending(at=30)
        assert again.notification == first
        await store.finish_notifications([make.report(again, "delivered", 30)])
        assert ids(await make.sending(at=30)) == [second.id]

    async def test_one_that_is_dead_holds_nobody_up(self, store: Store, make: Any, key: RuleKey) -> None:
        first, second = make.notification(key, alert_id="a"), make.notification(key, alert_id="a")
        await make.queued(key, first, second)
        await store.finish_notifications([make.report((await make.sending())[0], "dead")])
        assert ids(await make.sending()) == [second.id]

    async def test_a_dry_one_holds_nobody_up(self, store: Store, make: Any, key: RuleKey) -> None:
        sent = make.notification(key, alert_id="a")
        await make.queued(key, make.notification(key, alert_id="a", dry=True), sent)
        assert ids(await make.sending()) == [sent.id]

    @pytest.mark.parametrize("member", ["connector_id", "alert_id", "rule_id", "space"])
    async def test_others_do_not_wait(self, store: Store, make: Any, key: RuleKey, member: str) -> None:
        other = {"connector_id": "c2", "alert_id": "b", "rule_id": "r2", "space": "s2"}[member]
        elsewhere = RuleKey(other if member == "space" else key.space, other if member == "rule_id" else key.id)
        if elsewhere != key:
            await make.stored(id=elsewhere.id, space=elsewhere.space)
        members = {"alert_id": "a", "connector_id": "c"}
        first = make.notification(key, **members)
        if member in members:
            members[member] = other
        second = make.notification(elsewhere, **members)
        await make.queued(key, first)
        await make.queued(elsewhere, second) if elsewhere != key else await store.commit_runs(
            [make.record(await make.claim(key, at=1), notifications=[second])]
        )
        assert ids(await make.sending(at=1)) == [first.id, second.id]

    async def test_summaries_of_a_rule_keep_their_order(self, store: Store, make: Any, key: RuleKey) -> None:
        first, second = make.notification(key, alert_id=None), make.notification(key, alert_id=None)
        await make.queued(key, first, second)
        assert ids(await make.sending()) == [first.id]

    async def test_one_queued_behind_a_waiting_one_later_waits_too(self, store: Store, make: Any, key: RuleKey) -> None:
        first, late = make.notification(key, alert_id="a"), make.notification(key, 2, alert_id="a")
        await make.queued(key, first)
        (claimed,) = await make.sending()
        await store.finish_notifications([make.report(claimed, "pending", 0, next_attempt_at=make.at(30))])
        await store.commit_runs([make.record(await make.claim(key, at=2), at=2, notifications=[late])])
        assert await make.sending(at=29) == []
        assert await store.next_delivery() == make.at(30)


async def test_busy_connectors_get_nothing(store: Store, make: Any, key: RuleKey) -> None:
    busy, free = make.notification(key, connector_id="busy"), make.notification(key, connector_id="free")
    await make.queued(key, busy, free)
    claimed = await store.claim_notifications(
        make.at(), 10, "node", make.at(5), busy_connectors={ConnectorKey(SPACE, "busy"), ConnectorKey("other", "free")}
    )
    assert ids(claimed) == [free.id]
    assert ids(await make.sending()) == [busy.id]


class TestFinishing:
    async def test_delivered(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key))
        (claimed,) = await make.sending(at=1)
        await store.finish_notifications([make.report(claimed, "delivered", 2)])
        (stored,) = await store.notifications(SPACE)
        assert (stored.state, stored.attempts, stored.finished_at) == ("delivered", 1, make.at(2))
        assert (stored.next_attempt_at, stored.last_error) == (None, None)
        assert await store.next_delivery() is None

    async def test_to_be_tried_again(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key))
        (claimed,) = await make.sending(at=1)
        report = make.report(claimed, "pending", 2, error="503", next_attempt_at=make.at(7))
        await store.finish_notifications([report])
        (stored,) = await store.notifications(SPACE)
        assert (stored.state, stored.attempts, stored.last_error) == ("pending", 1, "503")
        assert (stored.next_attempt_at, stored.finished_at) == (make.at(7), None)
        assert await make.sending(at=6.9) == []
        (again,) = await make.sending(at=7)
        assert again.attempt == 2

    async def test_what_was_no_attempt_does_not_count(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key))
        (claimed,) = await make.sending(at=1)
        report = make.report(claimed, "pending", 2, next_attempt_at=make.at(7), is_attempt=False)
        await store.finish_notifications([report])
        (again,) = await make.sending(at=7)
        assert again.attempt == 1
        await store.finish_notifications([make.report(again, "delivered", 8)])
        (stored,) = await store.notifications(SPACE)
        assert (stored.state, stored.attempts) == ("delivered", 1)

    async def test_dead(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key))
        (claimed,) = await make.sending()
        await store.finish_notifications([make.report(claimed, "dead", 3, error="gone")])
        (stored,) = await store.notifications(SPACE, state="dead")
        assert (stored.attempts, stored.last_error, stored.finished_at) == (1, "gone", make.at(3))
        assert await make.sending(at=99) == []

    async def test_reports_under_an_outdated_fence_are_ignored(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key, alert_id="a"), make.notification(key, 0, alert_id="a"))
        (lost,) = await make.sending(at=0, lease=1)
        (held,) = await make.sending(at=1, lease=9)
        await store.finish_notifications([make.report(lost, "pending", 2, next_attempt_at=make.at(99))])
        assert [stored.state for stored in await store.notifications(SPACE)] == ["sending", "pending"]
        await store.finish_notifications([make.report(held, "delivered", 3), make.report(lost, "dead", 3)])
        assert [stored.state for stored in await store.notifications(SPACE)] == ["delivered", "pending"]
        await store.finish_notifications([make.report(held, "dead", 4)])
        assert [stored.state for stored in await store.notifications(SPACE)] == ["delivered", "pending"]
        assert len(await make.sending(at=4)) == 1

    async def test_nothing_to_report(self, store: Store) -> None:
        await store.finish_notifications([])


class TestEndingTheLeasesOfADeadProcess:
    async def test_what_it_was_sending_is_due_at_once_and_its_attempt_counts(
        self, store: Store, make: Any, key: RuleKey
    ) -> None:
        first, second = (make.notification(key, minute, alert_id="same") for minute in (0, 1))
        await make.queued(key, first, second)
        await make.sending(at=1)
        assert await store.end_leases("node", make.at(2)) == 1
        assert await store.next_delivery() == make.at(2)
        (again,) = await make.sending(at=2)
        assert (again.notification, again.attempt) == (first, 2)

    async def test_its_report_is_ignored_before_and_after_another_attempt(
        self, store: Store, make: Any, key: RuleKey
    ) -> None:
        await make.queued(key, make.notification(key))
        (claimed,) = await make.sending()
        await store.end_leases("node", make.at(1))
        for state in ("pending", "sending"):
            await store.finish_notifications([make.report(claimed, "delivered", 1)])
            (stored,) = await store.notifications(SPACE)
            assert stored.state == state
            await make.sending(at=1)

    async def test_what_others_send_stays_theirs(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key), make.notification(key))
        await store.claim_notifications(make.at(0), 1, "another", make.at(5))
        await make.sending(at=0)
        assert await store.end_leases("node", make.at(1)) == 1
        assert len(await make.sending(at=1)) == 1

    async def test_what_waits_keeps_its_time(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key, 7))
        assert await store.end_leases("node", make.at(1)) == 0
        assert await store.next_delivery() == make.at(7)


class TestNextDelivery:
    async def test_the_earliest_attempt(self, store: Store, make: Any, key: RuleKey) -> None:
        assert await store.next_delivery() is None
        await make.queued(key, *[make.notification(key, minute) for minute in (7, 3, 5)])
        assert await store.next_delivery() == make.at(3)

    async def test_one_being_sent_counts_from_the_end_of_its_lease(self, store: Store, make: Any, key: RuleKey) -> None:
        await make.queued(key, make.notification(key, alert_id="a"), make.notification(key, alert_id="a"))
        await make.sending(at=0, lease=5)
        assert await store.next_delivery() == make.at(5)


async def test_pending_counts_those_waiting_and_those_being_sent(store: Store, make: Any, key: RuleKey) -> None:
    await make.queued(key, *[make.notification(key) for _ in range(4)], make.notification(key, dry=True))
    delivered, dead, again = await make.sending(limit=3)
    assert await store.pending_notifications() == 4
    reports = [
        make.report(delivered, "delivered"),
        make.report(dead, "dead"),
        make.report(again, "pending", next_attempt_at=make.at(9)),
    ]
    await store.finish_notifications(reports)
    assert await store.pending_notifications() == 2


class TestReading:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, ["n1", "n2", "n3", "n4"]),
            ({"limit": 2}, ["n3", "n4"]),
            ({"rule_id": "r1"}, ["n1", "n2", "n3"]),
            ({"state": "delivered"}, ["n1"]),
            ({"state": "sending"}, ["n2"]),
            ({"state": "pending", "rule_id": "r2"}, ["n4"]),
            ({"since": 2}, ["n3", "n4"]),
            ({"since": 2, "rule_id": "r1"}, ["n3"]),
        ],
    )
    async def test_filters_and_order(self, store: Store, make: Any, query: dict[str, Any], expected: list[str]) -> None:
        r1, r2, elsewhere = [await make.stored(id=name, space=space) for name, space in
                             [("r1", SPACE), ("r2", SPACE), ("r1", "other")]]  # fmt: skip
        await make.queued(r1, *[make.notification(r1, minute, id=f"n{minute + 1}") for minute in range(3)])
        await make.queued(r2, make.notification(r2, 3, id="n4"))
        await make.queued(elsewhere, make.notification(elsewhere, 3, id="n5"))
        (claimed,) = await make.sending(at=3, limit=1)
        await store.finish_notifications([make.report(claimed, "delivered", 3)])
        await make.sending(at=3, limit=1)
        if "since" in query:
            query = query | {"since": make.at(query["since"])}
        assert [stored.notification.id for stored in await store.notifications(SPACE, **query)] == expected
