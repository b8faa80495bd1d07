"""Notifications over HTTP: what was queued, sent, or given up; dead ones can be sent again, or dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.model.errors import Forbidden, InvalidInput, NotFound, Problem
from engine.model.notification import NotificationState, StoredNotification
from engine.operations.authorization import Authorization
from engine.operations.notification_presentation import dropped_to_json, notification_to_json, requeued_to_json
from engine.operations.notifications import Notifications
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict
from engine.ports.registry import Registry
from engine.ports.store import Store
from engine.security.caller import Need
from engine.security.features import ACTIONS

_ALL = "/api/tocsin/v1/notifications"
_READING = Need(ACTIONS, "read")
_MOST = 10_000


class FindQuery(Strict):
    """The newest that match."""

    rule_id: str | None = None
    connector_id: str | None = None
    state: NotificationState | None = None
    limit: Annotated[QueryInteger, Field(ge=1, le=_MOST)] = 100


class ChoiceBody(Strict):
    """Those of these ids; or all dead letters, of a rule or a connector."""

    ids: Annotated[list[str] | None, NotNull, Field(min_length=1, max_length=_MOST)] = None
    all_dead: bool = False
    rule_id: Annotated[str | None, NotNull] = None
    connector_id: Annotated[str | None, NotNull] = None


class RetryBody(ChoiceBody):
    """``force``: also those that later messages have overtaken."""

    force: bool = False


def routes(store: Store, registry: Registry) -> tuple[Route, ...]:
    """For callers who may read connectors; of rules that they may read, and for changes may change."""
    on = _NotificationRoutes(store, Notifications(store), registry)
    return (
        Route("GET", _ALL, on.find, query=FindQuery, needs=_READING, summary="List notifications, newest last"),
        Route("POST", f"{_ALL}/_retry", on.retry, body=RetryBody, needs=_READING, summary="Send notifications again"),
        Route("POST", f"{_ALL}/_drop", on.drop, body=ChoiceBody, needs=_READING, summary="Give notifications up"),
    )


@dataclass(frozen=True, slots=True)
class _NotificationRoutes:
    """One method a route."""

    store: Store
    notifications: Notifications
    registry: Registry

    async def find(self, request: Request) -> Answer:
        query = request.query_as(FindQuery)
        found = await self.notifications.find(
            space=request.space,
            rule_id=query.rule_id,
            connector_id=query.connector_id,
            state=query.state,
            limit=query.limit,
        )
        shown = [notification_to_json(stored) for stored in found if self._may("get", stored, request)]
        return answer_json({"notifications": shown})

    async def retry(self, request: Request) -> Answer:
        body = parse_model(RetryBody, request.body)
        ids = await self._chosen(body, "send notifications again of", request)
        retried = await self.notifications.retry(ids, is_forced=body.force, **request.by_caller) if ids else []
        return answer_json({"notifications": [requeued_to_json(each) for each in retried]})

    async def drop(self, request: Request) -> Answer:
        ids = await self._chosen(parse_model(ChoiceBody, request.body), "drop notifications of", request)
        dropped = await self.notifications.drop(ids, **request.by_caller) if ids else []
        return answer_json({"notifications": [dropped_to_json(each) for each in dropped]})

    async def _chosen(self, body: ChoiceBody, operation: str, request: Request) -> Sequence[str]:
        """The ids of those meant. Raises InvalidInput, NotFound, Forbidden."""
        if (body.ids is None) is not body.all_dead:
            raise InvalidInput([Problem("ids", "must stand alone, or all_dead", "give ids, or all_dead: true")])
        if body.ids is not None and (body.rule_id is not None or body.connector_id is not None):
            raise InvalidInput([Problem("ids", "stand for themselves", "leave rule_id and connector_id out")])
        if body.ids is None:
            dead = await self.notifications.find(
                space=request.space,
                rule_id=body.rule_id,
                connector_id=body.connector_id,
                state="dead",
                limit=_MOST,
            )
            return [stored.notification.id for stored in dead if self._may(operation, stored, request)]
        found = await self.store.notifications(request.space, ids=set(body.ids), limit=len(body.ids))
        readable = {stored.notification.id: stored for stored in found if self._may("get", stored, request)}
        for missing in (each for each in body.ids if each not in readable):
            raise NotFound("notification", missing)
        for stored in readable.values():
            self._check(operation, stored, request)
        return list(readable)

    def _check(self, operation: str, stored: StoredNotification, request: Request) -> None:
        sent = stored.notification
        Authorization(self.registry, request.caller).check_kind(operation, sent.space, sent.rule_type_id, sent.consumer)

    def _may(self, operation: str, stored: StoredNotification, request: Request) -> bool:
        try:
            self._check(operation, stored, request)
        except Forbidden:
            return False
        return True
