"""A wall clock that is set while the daemon runs, or was while it did not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.connector import ConnectorResult
from engine.model.errors import StoreUnavailable
from engine.model.settings import EngineSettings
from engine.service.clock_watch import ClockWatch
from engine.service.clocks import ManualClock

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
AT = datetime(2024, 1, 1, 12, tzinfo=UTC)


class SettableClock(ManualClock):
    """One that somebody sets: ``offset`` is by how much; its timers and `monotonic` go on as they did."""

    offset = timedelta(0)

    def now(self):
        return super().now() + self.offset


@pytest.fixture
def clock():
    return SettableClock(AT)


class TestNoticing:
    @pytest.fixture
    def seen(self):
        return []

    @pytest.fixture
    def watch(self, clock, seen):
        async def replan(at, step):
            seen.append((at, step))

        return ClockWatch(clock, replan)

    async def test_the_first_look_plans_anew_without_knowing_of_a_step(self, watch, seen):
        assert await watch.look() is False
        assert seen == [(AT, timedelta(0))]

    async def test_time_that_passes_is_no_step(self, watch, seen, clock):
        await watch.look()
        clock.advance(10 * HOUR)
        assert await watch.look() is False
        assert len(seen) == 1

    @pytest.mark.parametrize("step", [-HOUR, HOUR, -3 * SECOND, 3 * SECOND])
    async def test_each_step_is_told_once(self, watch, seen, clock, caplog, step):
        await watch.look()
        clock.advance(MINUTE)
        clock.offset = step
        assert [await watch.look(), await watch.look()] == [True, False]
        assert seen[1:] == [(AT + MINUTE + step, step)]
        assert f"the clock was set by {step.total_seconds():+.1f} s" in caplog.text

    async def test_small_corrections_count_when_they_have_added_up(self, watch, seen, clock):
        await watch.look()
        noticed = []
        for _ in range(5):
            clock.offset -= SECOND
            noticed.append(await watch.look())
        assert noticed == [False, False, True, False, False]
        assert seen[1][1] == -3 * SECOND

    async def test_what_could_not_be_planned_is_planned_by_the_next_look(self, clock):
        steps = []

        async def replan(at, step):
            steps.append(step)
            if len(steps) in (1, 3):
                raise StoreUnavailable("gone")

        watch = ClockWatch(clock, replan)
        with pytest.raises(StoreUnavailable):
            await watch.look()
        assert await watch.look() is False
        clock.offset = -HOUR
        with pytest.raises(StoreUnavailable):
            await watch.look()
        assert await watch.look() is True
        assert steps == [timedelta(0), timedelta(0), -HOUR, -HOUR]

    async def test_whoever_looks_meanwhile_waits_until_all_is_planned(self, clock):
        has_begun, go_on, order = asyncio.Event(), asyncio.Event(), []

        async def replan(at, step):
            has_begun.set()
            await go_on.wait()
            order.append("planned")

        watch = ClockWatch(clock, replan)

        async def look():
            await watch.look()
            order.append("looked")

        looking = [asyncio.create_task(look()), asyncio.create_task(look())]
        await has_begun.wait()
        go_on.set()
        await asyncio.gather(*looking)
        assert order == ["planned", "looked", "looked"]


class TestService:
    @pytest.fixture
    def world(self, world, clock):
        world.clock = clock
        world.compose(EngineSettings())
        return world

    @pytest.fixture
    async def tick(self, world):
        """A tick as the scheduler does it: it looks at the clock first."""
        watch = ClockWatch(world.clock, world.service.replan)

        async def call():
            at = world.clock.now()
            await watch.look()
            return (await world.service.tick(at)).runs

        return call

    async def test_after_a_step_back_rules_run_at_once_and_keep_their_slots(self, world, tick):
        await world.add_rule()
        await tick()
        world.clock.advance(20 * SECOND)
        world.clock.offset = -HOUR
        at = world.clock.now()
        assert [run.record.trace.started_at for run in await tick()] == [at]
        assert await world.service.next_due() == at + 40 * SECOND
        assert await tick() == []

    async def test_so_they_do_when_the_daemon_was_not_running_then(self, world):
        await world.add_rule()
        await world.tick()
        world.clock.offset = -HOUR
        assert await world.tick() == []
        await ClockWatch(world.clock, world.service.replan).look()
        assert len(await world.tick()) == 1
        assert await world.service.next_due() == AT - HOUR + MINUTE

    async def test_a_run_under_way_goes_on_through_a_step_back(self, world, tick, hold):
        slow = world.rule_type.behaviours["r"] = hold("a")
        await world.add_rule()
        running = asyncio.create_task(tick())
        await slow.has_begun.wait()
        world.clock.offset = -HOUR
        assert await tick() == []
        slow.go_on.set()
        [run] = await running
        assert (run.outcome.value, run.record.trace.metrics["total_run_duration_ms"]) == ("committed", 0)
        assert await world.active() == ["a"]
        # It looked at an hour that is yet to come.
        [again] = await tick()
        assert again.record.trace.started_at == AT - HOUR
        assert await world.service.next_due() == AT - HOUR + MINUTE

    async def test_a_step_forward_does_not_let_a_run_begin_beside_another(self, world, tick, hold):
        slow = world.rule_type.behaviours["r"] = hold("a")
        await world.add_rule()
        running = asyncio.create_task(tick())
        await slow.has_begun.wait()
        world.clock.offset = HOUR
        assert await tick() == []
        assert len(world.rule_type.contexts) == 1
        slow.go_on.set()
        [run] = await running
        assert run.outcome.value == "committed"
        assert await world.service.next_due() == AT + HOUR + MINUTE

    async def test_a_rule_of_a_process_that_died_is_free_when_a_fresh_lease_would_have_ended(self, world, tick):
        await world.add_rule()
        await world.claim()
        world.clock.offset = -HOUR
        assert await tick() == []
        world.clock.advance(MINUTE)
        assert len(await tick()) == 1

    async def test_a_retry_waits_as_long_as_it_would_have(self, world, tick):
        async def fail(_):
            return ConnectorResult("error", "down", retry=True)

        world.connector.behaviours["one"] = fail
        world.rule_type.reports["r"] = ["a"]
        await world.add_rule(schedule={"interval": "1d"})
        await tick()
        world.rule_type.reports.clear()
        world.clock.offset = -HOUR
        await tick()
        assert await world.store.next_delivery() == AT - HOUR + 30 * SECOND
        del world.connector.behaviours["one"]
        world.clock.advance(30 * SECOND)
        await tick()
        assert world.sent() == ["a", "a"]

    async def test_what_is_being_sent_is_not_sent_twice_by_a_step_forward(self, world, tick):
        has_begun, go_on = asyncio.Event(), asyncio.Event()

        async def be_slow(_):
            has_begun.set()
            await go_on.wait()

        world.connector.behaviours["one"] = be_slow
        world.rule_type.reports["r"] = ["a"]
        await world.add_rule(schedule={"interval": "1d"})
        running = asyncio.create_task(tick())
        await has_begun.wait()
        world.clock.offset = HOUR
        await tick()
        go_on.set()
        await running
        assert world.sent() == ["a"]
