"""Rules found, counted and copied, for the clients that Kibana calls internal (rest-api.md 8)."""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.model.settings import EngineSettings
from engine.operations.bulk_edit import body_of
from engine.operations.find_form import FindForm, Texts, query_of, with_fields
from engine.operations.presentation import rule_to_json
from engine.operations.rule_overview import TagsForm, aggregate, schedule_frequency, tags_of, tags_to_json
from engine.operations.rules import Rules
from engine.operations.validation import parse_model
from engine.operations.whole_rule import whole_rule_to_json
from engine.ports.registry import Registry
from engine.ports.store import RulePage, RuleQuery, Store
from engine.ports.store.rule_conditions import Attribute, Has, IsAnyOf

_ALERTING = "/internal/alerting"


class InternalFindBody(FindForm):
    """What may be asked of finding rules, and their types and consumers."""

    rule_type_ids: Texts = Field(default_factory=list)
    consumers: Texts = Field(default_factory=list)


class TagsQuery(TagsForm):
    """The same as texts of a query string."""

    page: Annotated[QueryInteger, Field(ge=1, le=10_000)] = 1
    per_page: Annotated[QueryInteger, Field(ge=1, le=10_000)] = 50


def routes(rules: Rules, store: Store, registry: Registry, settings: EngineSettings) -> tuple[Route, ...]:
    """Finding rules, numbers and tags of all that a caller may read, copying one."""
    on = _OverviewRoutes(rules, store, registry, settings.max_scheduled_per_minute)
    return (
        Route("POST", f"{_ALERTING}/rules/_find", on.find, body=InternalFindBody, body_is_optional=True),
        Route("POST", f"{_ALERTING}/rules/_aggregate", on.aggregate, body=InternalFindBody, body_is_optional=True),
        Route("GET", f"{_ALERTING}/rules/_tags", on.tags, query=TagsQuery),
        Route("GET", f"{_ALERTING}/rules/_schedule_frequency", on.frequency),
        Route("POST", f"{_ALERTING}/rule/{{id}}/_clone", on.clone),
        Route("POST", f"{_ALERTING}/rule/{{id}}/_clone/{{new_id}}", on.clone),
    )


@dataclass(frozen=True, slots=True)
class _OverviewRoutes:
    """One method a route; what each may raise is what its operation raises."""

    rules: Rules
    store: Store
    registry: Registry
    most_runs_per_minute: int

    async def find(self, request: Request) -> Answer:
        form = _form(request)
        found = await self._found(request, _query(form, request))
        shown = []
        for stored in found.rules:
            # Thousands of rules are no reason to keep everybody else waiting.
            await asyncio.sleep(0)
            shown.append(await whole_rule_to_json(stored, self.store, self.registry, at=request.at))
        if form.fields:
            shown = [with_fields(rule, form.fields) for rule in shown]
        return answer_json({"page": form.page, "per_page": form.per_page, "total": found.total, "data": shown})

    async def aggregate(self, request: Request) -> Answer:
        query = replace(_query(_form(request), request), offset=0, limit=None)
        return answer_json(aggregate((await self._found(request, query)).rules, request.at))

    async def tags(self, request: Request) -> Answer:
        found = await self._found(request, RuleQuery(limit=None))
        return answer_json(tags_to_json(tags_of(found.rules), request.query_as(TagsQuery)))

    async def frequency(self, request: Request) -> Answer:
        return answer_json(await schedule_frequency(self.store, self.most_runs_per_minute))

    async def clone(self, request: Request) -> Answer:
        """A copy, disabled, with uuids of its own."""
        rules = self.rules.under(request.caller)
        stored = await rules.get(request.parts["id"], space=request.space)
        body = {**body_of(stored, request.at), "name": f"{stored.rule.name} [Clone]", "enabled": False}
        for action in body["actions"]:
            action.pop("uuid")
        created = await rules.create(body, rule_id=request.parts.get("new_id"), **request.by_caller)
        return answer_json(rule_to_json(created, at=request.at))

    async def _found(self, request: Request, query: RuleQuery) -> RulePage:
        return await self.rules.under(request.caller).find(query, space=request.space)


def _form(request: Request) -> InternalFindBody:
    return parse_model(InternalFindBody, {} if request.body is None else request.body)


def _query(form: InternalFindBody, request: Request) -> RuleQuery:
    chosen = (("alertTypeId", form.rule_type_ids), ("consumer", form.consumers))
    more = [Has(Attribute(name), IsAnyOf(tuple(values))) for name, values in chosen if values]
    return query_of(form, request.at, more, is_internal=True)
