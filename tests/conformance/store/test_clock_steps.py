"""What a wall clock that was set leaves behind, put right: runs, leases, attempts."""

from datetime import timedelta
from typing import Any

import pytest

from engine.ports.store import ClockChange, Replanned, RuleKey, Store

NOTHING = Replanned()
HOUR = 60


@pytest.fixture
def replan(store: Store, make: Any) -> Any:
    """``replan(at, step)`` in minutes; leases last 5, those of notifications 11, attempts wait for 60 at most."""

    async def call(at: float, step: float = 0) -> Replanned:
        now = make.at(at)
        until = {
            "lease_until": make.at(at + 5),
            "send_until": make.at(at + 11),
            "attempt_until": make.at(at + 60),
        }
        return await store.replan(ClockChange(at=now, step=timedelta(minutes=step), **until))

    return call


async def due(store: Store, make: Any, at: float) -> list[RuleKey]:
    return [claim.key for claim in await store.claim_due(make.at(at), 10, "node", make.at(at + 5))]


async def sent(make: Any, at: float) -> list[str]:
    return [claimed.notification.id for claimed in await make.sending(at)]


async def fail_once(store: Store, make: Any, at: float, again_at: float) -> None:
    """One that failed at ``at`` and is tried again at ``again_at``, and one behind it."""
    key = await make.stored()
    pair = [make.notification(key, at=at, id=name, alert_id="same") for name in ("first", "second")]
    await make.queued(key, *pair)
    (claimed,) = await make.sending(at)
    report = make.report(claimed, "pending", at, next_attempt_at=make.at(again_at))
    await store.finish_notifications([report])


class TestRules:
    async def test_one_that_runs_later_than_its_interval_allows_is_due_now(
        self, store: Store, make: Any, replan: Any
    ) -> None:
        late, on_time = await make.stored(next_run=61), await make.stored(next_run=1)
        in_a_day, too_late = await make.stored(next_run=61, interval="1d"), await make.stored(1441, interval="1d")
        assert await replan(at=0) == Replanned(rules=2)
        assert await due(store, make, at=0) == [late, too_late]
        assert await due(store, make, at=1) == [on_time]
        assert await due(store, make, at=61) == [late, too_late, on_time, in_a_day]

    async def test_its_slots_stay(self, store: Store, make: Any, replan: Any) -> None:
        key = await make.stored(next_run=61)
        await replan(at=0)
        schedule = (await store.load_rules([key]))[key].schedule
        assert (schedule.next_run, schedule.anchor) == (make.at(0), make.at(61))
        assert schedule.public_next_run == make.at(0)

    async def test_a_disabled_one_stays_unscheduled(self, store: Store, make: Any, replan: Any) -> None:
        await make.stored(next_run=61, enabled=False)
        assert await replan(at=0) == NOTHING
        assert await store.next_due() is None

    async def test_a_run_under_way_does_not_put_it_off_again(self, store: Store, make: Any, replan: Any) -> None:
        """It looked at a window of the wrong time."""
        claim = await make.claim(await make.stored(next_run=61), at=61)
        await replan(at=0, step=-61)
        assert [outcome.value for outcome in await store.commit_runs([make.record(claim, at=62)])] == ["committed"]
        assert await due(store, make, at=0) == [claim.key]

    async def test_a_user_who_changed_the_schedule_since_is_not_overruled(
        self, store: Store, make: Any, replan: Any
    ) -> None:
        key = await make.stored(next_run=1)
        assert await replan(at=0, step=-61) == NOTHING
        assert (await store.load_rules([key]))[key].schedule.next_run == make.at(1)


