"""Notifications in the store, from queued to delivered or dead."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from engine.model.connector_trace import ConnectorTrace
from engine.model.notification import Notification, NotificationState, StoredNotification
from engine.ports.store.audit import AuditEntry
from engine.ports.store.keys import ConnectorKey


@dataclass(frozen=True, slots=True)
class ClaimedNotification:
    """A notification claimed for one attempt; ``attempt`` counts from 1."""

    notification: Notification
    attempt: int
    fence: int


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What an attempt came to. ``next_attempt_at`` is set for state ``pending`` (try again then).

    ``trace``: what it leaves in the event log; None for what was no execution. ``is_attempt`` False: it does not count.
    """

    claimed: ClaimedNotification
    state: Literal["delivered", "pending", "dead"]
    at: datetime
    error: str | None = None
    next_attempt_at: datetime | None = None
    trace: ConnectorTrace | None = None
    is_attempt: bool = True


@dataclass(frozen=True, slots=True)
class LaterNotification:
    """A notification for the same connector, rule and alert that a later run queued."""

    id: str
    state: NotificationState


@dataclass(frozen=True, slots=True)
class Requeued:
    """What became of a notification that was to be sent again.

    ``queued``: it was dead and waits afresh, due now. ``hastened``: it waited for another attempt, which is due now.
    ``overtaken``: it stays dead, because ``later`` does not come after it any more. ``left``: as it was, in ``state``.
    """

    id: str
    outcome: Literal["queued", "hastened", "overtaken", "left"]
    state: NotificationState
    later: LaterNotification | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it will be sent."""
        return self.outcome in ("queued", "hastened")


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of a notification that was to be dropped: ``state`` is what it is in now."""

    id: str
    is_dropped: bool
    state: NotificationState


class OutboxStore(Protocol):
    """Notifications on their way."""

    async def claim_notifications(
        self,
        at: datetime,
        limit: int,
        owner: str,
        lease_until: datetime,
        *,
        busy_connectors: Collection[ConnectorKey] = (),
    ) -> list[ClaimedNotification]:
        """Claim notifications due at ``at``, oldest first, but none for a busy connector.

        One waits while an older one for the same connector, rule and alert is neither delivered nor dead.
        """
        ...

    async def finish_notifications(self, reports: Sequence[DeliveryReport]) -> None:
        """Record attempts; reports under an outdated fence are ignored."""
        ...

    async def next_delivery(self) -> datetime | None:
        """The earliest instant at which `claim_notifications` may find something."""
        ...

    async def pending_notifications(self) -> int:
        """How many notifications wait to be sent (for the queue limit)."""
        ...

    async def notifications(
        self,
        space: str,
        *,
        rule_id: str | None = None,
        connector_id: str | None = None,
        ids: Collection[str] | None = None,
        state: NotificationState | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> list[StoredNotification]:
        """Notifications, oldest first; the newest ``limit`` of them."""
        ...

    async def requeue_notifications(
        self,
        space: str,
        ids: Collection[str],
        at: datetime,
        audit: Mapping[str, AuditEntry],
        *,
        is_forced: bool = False,
    ) -> list[Requeued]:
        """Make dead notifications pending again, with a fresh attempt count, and let waiting ones be due at ``at``.

        A dead one stays so, unless ``is_forced``, where a later one for the same connector, rule and alert is not
        pending and is not to be sent again with it: it would arrive after that one, or without it. ``audit`` is kept
        for those that were changed. The answer is oldest first, without those that are neither dead nor on their way.
        """
        ...

    async def drop_notifications(
        self, space: str, ids: Collection[str], at: datetime, audit: Mapping[str, AuditEntry]
    ) -> list[Dropped]:
        """Give up dead and pending notifications for good; those waiting behind them may go at ``at``.

        One that is being sent stays, until its lease has ended. ``audit`` is kept for those that were dropped. The
        answer is oldest first, without those that are neither dead nor on their way.
        """
        ...
