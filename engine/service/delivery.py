"""Delivery of the outbox: claimed, sent, recorded, tried again (connector-framework.md 5.3).

At least once: a notification is recorded as delivered only after it was sent, so a crash in between sends it a second
time, under the same id. The store's claim keeps the order per connector, rule and alert.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.connector import ConnectorResult
from engine.model.connector_trace import ConnectorTrace, ExecutingRule
from engine.model.notification import Notification
from engine.model.settings import EngineSettings
from engine.operations.connector_executions import Asked
from engine.operations.connector_types import is_executable
from engine.ports.clock import Clock
from engine.ports.connectors import ConnectorDirectory
from engine.ports.store import ClaimedNotification, ConnectorKey, DeliveryReport, Store
from engine.service.connector_execution import TIME_LIMIT_S, ConnectorRunner, describe_failure
from engine.service.connector_recording import trace_of
from engine.service.observers import Observers
from engine.service.retry import max_attempts_of, next_attempt_at

_log = logging.getLogger("tocsin.service.delivery")

_MOST_IN_FLIGHT = 500
"""Over all connectors together; each send holds a socket."""
SEND_LEASE = timedelta(seconds=2 * TIME_LIMIT_S + 60)
"""A claimed notification waits for at most one round of its connector before it is sent; see `_claim`."""


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """How many attempts ended how; ``retried`` wait for another one."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0

    def __add__(self, other: "DeliverySummary") -> "DeliverySummary":
        return DeliverySummary(self.delivered + other.delivered, self.retried + other.retried, self.dead + other.dead)


