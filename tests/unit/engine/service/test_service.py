"""One tick: everything due is run once and delivered, whatever single runs, sends or the store do."""

import asyncio
from datetime import timedelta

import pytest

from engine.model.connector import ConnectorResult
from engine.model.errors import StoreUnavailable
from engine.ports.store import RuleKey

MINUTE = timedelta(minutes=1)


async def tick(world):
    return await world.service.tick(world.clock.now())


async def test_an_idle_tick(world):
    report = await tick(world)
    assert report.runs == []
    assert await world.service.next_due() is None


async def test_a_rule_runs_at_once_and_then_in_each_slot(world):
    began = world.clock.now()
    await world.add_rule()
    assert await world.service.next_due() == began
    started = []
    for _ in range(3):
        started += [run.record.trace.started_at for run in await world.tick()]
        assert await world.tick() == [], "nothing is left at this instant"
        world.clock.set(await world.service.next_due())
    assert started == [began, began + MINUTE, began + 2 * MINUTE]


async def test_missed_slots_are_made_up_for_by_one_run(world):
    await world.add_rule()
    await world.tick()
    world.clock.advance(timedelta(minutes=10, seconds=20))
    late = world.clock.now()
    assert len(await world.tick()) == 1
    assert await world.service.next_due() == late + timedelta(seconds=40)


async def test_more_rules_than_a_batch_holds(world, monkeypatch):
    monkeypatch.setattr("engine.service.service._MOST_RULES_A_BATCH", 2)
    monkeypatch.setattr("engine.service.service._MOST_RUNS_IN_FLIGHT", 3)
    for number in range(7):
        await world.add_rule(str(number))
    assert sorted(run.claim.key.id for run in await world.tick()) == [str(number) for number in range(7)]
    assert await world.tick() == []


async def test_rules_begin_before_all_that_are_due_are_claimed(world, monkeypatch):
    monkeypatch.setattr("engine.service.service._MOST_RULES_A_BATCH", 2)
    for number in range(6):
        await world.add_rule(str(number))
    claim_due, begun_at_claims = world.store.claim_due, []

    async def claim_and_count(*args):
        begun_at_claims.append(len(world.rule_type.contexts))
        return await claim_due(*args)

    monkeypatch.setattr(world.store, "claim_due", claim_and_count)
    await world.tick()
    assert begun_at_claims == [0, 2, 4, 6]


async def test_what_is_queued_is_delivered(world):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a", "b"]
    report = await tick(world)
    assert world.sent() == ["a", "b"]
    assert report.delivery.delivered == 2


async def test_a_failed_delivery_is_due_again(world):
    async def fail(execution):
        return ConnectorResult("error", "down", retry=True) if len(world.sent()) == 1 else None

    world.connector.behaviours["one"] = fail
    await world.add_rule(schedule={"interval": "1h"})
    world.rule_type.reports["r"] = ["a"]
    report = await tick(world)
    assert (report.delivery.retried, report.delivery.delivered) == (1, 0)
    due = await world.service.next_due()
    assert world.clock.now() < due < world.clock.now() + timedelta(hours=1)
    world.clock.set(due)
    report = await tick(world)
    assert (report.runs, report.delivery.delivered, world.sent()) == ([], 1, ["a", "a"])


async def test_others_are_committed_and_delivered_while_a_slow_rule_works(world, hold):
    for name in ("slow", "quick"):
        await world.add_rule(name)
    world.rule_type.behaviours["slow"] = slow = hold("s")
    world.rule_type.reports["quick"] = ["q"]
    was_sent = asyncio.Event()

    async def note(execution):
        was_sent.set()

    world.connector.behaviours["one"] = note
    ticking = asyncio.create_task(tick(world))
    await slow.has_begun.wait()
    await asyncio.wait_for(was_sent.wait(), 5)
    assert (world.sent(), await world.active("quick"), ticking.done()) == (["q"], ["q"], False)
    assert not (await world.stored("quick")).status.running
    assert (await world.stored("slow")).status.running
    slow.go_on.set()
    report = await ticking
    assert [run.claim.key.id for run in report.runs] == ["quick", "slow"]
    assert (world.sent(), report.delivery.delivered) == (["q", "s"], 2)


async def test_a_slow_connector_does_not_delay_the_delivery_of_later_runs(world, hold):
    for name in ("first", "second"):
        await world.add_rule(name)
    world.rule_type.reports["first"] = ["f"]
    world.rule_type.behaviours["second"] = second = hold("s")
    first_is_sending, go_on, second_sent = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def send(execution):
        if execution.params["alert"] == "f":
            first_is_sending.set()
            await go_on.wait()
        else:
            second_sent.set()

    world.connector.behaviours["one"] = send
    ticking = asyncio.create_task(tick(world))
    await first_is_sending.wait()
    second.go_on.set()
    await asyncio.wait_for(second_sent.wait(), 5)
    go_on.set()
    assert (await ticking).delivery.delivered == 2


