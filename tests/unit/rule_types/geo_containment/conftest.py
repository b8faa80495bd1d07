"""Rules of type .geo-containment, evaluated once against canned answers."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext, Recovery, RecoveryCandidate, Report, Reports
from engine.ports.search import SearchRequest
from engine.search.recording import CannedAnswer, RecordingSearch
from rule_types.geo_containment.rule_type import GeoContainmentRuleType

PARAMS: JsonObject = {
    "index": "trucks-*, vans",
    "indexId": "tracks",
    "geoField": "place",
    "entity": "truck",
    "dateField": "@timestamp",
    "boundaryType": "entireIndex",
    "boundaryIndexTitle": "zones",
    "boundaryIndexId": "zones-view",
    "boundaryGeoField": "shape",
    "boundaryNameField": "title",
}


@dataclass
class Run:
    """What an evaluation did."""

    evaluation: Evaluation
    reports: tuple[Report, ...]
    is_limit_reached: bool
    requests: list[SearchRequest]

    @property
    def ids(self) -> list[str]:
        return [report.id for report in self.reports]

    @property
    def state(self) -> JsonObject:
        return self.evaluation.state

    def recovery(self, alert_id: str, state: JsonObject | None = None) -> Recovery:
        assert self.evaluation.recover is not None
        return self.evaluation.recover(RecoveryCandidate(alert_id, "some uuid", {}, state or {}))


@dataclass
class Runner:
    """``run(*answers)``: bodies, or CannedAnswer for failures; ``params`` override the defaults, None drops one."""

    boundaries_max_age: timedelta | None = None
    no_recovery_on_partial_results: bool = False
    asked: list[SearchRequest] = field(default_factory=list)

    def __call__(
        self,
        *answers: JsonObject | CannedAnswer,
        state: JsonObject | None = None,
        at: str = "2024-05-06T10:05:00.000Z",
        previous: str | None = None,
        limit: int = 1000,
        **params: Any,
    ) -> Run:
        merged = {name: value for name, value in (PARAMS | params).items() if value is not None}
        told = [each if isinstance(each, CannedAnswer) else CannedAnswer(each) for each in answers]
        search, reports = RecordingSearch(told), Reports(limit)
        self.asked = search.requests
        context = EvaluationContext(
            rule_id="rule-1",
            rule_name="trucks",
            space="default",
            at=parse_iso(at),
            previous_started_at=None if previous is None else parse_iso(previous),
            state=state or {},
            query_delay=timedelta(),
            reports=reports,
            search=search,
            no_recovery_on_partial_results=self.no_recovery_on_partial_results,
        )
        evaluator = GeoContainmentRuleType(self.boundaries_max_age).compile(merged)
        evaluation = asyncio.run(evaluator.evaluate(context))
        assert not reports.is_declaration_missing
        return Run(evaluation, reports.all(), reports.is_limit_reached, search.requests)


@pytest.fixture
def params() -> JsonObject:
    """Valid params."""
    return dict(PARAMS)


@pytest.fixture
def run() -> Runner:
    """Evaluates once, by default at 2024-05-06T10:05:00.000Z."""
    return Runner()
