"""The scheduler: APScheduler wakes the service when something is due; ticks only begin work, none waits for another.

One claim job is re-armed to the earliest instant at which anything is due. Ticks may overlap: a rule under way is
leased, so a later tick cannot run it a second time, and a slow rule holds no other back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.model.errors import TocsinError
from engine.ports.clock import Clock
from engine.service.clock_watch import ClockWatch
from engine.service.service import Service

_log = logging.getLogger("tocsin.scheduler")

_CLAIM = "claim"
_LONGEST_SLEEP = timedelta(minutes=1)
_PAUSE_AFTER_FAILURE = timedelta(seconds=1)
_WATCH_EVERY_S = 0.25
_LATE = timedelta(seconds=1)
_NO_LIMIT = 1_000_000

ChangeCounter = Callable[[], Awaitable[int]]


class Scheduler:
    """Runs a service on the real clock until it is told to stop.

    ``change_counter`` tells that another process changed the store (DECISIONS 18). ``refresh`` is awaited before each
    tick, to read what was appended to followed files.
    """

    def __init__(
        self,
        service: Service,
        clock: Clock,
        *,
        change_counter: ChangeCounter,
        refresh: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._service, self._clock = service, clock
        self._clock_watch = ClockWatch(clock, service.replan)
        self._change_counter, self._refresh = change_counter, refresh
        # APScheduler counts a job as running until a turn of the loop after its end. With a limit it would drop one
        # that falls due in that turn, and nothing would wake the service again.
        self._jobs = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": _NO_LIMIT, "misfire_grace_time": None}
        )
        self._armed_at: datetime | None = None
        self._ticks: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def run(self, stop: asyncio.Event, grace_s: float) -> None:
        """Work until ``stop`` is set; then begin nothing more, and give what is under way ``grace_s`` to end.

        Runs that have not ended by then are handed back unrun.
        """
        self._jobs.start()
        self._arm(self._clock.now())
        watch = asyncio.create_task(self._watch())
        try:
            await stop.wait()
        finally:
            self._is_stopping = True
            watch.cancel()
            # Jobs only begin ticks, so none is cut off; its own shutdown would cancel running coroutine jobs.
            self._jobs.remove_all_jobs()
            self._jobs.shutdown(wait=False)
            await self._end_ticks(grace_s)

    def notice(self, due: datetime | None) -> None:
        """Something is due at that instant: wake up then, if nothing wakes earlier."""
        if due is not None and not self._is_stopping:
            self._arm(due)

    def _arm(self, at: datetime) -> None:
        at = min(at, self._clock.now() + _LONGEST_SLEEP)
        if self._armed_at is None or at < self._armed_at:
            self._armed_at = at
            self._jobs.add_job(self._begin_tick, "date", run_date=at, id=_CLAIM, replace_existing=True)

    async def _begin_tick(self) -> None:
        # A coroutine, so that APScheduler calls it on the loop and not in a thread; it awaits nothing.
        self._armed_at = None
        if self._is_stopping:
            return  # APScheduler had it on its way already; nobody would wait for it
        task = asyncio.create_task(self._tick())
        self._ticks.add(task)
        task.add_done_callback(self._ticks.discard)

    async def _tick(self) -> None:
        at = self._clock.now()
        try:
            # Before anything is claimed: after a step forward the leases of runs under way look as if they had ended.
            await self._clock_watch.look()
            if self._refresh is not None:
                await self._refresh()
            await self._service.tick(at, notice=self.notice)
        except TocsinError as error:
            _log.error("a tick failed and is tried again: %s", error)
            self.notice(self._clock.now() + _PAUSE_AFTER_FAILURE)
        except Exception:  # noqa: BLE001 - whatever it is, the rules that are due next must run
            _log.exception("a tick failed and is tried again")
            self.notice(self._clock.now() + _PAUSE_AFTER_FAILURE)

    async def _watch(self) -> None:
        """Notice what no job can: a wall clock that was set, changes that other processes made, a job that got lost."""
        known = await self._change_counter()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            try:
                if await self._clock_watch.look():
                    self._rearm()
                if self._is_job_late():
                    _log.error("the job that was to begin the next tick did not come; it is begun now")
                    self._rearm()
                current = await self._change_counter()
            except TocsinError as error:
                _log.error("looking for changes failed: %s", error)
                continue
            if current != known:
                known = current
                self._rearm()

    def _is_job_late(self) -> bool:
        return self._armed_at is not None and self._clock.now() - self._armed_at > _LATE

    def _rearm(self) -> None:
        self._armed_at = None
        self._arm(self._clock.now())
        self._jobs.wakeup()

    async def _end_ticks(self, grace_s: float) -> None:
        if not self._ticks:
            return
        _, unfinished = await asyncio.wait(self._ticks, timeout=grace_s)
        if unfinished:
            _log.warning("%d ticks did not end within %g s; their rules are handed back", len(unfinished), grace_s)
        for tick in unfinished:
            tick.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
