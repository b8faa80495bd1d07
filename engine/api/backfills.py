"""Backfills over HTTP (rest-api.md 5): what is asked for is judged item by item; none is ever kept."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.model.errors import NotFound
from engine.operations.backfills import Backfills, Instant, ScheduleBody
from engine.operations.rules import Rules
from engine.operations.values import Strict

_PUBLIC = "/api/alerting/rules/backfill"
_INTERNAL = "/internal/alerting/rules/backfill"


class FindQuery(Strict):
    """The query of finding backfills."""

    rule_ids: str | None = None
    start: Instant | None = None
    end: Instant | None = None
    initiator: Literal["user", "system"] | None = None
    page: Annotated[QueryInteger, Field(ge=1)] = 1
    per_page: Annotated[QueryInteger, Field(ge=0, le=10_000)] = 10
    sort_field: Literal["createdAt", "start"] = "createdAt"
    sort_order: Literal["asc", "desc"] = "asc"


def routes(rules: Rules) -> tuple[Route, ...]:
    """The public routes, and their internal twins."""
    on = _BackfillRoutes(rules)
    schedule = "Ask for runs of rules over the past"
    return tuple(
        route
        for base in (_PUBLIC, _INTERNAL)
        for route in (
            Route("POST", f"{base}/_schedule", on.schedule, body=ScheduleBody, summary=schedule),
            Route("POST", f"{base}/_find", on.find, query=FindQuery, summary="Find backfills"),
            Route("GET", f"{base}/{{id}}", on.refuse, summary="Get a backfill"),
            Route("DELETE", f"{base}/{{id}}", on.refuse, summary="Delete a backfill"),
        )
    )


@dataclass(frozen=True, slots=True)
class _BackfillRoutes:
    """One method a route."""

    rules: Rules

    async def schedule(self, request: Request) -> Answer:
        backfills = Backfills(self.rules.under(request.caller))
        return answer_json(await backfills.schedule(request.body, at=request.at, space=request.space))

    async def find(self, request: Request) -> Answer:
        query = request.query_as(FindQuery)
        return answer_json({"page": query.page, "per_page": query.per_page, "total": 0, "data": []})

    async def refuse(self, request: Request) -> Answer:
        raise NotFound("backfill", request.parts["id"])