class Delivery:
    """Sends queued notifications. At most ``settings.delivery_concurrency`` at a time go to one connector.

    ``random`` gives values from 0 to 1 for the jitter of retries; ``owner`` names this process in leases.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: ConnectorDirectory,
        runner: ConnectorRunner,
        clock: Clock,
        settings: EngineSettings,
        random: Callable[[], float],
        owner: str,
        observers: Observers | None = None,
    ) -> None:
        self._store, self._directory, self._runner = store, directory, runner
        self._clock, self._settings, self._random, self._owner = clock, settings, random, owner
        self._observers = observers or Observers()
        self._room = max(1, settings.delivery_concurrency)
        self._doorways: defaultdict[ConnectorKey, _Doorway] = defaultdict(lambda: _Doorway(self._room))
        self._claiming = asyncio.Lock()
        self._unrecorded: list[DeliveryReport] = []

    async def deliver_due(self, at: datetime) -> DeliverySummary:
        """Deliver until nothing is due at ``at`` and everything begun has ended.

        May be called again while an earlier call still waits for a slow connector: the calls share the work. When the
        store fails, what is being sent is still sent and recorded if possible, then its error is raised; what could not
        be recorded is by a later call. When cancelled, sends are broken off; they are due again when their leases have
        ended.
        """
        summary = DeliverySummary()
        sending: set[asyncio.Task[DeliveryReport]] = set()
        try:
            summary += await self._record([])
            while True:
                await self._start_due(at, sending)
                if not sending:
                    return summary
                ended, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
                sending -= ended
                summary += await self._record([task.result() for task in ended])
        except Exception:
            await self._record(await asyncio.gather(*sending))
            raise
        finally:
            for task in sending:
                task.cancel()
            if sending:
                await asyncio.wait(sending)

    async def _start_due(self, at: datetime, sending: set["asyncio.Task[DeliveryReport]"]) -> None:
        """Begin everything that is due and whose connector has room."""
        async with self._claiming:
            is_more_due = True
            while is_more_due and sum(doorway.in_flight for doorway in self._doorways.values()) < _MOST_IN_FLIGHT:
                claimed = await self._claim(at)
                sending.update(map(self._start, claimed))
                is_more_due = len(claimed) == self._room

    def _start(self, claimed: ClaimedNotification) -> "asyncio.Task[DeliveryReport]":
        key = ConnectorKey(claimed.notification.space, claimed.notification.connector_id)
        doorway = self._doorways[key]

        def leave(task: "asyncio.Task[DeliveryReport]") -> None:
            doorway.tasks.discard(task)
            if not doorway.tasks:
                self._doorways.pop(key, None)

        task = asyncio.create_task(self._deliver(claimed, doorway))
        doorway.tasks.add(task)
        task.add_done_callback(leave)
        return task

    async def _claim(self, at: datetime) -> Sequence[ClaimedNotification]:
        """Claim as many as one connector takes at a time, none for a connector that has as many in flight already.

        So even if all are for one connector, none waits for longer than its predecessors take, and the lease suffices.
        """
        busy = frozenset(key for key, doorway in self._doorways.items() if doorway.in_flight >= self._room)
        lease_until = max(at, self._clock.now()) + SEND_LEASE
        return await self._store.claim_notifications(at, self._room, self._owner, lease_until, busy_connectors=busy)

    async def _deliver(self, claimed: ClaimedNotification, doorway: "_Doorway") -> DeliveryReport:
        try:
            async with doorway.room:
                result, trace = await self._attempt(claimed)
                return self._report(claimed, result, trace)
        except Exception as error:  # noqa: BLE001 - one notification must never stop the others
            _log.error("delivering notification %s raised %s", claimed.notification.id, type(error).__name__)
            return self._report(
                claimed, ConnectorResult("error", f"delivery failed: {type(error).__name__}", retry=True)
            )

    async def _attempt(self, claimed: ClaimedNotification) -> tuple[ConnectorResult, ConnectorTrace | None]:
        """The result, and what an execution leaves in the event log."""
        notification = claimed.notification
        if claimed.attempt > self._max_attempts(claimed):
            # Its last attempt was begun and never recorded: the process ended in the middle, perhaps because of it.
            return ConnectorResult("error", "the process ended during the last attempt"), None
        connector = (await self._directory.in_space(notification.space)).get(notification.connector_id)
        if connector is None:
            return ConnectorResult("error", f"connector [{notification.connector_id}] not found"), None
        if not is_executable(connector, self._settings):
            return ConnectorResult("error", f"connector type [{connector.connector_type_id}] is disabled"), None
        started_at = self._clock.now()
        result = await self._runner.execute(connector, notification.params, started_at, notification.id)
        span = started_at, self._clock.now()
        asked = _asked_by_rule(notification)
        return result, trace_of(connector, result, asked, notification.id, span, notification.created_at)

    def _report(
        self, claimed: ClaimedNotification, result: ConnectorResult, trace: ConnectorTrace | None = None
    ) -> DeliveryReport:
        at = self._clock.now()
        if result.is_ok:
            return DeliveryReport(claimed, "delivered", at, trace=trace)
        again_at = next_attempt_at(result, claimed.attempt, self._max_attempts(claimed), at, self._random())
        text = describe_failure(result)
        notification = claimed.notification
        _log.warning(
            "notification %s to %s:%s failed, attempt %d, %s: %s",
            notification.id,
            notification.connector_type_id,
            notification.connector_id,
            claimed.attempt,
            "given up" if again_at is None else f"again at {again_at.isoformat()}",
            text,
        )
        return DeliveryReport(
            claimed,
            "dead" if again_at is None else "pending",
            at,
            text,
            again_at,
            trace,
            is_attempt=not result.is_limited,
        )

    def _max_attempts(self, claimed: ClaimedNotification) -> int:
        type_id = claimed.notification.connector_type_id
        connector_type = self._runner.registry.connector_type(type_id)
        own = None if connector_type is None else connector_type.max_attempts
        return max_attempts_of(self._settings.attempts, type_id, own)

    async def _record(self, ended: Sequence[DeliveryReport]) -> DeliverySummary:
        """Store what came of attempts, and of earlier ones that the store did not take."""
        reports, self._unrecorded = [*self._unrecorded, *ended], []
        if not reports:
            return DeliverySummary()
        try:
            await self._store.finish_notifications(reports)
        except BaseException:
            self._unrecorded += reports
            raise
        self._observers.delivered(reports)
        states = [report.state for report in reports]
        return DeliverySummary(states.count("delivered"), states.count("pending"), states.count("dead"))


def _asked_by_rule(notification: Notification) -> Asked:
    rule = ExecutingRule(
        notification.rule_id, notification.rule_type_id, notification.consumer, notification.execution_uuid
    )
    return Asked("saved_object", notification.space, rule=rule)


class _Doorway:
    """What is on its way to one connector, waiting for room included."""

    def __init__(self, room: int) -> None:
        self.room = asyncio.Semaphore(room)
        self.tasks: set[asyncio.Task[DeliveryReport]] = set()

    @property
    def in_flight(self) -> int:
        """Asks the tasks themselves: their callbacks run a little after they have ended."""
        return sum(not task.done() for task in self.tasks)
