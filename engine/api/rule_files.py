"""Rules over HTTP as their files have them: listed in order of their names, exported, planned and applied."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, RootModel

from engine.api.query import QueryBool, QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.outcome import ExecutionStatusName
from engine.operations.body import CreateBody
from engine.operations.find import MAX_WINDOW
from engine.operations.planning import Planned
from engine.operations.presentation import rule_to_json
from engine.operations.rule_form import rule_to_definition
from engine.operations.rule_validation import problem_to_json
from engine.operations.rules import Rules
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict
from engine.ports.store import RuleQuery
from engine.ports.store.rule_conditions import Attribute, Has, IsAnyOf

_RULES, _RULE = "/api/tocsin/v1/rules", "/api/tocsin/v1/rule/{id}"
_MOST_IDS = 1000


class ListQuery(Strict):
    """Exact filters but for ``name``, a part of it, case aside."""

    enabled: QueryBool | None = None
    rule_type_id: str | None = None
    tag: str | None = None
    name: str | None = None
    status: ExecutionStatusName | None = None
    page: Annotated[QueryInteger, Field(ge=1)] = 1
    per_page: Annotated[QueryInteger, Field(ge=0, le=MAX_WINDOW)] = 100


class ExportBody(Strict):
    """Which rules; none named: all that the caller may read. Ids of others have no effect."""

    ids: Annotated[list[str] | None, NotNull, Field(max_length=_MOST_IDS)] = None


class AnyDefinition(RootModel[Any]):
    """Any JSON: what is wrong with it is the answer."""


class ApplyQuery(Strict):
    """``in_bulk``: the first run comes some time within the interval, for rules that are applied together."""

    in_bulk: QueryBool = False


def routes(rules: Rules) -> tuple[Route, ...]:
    """The routes; what each needs depends on the rule."""
    on = _FileRoutes(rules)
    plan, apply = f"{_RULE}/_plan", f"{_RULE}/_apply"
    what = "Tell what applying a rule file would change"
    make = "Make a rule what its file says"
    return (
        Route("GET", _RULES, on.find, query=ListQuery, summary="List rules by name"),
        Route(
            "POST",
            f"{_RULES}/_export",
            on.export,
            body=ExportBody,
            body_is_optional=True,
            summary="Get rules as their files would have them",
        ),
        Route("POST", plan, on.plan, body=AnyDefinition, summary=what),
        Route("POST", apply, on.apply, query=ApplyQuery, body=CreateBody, summary=make),
    )


@dataclass(frozen=True, slots=True)
class _FileRoutes:
    """One method a route; what each may raise is what its operation raises."""

    rules: Rules

    async def find(self, request: Request) -> Answer:
        asked = request.query_as(ListQuery)
        query = RuleQuery(
            enabled=asked.enabled,
            rule_type_id=asked.rule_type_id,
            tag=asked.tag,
            name_contains=asked.name,
            execution_status=asked.status,
            sort="name",
            offset=(asked.page - 1) * asked.per_page,
            limit=asked.per_page,
        )
        found = await self.rules.under(request.caller).find(query, space=request.space)
        shown = [rule_to_json(stored, at=request.at) for stored in found.rules]
        return answer_json({"total": found.total, "page": asked.page, "per_page": asked.per_page, "rules": shown})

    async def export(self, request: Request) -> Answer:
        ids = parse_model(ExportBody, {} if request.body is None else request.body).ids
        chosen = None if ids is None else Has(Attribute("id"), IsAnyOf(tuple(ids)))
        query = RuleQuery(where=chosen, sort="name", limit=None)
        found = await self.rules.under(request.caller).find(query, space=request.space)
        return answer_json({"rules": [rule_to_definition(stored.rule) for stored in found.rules]})

    async def plan(self, request: Request) -> Answer:
        """With the problems of a definition that would be refused."""
        try:
            planned = await self.rules.under(request.caller).plan(
                request.body,
                rule_id=request.parts["id"],
                at=request.at,
                space=request.space,
                keeps_switch=_keeps_switch(request.body),
            )
        except InvalidInput as error:
            problems = [problem_to_json(problem) for problem in error.problems]
            return answer_json({"outcome": None, "changes": [], "before": None, "problems": problems})
        return answer_json(_planned_to_json(planned, request))

    async def apply(self, request: Request) -> Answer:
        applied = await self.rules.under(request.caller).apply(
            request.body,
            rule_id=request.parts["id"],
            in_bulk=request.query_as(ApplyQuery).in_bulk,
            keeps_switch=_keeps_switch(request.body),
            **request.by_caller,
        )
        return answer_json({"outcome": applied.outcome, "rule": rule_to_json(applied.stored, at=request.at)})


def _keeps_switch(body: JsonValue) -> bool:
    """A file that says nothing to it leaves a rule disabled that somebody disabled."""
    return isinstance(body, dict) and "enabled" not in body


def _planned_to_json(planned: Planned, request: Request) -> JsonObject:
    before, changes = planned.before, planned.changes
    return {
        "outcome": planned.outcome,
        "changes": [{"path": each.path, "before": each.before, "after": each.after} for each in changes],
        "before": None if before is None else rule_to_json(before, at=request.at),
        "problems": [],
    }
