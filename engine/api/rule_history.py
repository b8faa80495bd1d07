"""What rules have done, for the clients that Kibana calls internal (rest-api.md 8)."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.model.settings import EngineSettings
from engine.operations.alert_summary import DEFAULT_RUNS, MOST_RUNS, state_to_json, summary_start, summary_to_json
from engine.operations.authorization import Authorization
from engine.operations.execution_log import (
    ErrorLogForm,
    Kinds,
    KpiForm,
    LogForm,
    count_runs,
    find_action_errors,
    find_runs,
)
from engine.operations.rules import Rules
from engine.operations.values import DATE_MATH, Strict
from engine.ports.registry import Registry
from engine.ports.store import RuleKey, Store, StoredRule

_ALL = "/internal/alerting"
_RULE = "/internal/alerting/rule/{id}"


class SummaryQuery(Strict):
    """Since when, and of how many runs."""

    date_start: Annotated[str, DATE_MATH] | None = None
    number_of_executions: Annotated[QueryInteger, Field(ge=1, le=MOST_RUNS)] = DEFAULT_RUNS


class LogQuery(LogForm):
    """The same as texts of a query string."""

    per_page: Annotated[QueryInteger, Field(ge=1, le=1000)] = 10
    page: Annotated[QueryInteger, Field(ge=1, le=MOST_RUNS)] = 1


class ErrorLogQuery(ErrorLogForm):
    """The same as texts of a query string."""

    per_page: Annotated[QueryInteger, Field(ge=1, le=1000)] = 10
    page: Annotated[QueryInteger, Field(ge=1, le=MOST_RUNS)] = 1


def routes(rules: Rules, store: Store, registry: Registry, settings: EngineSettings) -> tuple[Route, ...]:
    """State, alert summary, and the log of runs with its counts, of one rule and of all in a space."""
    on = _HistoryRoutes(rules, store, registry, settings)
    return (
        Route("GET", f"{_RULE}/state", on.state),
        Route("GET", f"{_RULE}/_alert_summary", on.summary, query=SummaryQuery),
        Route("GET", f"{_RULE}/_execution_log", on.log, query=LogQuery),
        Route("GET", f"{_RULE}/_execution_kpi", on.counts, query=KpiForm),
        Route("GET", f"{_RULE}/_action_error_log", on.action_errors, query=ErrorLogQuery),
        Route("GET", f"{_ALL}/_global_execution_logs", on.log_of_all, query=LogQuery),
        Route("GET", f"{_ALL}/_global_execution_kpi", on.counts_of_all, query=KpiForm),
    )


@dataclass(frozen=True, slots=True)
class _HistoryRoutes:
    """One method a route; what each may raise is what its operation raises."""

    rules: Rules
    store: Store
    registry: Registry
    settings: EngineSettings

    async def state(self, request: Request) -> Answer:
        stored = await self._readable(request)
        found = await self.store.load_state(RuleKey(stored.rule.space, stored.rule.id))
        shown = None if found is None else state_to_json(found.state)
        return NO_CONTENT if shown is None else answer_json(shown)

    async def summary(self, request: Request) -> Answer:
        query, rule = request.query_as(SummaryQuery), (await self._readable(request)).rule
        start = summary_start(query.date_start, rule, request.at)
        limit = query.number_of_executions
        traces = await self.store.traces(rule.space, rule_id=rule.id, since=start, limit=limit)
        return answer_json(summary_to_json(rule, traces, start=start, at=request.at))

    async def log(self, request: Request) -> Answer:
        rule, form = (await self._readable(request)).rule, request.query_as(LogQuery)
        return answer_json(await find_runs(self.store, form, space=rule.space, rule_id=rule.id, at=request.at))

    async def counts(self, request: Request) -> Answer:
        rule, form = (await self._readable(request)).rule, request.query_as(KpiForm)
        return answer_json(await count_runs(self.store, form, space=rule.space, rule_id=rule.id, at=request.at))

    async def action_errors(self, request: Request) -> Answer:
        rule, form = (await self._readable(request)).rule, request.query_as(ErrorLogQuery)
        found = await find_action_errors(self.store, form, space=rule.space, rule_id=rule.id, at=request.at)
        return answer_json(found)

    async def log_of_all(self, request: Request) -> Answer:
        form, kinds = request.query_as(LogQuery), self._kinds(request)
        found = await find_runs(self.store, form, space=request.space, rule_id=None, at=request.at, kinds=kinds)
        return answer_json(found)

    async def counts_of_all(self, request: Request) -> Answer:
        form, kinds = request.query_as(KpiForm), self._kinds(request)
        found = await count_runs(self.store, form, space=request.space, rule_id=None, at=request.at, kinds=kinds)
        return answer_json(found)

    async def _readable(self, request: Request) -> StoredRule:
        return await self.rules.under(request.caller).get(request.parts["id"], space=request.space)

    def _kinds(self, request: Request) -> Kinds:
        return Authorization(self.registry, request.caller).readable_kinds(request.space, self.settings)
