"""Whole runs of geo_containment cases: what was asked, which alerts it came to, what is remembered."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from tests.cases.adapters.geo_engine import PARAMS, FoundRun, GeoEngine
from tests.cases.matching import assert_absent, assert_equal, assert_set, assert_subset, require_known

Case = dict[str, Any]

_SOME_INSTANT = "2024-05-06T07:08:09.010Z"
_ERRORS = {"boundary_search_error", "entity_search_error"}
_TIMES = {"started_at", "previous_started_at"}
_SEARCHES_GIVEN = {"params", "boundary_hits", "boundary_count", "rule_state", *_ERRORS, *_TIMES}
_ENTITY_SEARCH = {
    *("window", "terms_size", "terms_field", "other_bucket_key", "top_hits", "user_clause", "entity_search"),
}
_RUN_EXPECT = {"run", "rule_state_unchanged", "boundaries_fetched", "error_contains", "warning_contains", "outcome"}
_SEARCHES_EXPECT = {
    *("boundary_search", "boundary_search_lacks", "shape_filters", "names", *_ENTITY_SEARCH, *_RUN_EXPECT),
}
_RUNS_EXPECT = {"active", "new", "recovered", "stored", "contexts_active", "contexts_recovered"}
_FAILED, _SUCCEEDED = ("failed", "error"), ("succeeded", "success", "ok", "active", "warning")


async def check_searches(given: Case, expect: Case) -> None:
    """Shapes with ``params``: one run, of which the searches and what becomes of boundaries are looked at."""
    require_known(given, _SEARCHES_GIVEN, "given")
    require_known(expect, _SEARCHES_EXPECT, "expect")
    hits = given.get("boundary_hits", [{"_id": f"b{number}"} for number in range(given.get("boundary_count", 1))])
    run = await _run_once(given, given["params"], hits, {})
    if "boundary_search" in expect or "boundary_search_lacks" in expect:
        [request] = run.boundary_searches
        asked = {"index": ",".join(request.index), **request.body}
        assert_subset(asked, expect.get("boundary_search", {}), "boundary_search")
        assert_absent(asked, expect.get("boundary_search_lacks", ()), "boundary_search")
    if "shape_filters" in expect:
        assert_equal(run.state["shapesFilters"], expect["shape_filters"], "shape_filters")
    if "names" in expect:
        assert_equal(run.state["shapesIdsNamesMap"], expect["names"], "names")
    if expect.keys() & _ENTITY_SEARCH:
        _check_entity_search(run, expect)
    _check_run(run, given, expect)


async def check_executor(given: Case, expect: Case) -> None:
    """The whole executor: one run over told boundaries and entities."""
    known = {"params", "boundaries", "entity_response", "rule_state", "dateField", "geoField", *_ERRORS, *_TIMES}
    require_known(given, known, "given")
    require_known(expect, {"alerts", "stored_prevLocationMap", *_RUN_EXPECT}, "expect")
    fields = {name: given[name] for name in ("dateField", "geoField") if name in given}
    boundaries = given.get("boundaries", [])
    params = _params(given, boundaries) | fields
    run = await _run_once(given, params, _hits(boundaries), given.get("entity_response", {}))
    if "alerts" in expect:
        _check_alerts(run.active, run.contexts(), expect["alerts"])
    if "stored_prevLocationMap" in expect:
        assert_equal(run.state["prevLocationMap"], expect["stored_prevLocationMap"], "stored_prevLocationMap")
    _check_run(run, given, expect)


async def check_runs(given: Case, expect: Case) -> None:
    """``boundaries`` and ``runs``: where entities were seen in each run, and the alerts that follow."""
    require_known(given, {"params", "boundaries", "runs"}, "given")
    require_known(expect, {"runs"}, "expect")
    assert len(expect["runs"]) == len(given["runs"]), "expect: as many runs as are given"
    boundaries = given["boundaries"]
    async with GeoEngine(_params(given, boundaries), given["runs"][0]["started_at"]) as engine:
        engine.search.boundary_hits = _hits(boundaries)
        for number, (told, wanted) in enumerate(zip(given["runs"], expect["runs"], strict=True)):
            require_known(told, {"started_at", "seen"}, "run")
            engine.search.entity_answer = _entity_answer(told.get("seen", {}))
            _check_one_of_runs(await engine.run(told["started_at"]), wanted, f"run {number}")


def _check_one_of_runs(run: FoundRun, wanted: Case, where: str) -> None:
    require_known(wanted, _RUNS_EXPECT, where)
    assert run.failure is None, f"{where}: {run.failure}"
    for name in ("active", "new", "recovered"):
        if name in wanted:
            assert_set([alert.id for alert in getattr(run, name)], wanted[name], f"{where}.{name}")
    if "stored" in wanted:
        stored = run.state["prevLocationMap"]
        ids = {entity: [record["shapeLocationId"] for record in records] for entity, records in stored.items()}
        assert_equal(ids, wanted["stored"], f"{where}.stored")
    for name, alerts in (("contexts_active", run.active), ("contexts_recovered", run.recovered)):
        if name in wanted:
            contexts = run.contexts()
            _check_contexts({alert.id: contexts[alert.id] for alert in alerts}, wanted[name], f"{where}.{name}")


def _check_contexts(contexts: Mapping[str, JsonObject], wanted: Case, where: str) -> None:
    for alert_id, context in wanted.items():
        assert alert_id in contexts, f"{where}: no alert {alert_id!r}"
        found = contexts[alert_id]
        if context in (None, {}):
            assert found == {}, f"{where}.{alert_id}: expected no context, found {found}"
        else:
            assert_subset(found, context, f"{where}.{alert_id}")


async def _run_once(given: Case, params: JsonObject, hits: list[Case], entity_answer: Case) -> FoundRun:
    started_at = given.get("started_at", _SOME_INSTANT)
    async with GeoEngine(params, started_at) as engine:
        told = engine.search
        told.boundary_hits, told.entity_answer = hits, entity_answer
        told.boundary_error, told.entity_error = given.get("boundary_search_error"), given.get("entity_search_error")
        previous = given.get("previous_started_at")
        await engine.seed(rule_state=given.get("rule_state", {}), previous_started_at=previous)
        return await engine.run(started_at)


def _check_run(run: FoundRun, given: Case, expect: Case) -> None:
    wanted = expect.get("run")
    if wanted is None:
        assert run.failure is None or given.keys() & _ERRORS, f"run: failed unexpectedly: {run.failure}"
    else:
        assert wanted in (*_FAILED, *_SUCCEEDED), f"unknown shape: run {wanted!r}"
        assert (run.outcome == "failed") is (wanted in _FAILED), f"run: expected {wanted}, found {run.outcome}"
    if "outcome" in expect:
        assert_equal(run.rule["last_run"]["outcome"], expect["outcome"], "outcome")
    if "rule_state_unchanged" in expect:
        is_unchanged = run.state == given.get("rule_state", {})
        assert_equal(is_unchanged, expect["rule_state_unchanged"], "rule_state_unchanged")
    if "boundaries_fetched" in expect:
        assert_equal(bool(run.boundary_searches), expect["boundaries_fetched"], "boundaries_fetched")
    for text in _as_list(expect.get("error_contains", ())):
        assert text in (run.failure or ""), f"error: {text!r} is not in {run.failure!r}"
    for text in _as_list(expect.get("warning_contains", ())):
        messages = run.rule["last_run"]["outcome_msg"] or []
        assert any(text in message for message in messages), f"warning: {text!r} is not in {messages}"


def _check_entity_search(run: FoundRun, expect: Case) -> None:
    assert len(run.entity_searches) == 1, f"entity search: expected one, found {len(run.entity_searches)}"
    [request] = run.entity_searches
    body = request.body
    clauses = body["query"]["bool"]["filter"]
    [in_window] = [clause["range"] for clause in clauses if "@timestamp" in clause.get("range", {})] or [
        next(clause["range"] for clause in clauses if "range" in clause)
    ]
    [window] = in_window.values()
    shapes = body["aggs"]["shapes"]
    split = shapes["aggs"]["entitySplit"]
    found = {
        "window": {name: window.get(name) for name in ("gte", "lt")},
        "terms_size": split["terms"]["size"],
        "terms_field": split["terms"]["field"],
        "other_bucket_key": shapes["filters"]["other_bucket_key"],
        "top_hits": split["aggs"]["entityHits"]["top_hits"],
    }
    for name, value in found.items():
        if name in expect:
            assert_equal(value, expect[name], name)
    if "user_clause" in expect:
        others = [clause for clause in clauses if clause not in ({"range": in_window}, {"match_all": {}})]
        assert_equal(others[0] if others else None, expect["user_clause"], "user_clause")
    assert_subset({"index": ",".join(request.index), **body}, expect.get("entity_search", {}), "entity_search")


def _check_alerts(alerts: Iterable[Alert], contexts: Mapping[str, JsonObject], wanted: Any) -> None:
    """A list of ids or of alerts, or an object by id."""
    found = {
        alert.id: {
            "id": alert.id,
            "action_group": alert.group,
            "actionGroup": alert.group,
            "context": contexts[alert.id],
        }
        for alert in alerts
    }
    listed = (
        [{"id": alert_id, **each} for alert_id, each in wanted.items()] if isinstance(wanted, Mapping) else list(wanted)
    )
    whole = [each if isinstance(each, Mapping) else {"id": each} for each in listed]
    for each in whole:
        require_known(each, {"id", "action_group", "actionGroup", "context"}, "alerts")
    assert_set(found.values(), whole, "alerts")


def _params(given: Case, boundaries: Iterable[Case]) -> JsonObject:
    has_names = any("name" in boundary for boundary in boundaries)
    return PARAMS | ({"boundaryNameField": "name"} if has_names else {}) | given.get("params", {})


def _hits(boundaries: Iterable[Case]) -> list[Case]:
    """Boundaries as hits; a case may give one a ``name`` instead of ``fields``."""
    hits = []
    for boundary in boundaries:
        hit = {key: value for key, value in boundary.items() if key != "name"}
        if boundary.get("name") is not None:
            hit["fields"] = {"name": [boundary["name"]]}
        hits.append(hit)
    return hits


def _entity_answer(seen: Mapping[str, list[list[Any]]]) -> Case:
    """The answer of a search that found those documents: the newest of every entity in every bucket."""
    buckets = {}
    for boundary_id, documents in seen.items():
        newest: dict[Any, list[Any]] = {}
        for document in documents:
            entity, at = document[0], document[1]
            if entity not in newest or at > newest[entity][1]:
                newest[entity] = document
        split = [{"key": entity, "doc_count": 1, "entityHits": _top_hit(each)} for entity, each in newest.items()]
        buckets[boundary_id] = {"doc_count": len(documents), "entitySplit": {"buckets": split}}
    return {"aggregations": {"shapes": {"buckets": buckets}}}


def _top_hit(document: list[Any]) -> Case:
    _, at, wkt, document_id = document
    fields = {PARAMS["dateField"]: [at], PARAMS["geoField"]: [wkt]}
    return {"hits": {"hits": [{"_id": document_id, "fields": fields}]}}


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
