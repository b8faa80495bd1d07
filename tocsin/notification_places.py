"""Where commands find notifications: in a store, or at a running daemon."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.model.jsonvalue import JsonObject
from engine.model.notification import NotificationState
from engine.operations.notification_presentation import notification_to_json
from engine.ports.store import Dropped, LaterNotification, Requeued
from tocsin.desk import Desk, open_desk
from tocsin.server import Server

_PATH = "/api/tocsin/v1/notifications"


@dataclass(frozen=True, slots=True)
class Selection:
    """The notifications that are meant: those of these ids, or all dead ones; of a rule, a connector.

    In a store a rule may be named by its id or its name, at a daemon by its id.
    """

    ids: tuple[str, ...] = ()
    rule: str | None = None
    connector: str | None = None


class Place(Protocol):
    """Raises InvalidInput, NotFound, and what opening a store or asking a server raises."""

    async def find(self, chosen: Selection, state: NotificationState | None, limit: int) -> list[JsonObject]:
        """The newest ``limit`` that match, oldest first, as `notification_to_json`."""
        ...

    async def retry(self, chosen: Selection, *, is_forced: bool) -> list[Requeued]:
        """Send them again."""
        ...

    async def drop(self, chosen: Selection) -> list[Dropped]:
        """Give them up."""
        ...


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store, by default that of tocsin.yml."""

    config_file: Path | None
    store: str | None

    async def find(self, chosen: Selection, state: NotificationState | None, limit: int) -> list[JsonObject]:
        async with open_desk(self.config_file, self.store) as desk:
            found = await desk.notifications.find(
                rule_id=await _rule_id(desk, chosen), connector_id=chosen.connector, state=state, limit=limit
            )
        return [notification_to_json(stored) for stored in found]

    async def retry(self, chosen: Selection, *, is_forced: bool) -> list[Requeued]:
        async with open_desk(self.config_file, self.store) as desk:
            if chosen.ids:
                return await desk.notifications.retry(chosen.ids, at=desk.at, actor=desk.actor, is_forced=is_forced)
            return await desk.notifications.retry_dead(
                rule_id=await _rule_id(desk, chosen),
                connector_id=chosen.connector,
                at=desk.at,
                actor=desk.actor,
                is_forced=is_forced,
            )

    async def drop(self, chosen: Selection) -> list[Dropped]:
        async with open_desk(self.config_file, self.store) as desk:
            if chosen.ids:
                return await desk.notifications.drop(chosen.ids, at=desk.at, actor=desk.actor)
            return await desk.notifications.drop_dead(
                rule_id=await _rule_id(desk, chosen),
                connector_id=chosen.connector,
                at=desk.at,
                actor=desk.actor,
            )


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A running daemon."""

    server: Server

    async def find(self, chosen: Selection, state: NotificationState | None, limit: int) -> list[JsonObject]:
        wanted = {"rule_id": chosen.rule, "connector_id": chosen.connector, "state": state, "limit": str(limit)}
        query = {name: value for name, value in wanted.items() if value is not None}
        found: list[JsonObject] = (await self.server.ask("GET", _PATH, query=query))["notifications"]
        return found

    async def retry(self, chosen: Selection, *, is_forced: bool) -> list[Requeued]:
        body = {**_choice(chosen), "force": is_forced}
        answer = await self.server.ask("POST", f"{_PATH}/_retry", body=body)
        return [
            Requeued(each["id"], each["outcome"], each["state"], each["later"] and LaterNotification(**each["later"]))
            for each in answer["notifications"]
        ]

    async def drop(self, chosen: Selection) -> list[Dropped]:
        answer = await self.server.ask("POST", f"{_PATH}/_drop", body=_choice(chosen))
        return [Dropped(each["id"], each["dropped"], each["state"]) for each in answer["notifications"]]


async def _rule_id(desk: Desk, chosen: Selection) -> str | None:
    return None if chosen.rule is None else (await desk.find([chosen.rule]))[0].rule.id


def _choice(chosen: Selection) -> JsonObject:
    if chosen.ids:
        return {"ids": list(chosen.ids)}
    named = {"rule_id": chosen.rule, "connector_id": chosen.connector}
    return {"all_dead": True, **{name: value for name, value in named.items() if value is not None}}
