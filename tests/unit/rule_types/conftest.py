"""One evaluation of a rule type against canned answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import QuerySettings
from engine.ports.data_views import DataViews, NoDataViews
from engine.ports.rule_type import (
    Evaluation,
    EvaluationContext,
    Recovery,
    RecoveryCandidate,
    Report,
    Reports,
    RuleType,
)
from engine.ports.search import EsqlRequest, FieldCapsRequest, SearchRequest
from engine.search.recording import CannedAnswer, RecordingSearch

NOW = "2024-05-06T07:08:09.010Z"
SHARDS = {"total": 3, "successful": 3, "skipped": 0, "failed": 0}


@dataclass
class Run:
    """What an evaluation did."""

    evaluation: Evaluation
    collected: Reports
    requests: list[SearchRequest]
    field_caps_requests: list[FieldCapsRequest] = field(default_factory=list)
    esql_requests: list[EsqlRequest] = field(default_factory=list)

    @property
    def reports(self) -> tuple[Report, ...]:
        return self.collected.all()

    @property
    def ids(self) -> list[str]:
        return [report.id for report in self.reports]

    @property
    def body(self) -> JsonObject:
        return self.requests[0].body

    def recovery(self, alert_id: str, document: JsonObject | None = None) -> Recovery:
        assert self.evaluation.recover is not None
        return self.evaluation.recover(RecoveryCandidate(alert_id, "some uuid", document or {}))


@dataclass
class Runner:
    """Evaluates rules of one type; ``params`` are the defaults that a test overrides member by member."""

    rule_type: RuleType
    params: JsonObject
    rule_url: str | None = None
    no_recovery_on_partial_results: bool = False
    query_delay: timedelta = field(default_factory=timedelta)
    at: str = NOW

    def __call__(
        self,
        answer: JsonValue,
        *,
        status: int = 200,
        state: JsonObject | None = None,
        alert_limit: int = 1000,
        without: tuple[str, ...] = (),
        field_caps: JsonValue = None,
        field_caps_status: int = 200,
        data_views: DataViews | None = None,
        query: QuerySettings | None = None,
        **params: Any,
    ) -> Run:
        merged = {name: value for name, value in (self.params | params).items() if name not in without}
        known = [] if field_caps is None else [CannedAnswer(field_caps, field_caps_status)]
        search = RecordingSearch([CannedAnswer(answer, status)], field_caps=known)
        reports = Reports(alert_limit)
        context = EvaluationContext(
            rule_id="rule-1",
            rule_name="web",
            space="default",
            at=parse_iso(self.at),
            previous_started_at=None,
            state=state or {},
            query_delay=self.query_delay,
            reports=reports,
            search=search,
            rule_url=self.rule_url,
            no_recovery_on_partial_results=self.no_recovery_on_partial_results,
            data_views=data_views or NoDataViews(),
            query=query or QuerySettings(),
        )
        evaluation = asyncio.run(self.rule_type.compile(merged).evaluate(context))
        assert not reports.is_declaration_missing
        return Run(evaluation, reports, search.requests, search.field_caps_requests, search.esql_requests)


@pytest.fixture
def answer() -> Callable[..., JsonObject]:
    """A complete answer: hits and total, aggregations if any; other members as given."""

    def build(hits: list[JsonObject] | None = None, total: JsonValue = None, **members: Any) -> JsonObject:
        found = hits or []
        count = {"value": len(found), "relation": "eq"} if total is None else total
        return {
            "took": 7,
            "timed_out": False,
            "_shards": SHARDS,
            "hits": {"total": count, "max_score": None, "hits": found},
        } | members

    return build


@pytest.fixture
def make_runner() -> type[Runner]:
    """``make_runner(rule_type, params, ...)``."""
    return Runner