class TestLeases:
    async def test_one_that_lasts_too_long_ends_like_a_fresh_one(self, store: Store, make: Any, replan: Any) -> None:
        key = await make.stored(next_run=0)
        await make.claim(key, at=HOUR, lease=5)
        assert await replan(at=0) == Replanned(leases=1)
        assert await due(store, make, at=4.9) == []
        assert await due(store, make, at=5) == [key]

    async def test_one_that_a_step_forward_ended_holds_on(self, store: Store, make: Any, replan: Any) -> None:
        claim = await make.claim(await make.stored(next_run=0), at=0, lease=5)
        assert await replan(at=HOUR, step=HOUR - 1) == Replanned(leases=1)
        assert await due(store, make, at=HOUR) == []
        assert await store.renew_leases([claim], make.at(HOUR + 6)) == [True]

    async def test_one_that_had_ended_before_stays_so(self, store: Store, make: Any, replan: Any) -> None:
        key = await make.stored(next_run=0)
        await make.claim(key, at=0, lease=5)
        assert await replan(at=HOUR, step=HOUR - 6) == NOTHING
        assert await due(store, make, at=HOUR) == [key]

    async def test_a_valid_one_stays_as_it_is(self, store: Store, make: Any, replan: Any) -> None:
        key = await make.stored(next_run=0)
        await make.claim(key, at=0, lease=3)
        assert await replan(at=1) == await replan(at=1, step=-1) == await replan(at=1, step=1) == NOTHING
        assert await due(store, make, at=3) == [key]


class TestNotifications:
    async def test_a_new_one_is_due_though_made_later_than_now(self, make: Any, replan: Any) -> None:
        key = await make.stored()
        await make.queued(key, make.notification(key, at=HOUR, id="new"))
        assert await replan(at=0) == Replanned(notifications=1)
        assert await sent(make, at=0) == ["new"]

    async def test_one_waits_as_much_longer_as_it_would_have(self, store: Store, make: Any, replan: Any) -> None:
        await fail_once(store, make, at=50, again_at=55)
        await replan(at=10, step=-41)
        assert await store.next_delivery() == make.at(14)
        assert await sent(make, at=13) == []
        assert await sent(make, at=14) == ["first"]

    async def test_one_that_would_have_been_due_is_due(self, store: Store, make: Any, replan: Any) -> None:
        await fail_once(store, make, at=50, again_at=51)
        await replan(at=10, step=-45)
        assert await sent(make, at=10) == ["first"]

    async def test_without_a_known_step_it_waits_no_longer_than_any_may(
        self, store: Store, make: Any, replan: Any
    ) -> None:
        await fail_once(store, make, at=120, again_at=150)
        await replan(at=0)
        assert await store.next_delivery() == make.at(60)

    async def test_one_that_waits_as_it_may_stays_as_it_is(self, store: Store, make: Any, replan: Any) -> None:
        await fail_once(store, make, at=0, again_at=59)
        assert await replan(at=0) == await replan(at=0, step=30) == NOTHING
        assert await store.next_delivery() == make.at(59)

    async def test_one_being_sent_for_too_long_is_free_like_a_fresh_one(
        self, store: Store, make: Any, replan: Any
    ) -> None:
        key = await make.stored()
        await make.queued(key, make.notification(key, id="held"))
        await make.sending(at=0, lease=100)
        assert await replan(at=0) == Replanned(notifications=1)
        assert await store.next_delivery() == make.at(11)

    async def test_one_being_sent_is_not_sent_twice_by_a_step_forward(
        self, store: Store, make: Any, replan: Any
    ) -> None:
        key = await make.stored()
        await make.queued(key, make.notification(key, id="held"))
        await make.sending(at=0, lease=11)
        assert await replan(at=HOUR, step=HOUR - 1) == Replanned(notifications=1)
        assert await sent(make, at=HOUR + 10) == []
        assert await sent(make, at=HOUR + 11) == ["held"]

    async def test_those_that_are_done_stay_done(self, store: Store, make: Any, replan: Any) -> None:
        key = await make.stored()
        await make.queued(key, make.notification(key, id="dead"), make.notification(key, id="dry", dry=True))
        (claimed,) = await make.sending(at=0)
        await store.finish_notifications([make.report(claimed, "dead")])
        assert (await replan(at=-HOUR, step=-HOUR)).notifications == 0
        assert await store.next_delivery() is None
