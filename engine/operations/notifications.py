"""What a user may do to notifications: look at them, send again what did not arrive, drop what never shall."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from engine.model.errors import NotFound
from engine.model.jsonvalue import JsonObject
from engine.model.notification import NotificationState, StoredNotification
from engine.model.rule import DEFAULT_SPACE
from engine.ports.store import AuditEntry, Dropped, Requeued, Store

_MOST_DEAD = 100_000


class Notifications:
    """The operations on notifications. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(
        self,
        *,
        space: str = DEFAULT_SPACE,
        rule_id: str | None = None,
        connector_id: str | None = None,
        state: NotificationState | None = None,
        limit: int = 1000,
    ) -> list[StoredNotification]:
        """The newest ``limit`` of those that match, oldest first."""
        return await self._store.notifications(
            space, rule_id=rule_id, connector_id=connector_id, state=state, limit=limit
        )

    async def retry(
        self,
        ids: Collection[str],
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        is_forced: bool = False,
    ) -> list[Requeued]:
        """Send dead letters again, and those that wait for another attempt now; oldest first.

        A dead letter that was overtaken by a later message for the same connector, rule and alert is left dead unless
        ``is_forced``: a trigger that comes after its resolve would open an incident that nothing closes. Raises
        NotFound before anything is done.
        """
        return await self._retry(await self._known(space, ids), space, at, actor, is_forced)

    async def retry_dead(
        self,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        rule_id: str | None = None,
        connector_id: str | None = None,
        is_forced: bool = False,
    ) -> list[Requeued]:
        """The same for all dead letters of a rule or a connector."""
        return await self._retry(await self._dead(space, rule_id, connector_id), space, at, actor, is_forced)

    async def drop(
        self, ids: Collection[str], *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> list[Dropped]:
        """Give up dead and waiting ones for good; oldest first. One that is being sent, or is done with, stays.

        Raises NotFound before anything is done.
        """
        return await self._drop(await self._known(space, ids), space, at, actor)

    async def drop_dead(
        self,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        rule_id: str | None = None,
        connector_id: str | None = None,
    ) -> list[Dropped]:
        """Give up all dead letters of a rule or a connector for good."""
        return await self._drop(await self._dead(space, rule_id, connector_id), space, at, actor)

    async def _retry(
        self, chosen: Sequence[StoredNotification], space: str, at: datetime, actor: str | None, is_forced: bool
    ) -> list[Requeued]:
        audit = _audit("retry", chosen, at, actor, {"forced": True} if is_forced else {})
        requeued = await self._store.requeue_notifications(space, list(audit), at, audit, is_forced=is_forced)
        done = {each.id: each for each in requeued}
        return [
            done.get(stored.notification.id) or Requeued(stored.notification.id, "left", stored.state)
            for stored in chosen
        ]

    async def _drop(
        self, chosen: Sequence[StoredNotification], space: str, at: datetime, actor: str | None
    ) -> list[Dropped]:
        audit = _audit("drop", chosen, at, actor, {})
        dropped = {each.id: each for each in await self._store.drop_notifications(space, list(audit), at, audit)}
        return [
            dropped.get(stored.notification.id) or Dropped(stored.notification.id, False, stored.state)
            for stored in chosen
        ]

    async def _known(self, space: str, ids: Collection[str]) -> list[StoredNotification]:
        wanted = set(ids)
        found = await self._store.notifications(space, ids=wanted, limit=len(wanted))
        known = {stored.notification.id for stored in found}
        for missing in (each for each in ids if each not in known):
            raise NotFound("notification", missing)
        return found

    async def _dead(self, space: str, rule_id: str | None, connector_id: str | None) -> list[StoredNotification]:
        return await self.find(space=space, rule_id=rule_id, connector_id=connector_id, state="dead", limit=_MOST_DEAD)


def _audit(
    operation: str, notifications: Sequence[StoredNotification], at: datetime, actor: str | None, more: JsonObject
) -> Mapping[str, AuditEntry]:
    """An entry for each by its id: stored for those that are changed."""
    entries = {}
    for sent in (stored.notification for stored in notifications):
        details: JsonObject = {"rule_id": sent.rule_id, "connector_id": sent.connector_id, "alert_id": sent.alert_id}
        entries[sent.id] = AuditEntry(at, actor, operation, "notification", sent.id, sent.space, details | more)
    return entries
