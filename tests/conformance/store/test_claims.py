"""Claims and leases: who may run which rule until when."""

from typing import Any

from engine.model.outcome import Schedule
from engine.ports.store import Claim, RuleChange, RuleKey, Store


async def claim_due(store: Store, make: Any, at: float, limit: int = 10, lease: float = 5) -> list[Claim]:
    return await store.claim_due(make.at(at), limit, "node", make.at(at + lease))


async def test_due_rules_are_claimed_most_overdue_first(store: Store, make: Any) -> None:
    keys = [await make.stored(next_run=minute) for minute in (3, 1, 2, 9)]
    claims = await claim_due(store, make, at=3)
    assert [claim.key for claim in claims] == [keys[1], keys[2], keys[0]]
    assert [claim.planned for claim in claims] == [make.at(1), make.at(2), make.at(3)]


async def test_no_more_than_the_limit_is_claimed(store: Store, make: Any) -> None:
    for _ in range(3):
        await make.stored()
    assert [len(await claim_due(store, make, at=0, limit=2)) for _ in range(3)] == [2, 1, 0]


async def test_rules_of_all_spaces_are_claimed(store: Store, make: Any) -> None:
    keys = {await make.stored(id="same", space=space) for space in ("a", "b")}
    assert {claim.key for claim in await claim_due(store, make, at=0)} == keys


async def test_a_claim_carries_what_the_run_needs(store: Store, make: Any) -> None:
    rule = make.rule()
    key = RuleKey(rule.space, rule.id)
    schedule = Schedule(make.at(1), make.at(0), make.at(-1), make.at(2))
    await store.insert_rule(rule, schedule, make.status(), None)
    state = make.state(make.alert(), type_state={"cursor": 5}, previous_started_at=make.at(-1))
    await store.change_rule(RuleChange(rule, 1, state=state))
    (claim,) = await claim_due(store, make, at=1)
    stored = (await store.load_rules([key]))[key]
    assert (claim.key, claim.version, claim.schedule) == (key, stored.version, schedule)
    assert claim.state == state
    versioned = await store.load_state(key)
    assert versioned is not None
    assert claim.state_version == versioned.version


async def test_unscheduled_and_disabled_rules_are_not_due(store: Store, make: Any) -> None:
    await make.stored(next_run=None)
    await make.stored(next_run=0, enabled=False)
    assert await claim_due(store, make, at=99) == []
    assert await store.next_due() is None


async def test_a_leased_rule_is_claimed_again_only_when_its_lease_has_ended(store: Store, make: Any) -> None:
    await make.stored(next_run=0)
    (first,) = await claim_due(store, make, at=0, lease=5)
    assert await claim_due(store, make, at=4) == []
    (second,) = await claim_due(store, make, at=5)
    assert second.planned == first.planned
    assert second.fence > first.fence


async def test_a_rule_is_running_while_it_is_leased(store: Store, make: Any) -> None:
    key = await make.stored()

    async def is_running() -> bool:
        return (await store.load_rules([key]))[key].status.running

    assert not await is_running()
    claim = await make.claim(key)
    assert await is_running()
    await store.commit_runs([make.record(claim)])
    assert not await is_running()


class TestClaimingOne:
    async def test_its_schedule_does_not_matter(self, store: Store, make: Any) -> None:
        for key in [await make.stored(next_run=99), await make.stored(next_run=None), await make.stored(enabled=False)]:
            claim = await make.claim(key, at=3)
            assert (claim.key, claim.planned) == (key, make.at(3))

    async def test_an_unknown_rule_is_none(self, store: Store, make: Any) -> None:
        assert await store.claim_rule(RuleKey("default", "unknown"), make.at(), "node", make.at(5)) is None

    async def test_a_rule_leased_beyond_the_planned_time_is_none(self, store: Store, make: Any) -> None:
        key = await make.stored()
        await make.claim(key, at=0, lease=5)
        assert await store.claim_rule(key, make.at(4), "other", make.at(9)) is None
        assert await store.claim_rule(key, make.at(5), "other", make.at(9)) is not None


