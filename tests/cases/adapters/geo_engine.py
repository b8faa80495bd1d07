"""An engine for the geo_containment cases: one rule, and a search that answers as the case tells."""

import json
from dataclasses import dataclass, field
from typing import Any, Self

from engine.model.alert import Alert, RuleState
from engine.model.errors import SearchError
from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject
from engine.ports.search import SearchRequest
from engine.ports.store import RuleChange, RuleKey, StoredRule
from engine.search.recording import RecordingSearch
from engine.service.clocks import ManualClock
from engine.service.runs import RunReport
from tocsin.library import AsyncEngine

Case = dict[str, Any]

PARAMS: JsonObject = {
    "index": "entities",
    "indexId": "entities-id",
    "geoField": "location",
    "entity": "entity",
    "dateField": "@timestamp",
    "boundaryType": "entireIndex",
    "boundaryIndexTitle": "boundaries",
    "boundaryIndexId": "boundaries-id",
    "boundaryGeoField": "shape",
}
"""Of cases that do not tell theirs."""

_RULE_ID = "rule-1"
_CONNECTOR_ID = "told"
_GROUPS = ("Tracked entity contained", "notGeoContained")
_FAILURE_STATUS = 400


class ToldSearch(RecordingSearch):
    """Answers the search for boundaries and the one for entities; an error is raised as a server's answer."""

    def __init__(self) -> None:
        super().__init__()
        self.boundary_hits: list[Case] = []
        self.entity_answer: Case = {}
        self.boundary_error: Any = None
        self.entity_error: Any = None

    async def search(self, request: SearchRequest) -> JsonObject:
        self.requests.append(request)
        if is_entity_search(request):
            _raise_told(self.entity_error)
            return self.entity_answer
        _raise_told(self.boundary_error)
        hits = [{"_index": "boundaries", **hit} for hit in self.boundary_hits]
        return {"hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits}}


def _telling_context(group: str) -> JsonObject:
    """An action whose message is the whole context of an alert."""
    frequency = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
    return {"id": _CONNECTOR_ID, "group": group, "frequency": frequency, "params": {"message": "{{{context}}}"}}


def is_entity_search(request: SearchRequest) -> bool:
    return "aggs" in request.body


def _raise_told(error: Any) -> None:
    """``error``: a status and details, or anything else that stands for a failure."""
    if error in (None, False):
        return
    told = error if isinstance(error, dict) else {"reason": str(error)}
    details = told.get("error") if isinstance(told.get("error"), dict) else told
    kind, reason = str(details.get("type", "error")), str(details.get("reason", "as told"))
    raise SearchError(told.get("status", _FAILURE_STATUS), kind, reason, told)


@dataclass
class FoundRun:
    """What one run came to; ``requests`` are its searches."""

    report: RunReport
    requests: list[SearchRequest]
    state: JsonObject
    rule: JsonObject
    failure: str | None = None

    @property
    def outcome(self) -> str:
        return "failed" if self.report.transition is None else "succeeded"

    @property
    def active(self) -> list[Alert]:
        return self.report.transition.active if self.report.transition else []

    @property
    def new(self) -> list[Alert]:
        return self.report.transition.new if self.report.transition else []

    @property
    def recovered(self) -> list[Alert]:
        return self.report.transition.recovered if self.report.transition else []

    def contexts(self) -> dict[str, JsonObject]:
        """What templates saw of each alert that was active or recovered."""
        sent = self.report.record.notifications
        return {each.alert_id: json.loads(each.params["message"]) for each in sent if each.alert_id is not None}

    @property
    def boundary_searches(self) -> list[SearchRequest]:
        return [request for request in self.requests if not is_entity_search(request)]

    @property
    def entity_searches(self) -> list[SearchRequest]:
        return [request for request in self.requests if is_entity_search(request)]


@dataclass
class GeoEngine:
    """``params``: those of the rule."""

    params: JsonObject
    started_at: str
    search: ToldSearch = field(default_factory=ToldSearch)

    async def __aenter__(self) -> Self:
        self._clock = ManualClock(self.started_at)
        self._engine = AsyncEngine(clock=self._clock, search=self.search, send=False)
        await self._engine.__aenter__()
        self._engine.add_connector(_CONNECTOR_ID, ".server-log")
        body = {"name": "geo", "rule_type_id": ".geo-containment", "consumer": "alerts", "schedule": {"interval": "1m"}}
        actions = [_telling_context(group) for group in _GROUPS]
        await self._engine.add_rule({**body, "params": self.params, "actions": actions}, _RULE_ID)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._engine.close()

    async def seed(self, *, rule_state: JsonObject, previous_started_at: str | None) -> None:
        """Let the rule remember something, as if it had run."""
        stored, versioned = await self._stored(), await self._engine.parts.store.load_state(self._key)
        state = RuleState(
            type_state=rule_state,
            previous_started_at=None if previous_started_at is None else parse_iso(previous_started_at),
        )
        change = RuleChange(
            stored.rule,
            stored.version,
            state=state,
            expected_state_version=None if versioned is None else versioned.version,
        )
        await self._engine.parts.store.change_rule(change)

    async def run(self, started_at: str) -> FoundRun:
        self._clock.set(parse_iso(started_at))
        self.search.requests.clear()
        report = await self._engine.run_rule(_RULE_ID)
        assert report is not None, "the rule is held by another run"
        versioned = await self._engine.parts.store.load_state(self._key)
        rule = await self._engine.rule(_RULE_ID)
        state = {} if versioned is None else versioned.state.type_state
        error = rule["execution_status"].get("error")
        return FoundRun(report, list(self.search.requests), state, rule, error["message"] if error else None)

    @property
    def _key(self) -> RuleKey:
        return RuleKey(self._engine.space, _RULE_ID)

    async def _stored(self) -> StoredRule:
        return (await self._engine.parts.store.load_rules([self._key]))[self._key]