async def test_cancelling_a_tick_hands_its_rules_back(world, hold):
    for name in ("slow", "quick"):
        await world.add_rule(name)
    world.rule_type.behaviours["slow"] = slow = hold("s")
    world.rule_type.reports["quick"] = ["q"]
    was_sent = asyncio.Event()

    async def note(execution):
        was_sent.set()

    world.connector.behaviours["one"] = note
    ticking = asyncio.create_task(tick(world))
    await slow.has_begun.wait()
    await was_sent.wait()
    ticking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ticking
    await asyncio.wait_for(slow.was_cancelled.wait(), 5)
    assert await world.active("quick") == ["q"], "what was committed stays"
    del world.rule_type.behaviours["slow"]
    assert [run.claim.key.id for run in await world.tick()] == ["slow"], "due at once, not when its lease has ended"


async def test_cancelling_a_tick_breaks_its_delivery_off(world):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a"]
    is_sending, was_cancelled = asyncio.Event(), asyncio.Event()

    async def hang(execution):
        is_sending.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    world.connector.behaviours["one"] = hang
    ticking = asyncio.create_task(tick(world))
    await is_sending.wait()
    ticking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ticking
    assert was_cancelled.is_set()


def failing_once(world, monkeypatch, name):
    """Let a method of the store fail until it is repaired."""

    async def fail(*args, **kwargs):
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(world.store, name, fail)


@pytest.mark.parametrize(
    "name", ["claim_due", "commit_runs", "pending_notifications", "claim_notifications", "load_rules"]
)
async def test_a_store_that_fails_is_the_callers_error_and_the_next_tick_goes_on(world, monkeypatch, name):
    for rule_id in ("a", "b"):
        await world.add_rule(rule_id)
        world.rule_type.reports[rule_id] = [rule_id]
    failing_once(world, monkeypatch, name)
    with pytest.raises(StoreUnavailable, match="disk full"):
        await asyncio.wait_for(tick(world), 5)
    monkeypatch.undo()
    world.clock.advance(2 * MINUTE)
    await tick(world)
    assert await world.statuses() == [("a", "active"), ("b", "active")]
    assert sorted(set(world.sent())) == ["a", "b"]


async def test_rules_whose_runs_the_store_did_not_take_run_again_as_soon_as_it_does(world, monkeypatch):
    await world.add_rule("r")
    world.rule_type.reports["r"] = ["a"]
    for name in ("commit_runs", "release"):
        failing_once(world, monkeypatch, name)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await tick(world)
    monkeypatch.undo()
    await tick(world)  # at the same instant: the lease has not ended
    assert await world.statuses() == [("a", "active")]
    assert world.sent() == ["a"]


async def test_a_store_that_fails_lets_runs_under_way_end(world, hold, monkeypatch):
    for name in ("quick", "slow"):
        await world.add_rule(name)
    world.rule_type.behaviours["slow"] = slow = hold("s")
    commit_runs = world.store.commit_runs
    has_failed = asyncio.Event()

    async def fail_first(records):
        if not has_failed.is_set():
            has_failed.set()
            raise StoreUnavailable("disk full")
        return await commit_runs(records)

    monkeypatch.setattr(world.store, "commit_runs", fail_first)
    ticking = asyncio.create_task(tick(world))
    await has_failed.wait()
    await slow.has_begun.wait()
    slow.go_on.set()
    with pytest.raises(StoreUnavailable):
        await ticking
    assert await world.active("slow") == ["s"]


async def test_run_rules_runs_what_is_not_due_and_leaves_out_what_is_held(world):
    for name in ("idle", "held"):
        await world.add_rule(name)
    await world.tick()
    assert await world.claim("held") is not None
    keys = [RuleKey("default", name) for name in ("held", "idle", "unknown")]
    reports = await world.service.run_rules(keys, world.clock.now())
    assert [report.claim.key.id for report in reports] == ["idle"]


async def test_without_delivery_nothing_is_sent_and_no_delivery_is_due(world):
    world.service._delivery = None
    await world.add_rule(schedule={"interval": "1h"})
    world.rule_type.reports["r"] = ["a"]
    report = await tick(world)
    assert (report.delivery, world.sent()) == (None, [])
    assert await world.service.next_due() == world.clock.now() + timedelta(hours=1)


async def test_what_a_tick_could_not_do_does_not_count_as_its_next_instant(world, monkeypatch):
    await world.add_rule()
    await world.tick()
    now = world.clock.now()

    async def still_now():
        return now

    monkeypatch.setattr(world.store, "next_delivery", still_now)
    assert await world.service.next_due() == now
    assert await world.service.next_due(later_than=now) == now + MINUTE


async def test_retention_is_applied_now_and_then(world, monkeypatch):
    applied = []

    async def apply(at, retention):
        applied.append(at)
        return 0

    monkeypatch.setattr(world.store, "apply_retention", apply)
    began = world.clock.now()
    for _ in range(5):
        await tick(world)
        world.clock.advance(timedelta(minutes=30))
    assert applied == [began, began + timedelta(hours=1), began + timedelta(hours=2)]