class TestRenewing:
    async def test_a_renewed_lease_lasts_longer(self, store: Store, make: Any) -> None:
        await make.stored()
        claims = await claim_due(store, make, at=0, lease=5)
        assert await store.renew_leases(claims, make.at(20)) == [True]
        assert await claim_due(store, make, at=10) == []
        assert len(await claim_due(store, make, at=20)) == 1

    async def test_each_lost_lease_is_false_and_stays_lost(self, store: Store, make: Any) -> None:
        kept, lost, deleted, committed = [await make.claim(await make.stored(next_run=0), lease=5) for _ in range(4)]
        await make.claim(lost.key, at=5, lease=5)
        await store.delete_rule(deleted.key, [], [], None)
        await store.commit_runs([make.record(committed)])
        assert await store.renew_leases([lost, kept, deleted, committed], make.at(60)) == [False, True, False, False]
        assert await store.claim_rule(lost.key, make.at(10), "node", make.at(15)) is not None

    async def test_nothing_to_renew(self, store: Store, make: Any) -> None:
        assert await store.renew_leases([], make.at()) == []


class TestReleasing:
    async def test_released_rules_stay_due(self, store: Store, make: Any) -> None:
        await make.stored(next_run=0)
        claims = await claim_due(store, make, at=1)
        await store.release(claims)
        (again,) = await claim_due(store, make, at=1)
        assert again.planned == make.at(0)

    async def test_a_released_claim_cannot_commit(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.release([claim])
        (outcome,) = await store.commit_runs([make.record(claim)])
        assert outcome.value == "fenced"

    async def test_a_lost_lease_is_not_released(self, store: Store, make: Any) -> None:
        lost = await make.claim(await make.stored(), at=0, lease=1)
        await make.claim(lost.key, at=1, lease=9)
        await store.release([lost])
        assert await store.claim_rule(lost.key, make.at(2), "node", make.at(3)) is None


class TestEndingTheLeasesOfADeadProcess:
    async def test_its_rules_are_due_at_once_and_run_for_the_same_slot(self, store: Store, make: Any) -> None:
        await make.stored(next_run=0)
        await make.stored(next_run=9)
        (dead,) = await claim_due(store, make, at=1)
        assert await store.end_leases("node", make.at(2)) == 1
        assert await store.next_due() == make.at(0)
        (again,) = await claim_due(store, make, at=2)
        assert (again.key, again.planned) == (dead.key, make.at(0))

    async def test_it_cannot_commit_any_more(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.end_leases("node", make.at(1))
        (outcome,) = await store.commit_runs([make.record(claim)])
        assert outcome.value == "fenced"

    async def test_leases_of_others_stay(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored(), at=0, lease=5)
        assert await store.end_leases("nod", make.at(1)) == 0
        assert await store.renew_leases([claim], make.at(9)) == [True]


class TestNextDue:
    async def test_the_earliest_next_run(self, store: Store, make: Any) -> None:
        assert await store.next_due() is None
        for minute in (5, 3, 4):
            await make.stored(next_run=minute)
        assert await store.next_due() == make.at(3)

    async def test_a_leased_rule_counts_from_the_end_of_its_lease(self, store: Store, make: Any) -> None:
        await make.stored(next_run=3)
        await claim_due(store, make, at=3, lease=10)
        assert await store.next_due() == make.at(13)
        await make.stored(next_run=20)
        assert await store.next_due() == make.at(13)
        await make.stored(next_run=12)
        assert await store.next_due() == make.at(12)

    async def test_a_rule_leased_before_its_time_counts_from_its_next_run(self, store: Store, make: Any) -> None:
        await make.claim(await make.stored(next_run=30), at=0, lease=5)
        assert await store.next_due() == make.at(30)

    async def test_it_is_when_claiming_finds_a_rule(self, store: Store, make: Any) -> None:
        for minute in (0, 1, 2):
            await make.stored(next_run=minute)
        await claim_due(store, make, at=1, lease=0.5)
        for _ in range(3):
            due = await store.next_due()
            assert due is not None
            assert len(await store.claim_due(due, 1, "node", make.at(60))) == 1
        assert await store.next_due() == make.at(60)
