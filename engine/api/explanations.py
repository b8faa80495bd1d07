"""Why rules did what they did, over HTTP: the story of a rule, or of one of its alerts."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.operations.rules import Rules
from engine.operations.story import tell_story
from engine.operations.values import Duration, Strict
from engine.ports.store import Store

MOST_RUNS = 10_000


class ExplainQuery(Strict):
    """``last``: only the runs of the last 30m, 2h ... up to the newest; at most ``runs`` of them are looked at."""

    alert_id: str | None = None
    last: Duration | None = None
    runs: Annotated[QueryInteger, Field(ge=1, le=MOST_RUNS)] = 1000


def routes(rules: Rules, store: Store) -> tuple[Route, ...]:
    """For callers who may read the rule."""
    on = _ExplanationRoutes(rules, store)
    why = "Tell why somebody was notified, or not"
    return (Route("GET", "/api/tocsin/v1/rule/{id}/_explain", on.explain, query=ExplainQuery, summary=why),)


@dataclass(frozen=True, slots=True)
class _ExplanationRoutes:
    """One method a route."""

    rules: Rules
    store: Store

    async def explain(self, request: Request) -> Answer:
        query = request.query_as(ExplainQuery)
        stored = await self.rules.under(request.caller).get(request.parts["id"], space=request.space)
        story = await tell_story(self.store, stored.rule, alert=query.alert_id, last=query.last, most_runs=query.runs)
        return answer_json(story.as_json())
