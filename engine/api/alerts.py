"""Alerts over HTTP, also those of the past: a list in Tocsin's own form, which Kibana has no public route for."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.model.settings import EngineSettings
from engine.operations.alerts import MOST_ALERTS, AlertStatus, find_alerts
from engine.operations.authorization import Authorization
from engine.operations.values import Strict
from engine.ports.registry import Registry
from engine.ports.store import Store


class FindQuery(Strict):
    """The newest that match."""

    rule_id: str | None = None
    status: AlertStatus | None = None
    limit: Annotated[QueryInteger, Field(ge=1, le=MOST_ALERTS)] = 100


def routes(store: Store, registry: Registry, settings: EngineSettings) -> tuple[Route, ...]:
    """For callers who may read some kind of rule, the alerts of those rules."""
    on = _AlertRoutes(store, registry, settings)
    return (Route("GET", "/api/tocsin/v1/alerts", on.find, query=FindQuery, summary="List alerts, newest last"),)


@dataclass(frozen=True, slots=True)
class _AlertRoutes:
    """One method a route."""

    store: Store
    registry: Registry
    settings: EngineSettings

    async def find(self, request: Request) -> Answer:
        query = request.query_as(FindQuery)
        found = await find_alerts(
            self.store,
            Authorization(self.registry, request.caller),
            self.settings,
            space=request.space,
            at=request.at,
            rule_id=query.rule_id,
            status=query.status,
            limit=query.limit,
        )
        return answer_json({"alerts": found})
