"""The scheduler on the real clock: it wakes when something is due, and ends as it was told."""

import asyncio
from datetime import timedelta

import pytest

from engine.model.errors import StoreUnavailable
from engine.service.clocks import SystemClock
from engine.service.scheduler import Scheduler

SOON = timedelta(milliseconds=50)


class Ticks:
    """A service that keeps its ticks and behaves as told: one behaviour a tick, then nothing."""

    def __init__(self, *behaviours) -> None:
        self.behaviours, self.at, self.ticked = list(behaviours), [], asyncio.Queue()
        self.steps = []

    async def replan(self, at, step):
        self.steps.append((len(self.at), round(step.total_seconds())))

    async def tick(self, at, notice):
        self.at.append(at)
        self.ticked.put_nowait(at)
        if self.behaviours:
            await self.behaviours.pop(0)(notice)


class Stepping(SystemClock):
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self):
        return super().now() + self.offset


@pytest.fixture
async def run():
    """Runs a scheduler in the background and ends it with the test."""
    stop, running = asyncio.Event(), []

    def start(service, *, clock=None, counts=None, refresh=None, grace_s=5.0):
        async def counter():
            return counts[0] if counts else 0

        scheduler = Scheduler(service, clock or SystemClock(), change_counter=counter, refresh=refresh)
        running.append(asyncio.create_task(scheduler.run(stop, grace_s)))
        return scheduler, stop, running[0]

    yield start
    stop.set()
    await asyncio.wait_for(asyncio.gather(*running), 10)


async def test_it_ticks_at_once_and_when_the_next_thing_is_due(run):
    clock = SystemClock()

    async def due_soon(notice):
        notice(clock.now() + SOON)

    service = Ticks(due_soon)
    run(service, clock=clock)
    first = await asyncio.wait_for(service.ticked.get(), 5)
    second = await asyncio.wait_for(service.ticked.get(), 5)
    assert second - first >= SOON


async def test_a_tick_that_is_about_to_begin_at_the_end_does_not(run):
    service = Ticks()
    scheduler, stop, running = run(service)
    stop.set()
    await running
    await scheduler._begin_tick()  # as APScheduler does, whose own end comes a turn of the loop later
    await asyncio.sleep(0)
    assert service.at == []


async def test_what_falls_due_while_a_tick_is_just_beginning_is_not_forgotten(run):
    clock, service = SystemClock(), Ticks()
    scheduler, _, _ = run(service, clock=clock)
    await asyncio.wait_for(service.ticked.get(), 5)
    scheduler.notice(clock.now())
    await asyncio.sleep(0)  # APScheduler has handed the job on, and it has not run yet
    # In one turn of the loop: the job runs, something falls due, and APScheduler looks for jobs before it knows that
    # the job has ended.
    asyncio.get_running_loop().call_soon(scheduler.notice, clock.now())
    scheduler.notice(clock.now() - SOON)
    for _ in range(2):
        await asyncio.wait_for(service.ticked.get(), 5)
    scheduler.notice(clock.now())
    await asyncio.wait_for(service.ticked.get(), 5)


async def test_a_job_that_got_lost_is_begun_again(run, caplog):
    clock, service = SystemClock(), Ticks()
    scheduler, _, _ = run(service, clock=clock)
    await asyncio.wait_for(service.ticked.get(), 5)
    scheduler.notice(clock.now() + SOON)
    scheduler._jobs.remove_all_jobs()
    await asyncio.wait_for(service.ticked.get(), 10)
    assert "did not come" in caplog.text


async def test_a_slow_tick_holds_no_other_back(run):
    is_released = asyncio.Event()

    async def slow(notice):
        notice(SystemClock().now())
        await is_released.wait()

    service = Ticks(slow)
    run(service)
    await asyncio.wait_for(service.ticked.get(), 5)
    await asyncio.wait_for(service.ticked.get(), 5)
    is_released.set()


@pytest.mark.parametrize("error", [StoreUnavailable("disk full"), RuntimeError("surprise")])
async def test_a_failed_tick_is_tried_again(run, error, caplog):
    async def fail(notice):
        raise error

    service = Ticks(fail)
    run(service)
    await asyncio.wait_for(service.ticked.get(), 5)
    await asyncio.wait_for(service.ticked.get(), 5)
    assert "a tick failed and is tried again" in caplog.text


async def test_a_change_by_another_process_wakes_it(run):
    counts = [1]
    service = Ticks()
    run(service, counts=counts)
    await asyncio.wait_for(service.ticked.get(), 5)
    counts[0] = 2
    await asyncio.wait_for(service.ticked.get(), 5)


async def test_a_clock_that_was_set_back_does_not_put_it_to_sleep(run, caplog):
    clock = Stepping()
    service = Ticks()
    run(service, clock=clock)
    await asyncio.wait_for(service.ticked.get(), 5)
    clock.offset = timedelta(hours=-1)
    await asyncio.wait_for(service.ticked.get(), 5)
    assert "the clock was set by -3600.0 s" in caplog.text
    # Ticks before: everything is planned by the present clock before anything is claimed.
    assert service.steps == [(0, 0), (1, -3600)]


async def test_a_clock_that_was_set_forward_is_heeded_before_the_next_tick(run):
    clock = Stepping()

    async def set_forward(notice):
        clock.offset = timedelta(hours=1)
        notice(SystemClock().now())  # APScheduler's own clock cannot be set here

    service = Ticks(set_forward)
    run(service, clock=clock)
    await asyncio.wait_for(service.ticked.get(), 5)
    await asyncio.wait_for(service.ticked.get(), 5)
    assert service.steps == [(0, 0), (1, 3600)]


async def test_a_store_that_fails_at_the_first_look_is_asked_again(run, caplog):
    class Failing(Ticks):
        async def replan(self, at, step):
            await super().replan(at, step)
            if len(self.steps) == 1:
                raise StoreUnavailable("gone")

    service = Failing()
    run(service)
    await asyncio.wait_for(service.ticked.get(), 5)
    assert service.steps == [(0, 0), (0, 0)]


async def test_followed_files_are_read_before_each_tick(run):
    order = []

    async def refresh():
        order.append("refresh")

    async def tick(notice):
        order.append("tick")

    service = Ticks(tick)
    run(service, refresh=refresh)
    await asyncio.wait_for(service.ticked.get(), 5)
    assert order == ["refresh", "tick"]


async def test_stopping_waits_for_what_is_under_way(run):
    is_released, has_ended = asyncio.Event(), asyncio.Event()

    async def slow(notice):
        await is_released.wait()
        has_ended.set()

    service = Ticks(slow)
    _, stop, running = run(service)
    await asyncio.wait_for(service.ticked.get(), 5)
    stop.set()
    is_released.set()
    await asyncio.wait_for(running, 5)
    assert has_ended.is_set()


async def test_after_the_grace_period_what_is_under_way_is_cancelled(run):
    was_cancelled = asyncio.Event()

    async def endless(notice):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    service = Ticks(endless)
    _, stop, running = run(service, grace_s=0.05)
    await asyncio.wait_for(service.ticked.get(), 5)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert was_cancelled.is_set()


async def test_nothing_is_begun_once_it_stops(run):
    service = Ticks()
    scheduler, stop, running = run(service)
    await asyncio.wait_for(service.ticked.get(), 5)
    stop.set()
    await asyncio.wait_for(running, 5)
    scheduler.notice(SystemClock().now())
    assert len(service.at) == 1
