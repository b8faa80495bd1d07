"""The service: one tick runs what is due and delivers what is queued, under whatever clock it was given."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.errors import TocsinError
from engine.model.settings import EngineSettings
from engine.ports.store import ClockChange, Replanned, RuleKey, Store
from engine.service.delivery import SEND_LEASE, Delivery, DeliverySummary
from engine.service.document_mirror import DocumentMirror
from engine.service.executor import Executor, RunFuture, results_of
from engine.service.observers import Observers
from engine.service.retry import LONGEST_WAIT
from engine.service.runs import RunReport

_log = logging.getLogger("tocsin.service")

_MOST_RULES_A_BATCH = 100
_MOST_RUNS_IN_FLIGHT = 2000
_RETENTION_EVERY = timedelta(hours=1)


Notice = Callable[[datetime | None], None]
"""Takes the instant at which something is due next, None = nothing is known of."""


def _ignore(due: datetime | None) -> None:
    """For ticks of a simulated clock, whose driver asks `Service.next_due` itself."""


@dataclass(slots=True)
class TickReport:
    """What one tick did."""

    runs: list[RunReport] = field(default_factory=list)
    delivery: DeliverySummary | None = None

    def note(self, delivery: DeliverySummary | None) -> None:
        """Add what one of the tick's deliveries came to."""
        if delivery is not None:
            self.delivery = delivery if self.delivery is None else self.delivery + delivery


class Service:
    """Claims due rules, runs them, delivers notifications, keeps house.

    `tick` is a plain function of the instant: the daemon's scheduler and a simulated clock call the same code.
    ``owner`` names this process in leases. ``mirror`` None: no index follows the alert documents. ``observers`` are
    told of each tick.
    """

    def __init__(
        self,
        *,
        store: Store,
        executor: Executor,
        delivery: Delivery | None,
        settings: EngineSettings,
        owner: str,
        mirror: DocumentMirror | None = None,
        observers: Observers | None = None,
    ) -> None:
        self._store, self._executor, self._delivery, self._mirror = store, executor, delivery, mirror
        self._settings, self._owner = settings, owner
        self._observers = observers or Observers()
        self._next_retention: datetime | None = None

    async def tick(self, at: datetime, notice: Notice = _ignore) -> TickReport:
        """Run every rule due at ``at`` once and deliver every notification due by then.

        ``notice`` is told, as soon as it is known, when something is due next.

        What a finished run queued is delivered while slower runs of the same tick still work. When the store fails,
        nothing more is begun, what is under way is brought to its end, then StoreUnavailable is raised. When cancelled,
        rules that have not ended are handed back unrun.
        """
        self._observers.tick_began(at)
        try:
            report = await self._tick(at, notice)
        except BaseException as error:
            self._observers.tick_ended(error)
            raise
        self._observers.tick_ended(None)
        return report

    async def _tick(self, at: datetime, notice: Notice) -> TickReport:
        report = TickReport()
        running: list[RunFuture] = []
        delivering: set[asyncio.Task[DeliverySummary | None]] = set()
        try:
            await self._executor.free_stranded()
            is_all_claimed = await self._start_due(at, running)
            delivering.add(asyncio.create_task(self.deliver(at)))
            notice(await self.next_due(later_than=at))
            while running:
                ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                runs = results_of([run for run in running if run in ended])
                running = [run for run in running if run not in ended]
                report.runs += runs
                notice(_next_run_of(runs))
                if self._mirror is not None:
                    notice(self._mirror.expect(at))
                if any(run.record.notifications for run in runs):
                    delivering.add(asyncio.create_task(self.deliver(at)))
                if not is_all_claimed:
                    is_all_claimed = await self._start_due(at, running)
            for delivery in delivering:
                report.note(await delivery)
        except BaseException as error:
            await self._wind_up(running, delivering, is_giving_up=not isinstance(error, TocsinError))
            raise
        await self._keep_house(at)
        if self._mirror is not None:
            await self._mirror.follow(at)
        notice(await self.next_due(later_than=at))
        return report

    async def run_rules(self, keys: Sequence[RuleKey], at: datetime) -> list[RunReport]:
        """Run the rules now, whatever their schedules say; rules that another process holds are left out."""
        claims = [await self._store.claim_rule(key, at, self._owner, self._executor.lease_end(at)) for key in keys]
        return await self._executor.run([claim for claim in claims if claim is not None])

    async def deliver(self, at: datetime) -> DeliverySummary | None:
        """Deliver every notification due at ``at``."""
        return None if self._delivery is None else await self._delivery.deliver_due(at)

    async def replan(self, at: datetime, step: timedelta) -> None:
        """Put right what was planned by a wall clock that was set by ``step`` and shows ``at`` now; see `Store.replan`.

        Raises StoreUnavailable.
        """
        change = ClockChange(
            at,
            step,
            lease_until=self._executor.lease_end(at),
            send_until=at + SEND_LEASE,
            attempt_until=at + LONGEST_WAIT,
        )
        replanned = await self._store.replan(change)
        if change.is_back:
            self._next_retention = None
        if replanned != Replanned():
            _log.warning(
                "the clock was set since: %d rules run now, %d leases and %d notifications were given other times",
                replanned.rules,
                replanned.leases,
                replanned.notifications,
            )

    async def next_due(self, later_than: datetime | None = None) -> datetime | None:
        """The next instant at which a tick has something to do.

        ``later_than``: a tick at that instant did what could be done, so what is still due by then is left out.
        """
        times = [await self._store.next_due()]
        if self._delivery is not None:
            times.append(await self._store.next_delivery())
        if self._mirror is not None:
            times.append(self._mirror.due)
        return min((at for at in times if at is not None and (later_than is None or at > later_than)), default=None)

    async def _start_due(self, at: datetime, running: list[RunFuture]) -> bool:
        """Start due rules as far as there is room; whether none is left."""
        while len(running) < _MOST_RUNS_IN_FLIGHT:
            claims = await self._store.claim_due(at, _MOST_RULES_A_BATCH, self._owner, self._executor.lease_end(at))
            running.extend(await self._executor.start(claims))
            if len(claims) < _MOST_RULES_A_BATCH:
                return True
            # Let these begin, and whatever else is ready: a store in a file never gives the loop a turn.
            await asyncio.sleep(0)
        return False

    async def _wind_up(
        self,
        running: list[RunFuture],
        delivering: "set[asyncio.Task[DeliverySummary | None]]",
        *,
        is_giving_up: bool,
    ) -> None:
        """End what a tick began before its error goes to the caller, so that nothing of it is left behind."""
        if is_giving_up:
            await self._executor.give_up(running)
            for delivery in delivering:
                delivery.cancel()
        for outcome in await asyncio.gather(*running, *delivering, return_exceptions=True):
            if isinstance(outcome, Exception):
                _log.warning("a run or delivery of a failed tick failed too: %s", outcome)

    async def _keep_house(self, at: datetime) -> None:
        if self._next_retention is not None and at < self._next_retention:
            return
        self._next_retention = at + _RETENTION_EVERY
        deleted = await self._store.apply_retention(at, self._settings.retention)
        if deleted:
            _log.info("retention", extra={"deleted_rows": deleted})


def _next_run_of(runs: Iterable[RunReport]) -> datetime | None:
    """The earliest next run of rules that have just run."""
    return min((run.record.schedule.next_run for run in runs if run.record.schedule.next_run is not None), default=None)
