"""Cases of es_query and index_threshold: one validation or one evaluation against a search that answers as told."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, RunError, SearchError, SearchUnavailable
from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import EvaluationContext, Recovery, RecoveryCandidate, Report, Reports, RuleType
from engine.ports.search import EsqlRequest, SearchRequest
from engine.query.data_view_spec import read_data_view
from engine.search.recording import CannedAnswer, RecordingSearch
from rule_types.builtin import builtin_rule_types
from tests.cases.matching import assert_absent, assert_equal, assert_present, assert_subset, require_known

Case = dict[str, Any]

_SOME_ES_TYPE = {"string": "text", "number": "long", "unknown": "flattened"}
"""For fields of which a case tells only the data view's type."""

_VALIDATION_EXPECT = {"valid", "field", "normalized"}
_RUN_GIVEN = {
    *("kind", "rule_type_id", "rule_name", "params", "now", "es", "query_delay_seconds", "alert_limit", "rule_state"),
    *("active_alerts", "data_views", "field_caps", "field_caps_status"),
}
_RUN_EXPECT = {
    *("outcome", "error_source", "warning_contains", "alerts", "recovered", "limit_reached", "rule_state", "request"),
}
_ACTIVE_ALERT = {"id", "document"}
_ALERT_EXPECT = {
    *("id", "action_group", "value", "context", "document", "state"),
    *("context_keys", "context_absent", "document_absent"),
}
_REQUEST_EXPECT = {
    *("api", "index", "options", "body", "body_match", "unordered", "filter_1_any_of"),
    *("query_text_match", "query_last_command_is_active", "query_prefix_verbatim"),
}


def check_validation(given: Case, expect: Case) -> None:
    """Shape ``validate``."""
    require_known(expect, _VALIDATION_EXPECT, "expect")
    stored, refusal = _validate(given)
    if expect["valid"]:
        assert refusal is None, f"refused: {refusal}"
        assert_subset(stored, expect.get("normalized", {}), "normalized", elements="exact")
    else:
        assert refusal is not None, f"accepted: {stored}"
        path, wanted = refusal.problems[0].path, expect["field"]
        assert path == wanted or path.startswith(f"{wanted}."), f"names {path!r}, expected {wanted!r}"


def _validate(given: Case) -> tuple[JsonObject, InvalidInput | None]:
    try:
        return _rule_type(given).validate(given["params"]), None
    except InvalidInput as error:
        return {}, error


def check_run(given: Case, expect: Case) -> None:
    """Shape ``run``."""
    require_known(given, _RUN_GIVEN, "given")
    require_known(expect, _RUN_EXPECT, "expect")
    for alert in given.get("active_alerts", ()):
        require_known(alert, _ACTIVE_ALERT, "active_alerts")
    run = asyncio.run(_evaluate(given))
    if "outcome" in expect:
        wanted = expect["outcome"]
        assert run.outcome == wanted, f"outcome: expected {wanted}, found {run.outcome} {run.texts}"
    if "error_source" in expect:
        assert_equal(run.error_source, expect["error_source"], "error_source")
    for data in _as_list(expect.get("warning_contains", [])):
        assert any(data in text for text in run.texts), f"warnings: {data!r} is not in {run.texts}"
    if "alerts" in expect:
        assert_equal([alert.id for alert in run.alerts], [alert["id"] for alert in expect["alerts"]], "alerts")
        for found, wanted in zip(run.alerts, expect["alerts"], strict=True):
            _check_alert(found, wanted)
    if "recovered" in expect:
        assert_equal([alert.id for alert in run.recovered], [alert["id"] for alert in expect["recovered"]], "recovered")
        for found, wanted in zip(run.recovered, expect["recovered"], strict=True):
            _check_alert(found, wanted)
    if "limit_reached" in expect:
        assert_equal(run.is_limit_reached, expect["limit_reached"], "limit_reached")
    if "rule_state" in expect:
        assert_equal(run.state, expect["rule_state"], "rule_state")
    if "request" in expect:
        _check_request(run, expect["request"])


@dataclass
class FoundAlert:
    """A reported or recovered alert."""

    id: str
    context: JsonObject
    document: JsonObject
    group: str | None = None
    state: JsonObject = field(default_factory=dict)


@dataclass
class FoundRun:
    """What one evaluation came to."""

    outcome: str
    state: JsonObject
    requests: list[SearchRequest]
    esql_requests: list[EsqlRequest]
    texts: list[str] = field(default_factory=list)
    error_source: str | None = None
    alerts: list[FoundAlert] = field(default_factory=list)
    recovered: list[FoundAlert] = field(default_factory=list)
    is_limit_reached: bool = False


async def _evaluate(given: Case) -> FoundRun:
    answer = given.get("es", {"body": {}})
    told = CannedAnswer(answer["body"], answer.get("status", 200))
    search = RecordingSearch([told], field_caps=[_field_caps_answer(given)] * 2)
    reports = Reports(given.get("alert_limit", 1000))
    state = given.get("rule_state", {})
    context = EvaluationContext(
        rule_id="rule-1",
        rule_name=given.get("rule_name", "rule"),
        space="default",
        at=parse_iso(given["now"]),
        previous_started_at=None,
        state=state,
        query_delay=timedelta(seconds=given.get("query_delay_seconds", 0)),
        reports=reports,
        search=search,
        data_views=_DataViews(given.get("data_views", ())),
    )
    try:
        evaluation = await _rule_type(given).compile(given["params"]).evaluate(context)
    except InvalidInput as error:
        return FoundRun("error", state, search.requests, search.esql_requests, [str(error)], "user")
    except (RunError, SearchError, SearchUnavailable) as error:
        source = "user" if isinstance(error, RunError) and error.user_caused else "framework"
        return FoundRun("error", state, search.requests, search.esql_requests, [str(error)], source)
    assert not reports.is_declaration_missing, "the alert limit was asked for and never declared"
    run = FoundRun(
        "ok", evaluation.state, search.requests, search.esql_requests, [*evaluation.errors, *evaluation.warnings]
    )
    run.outcome = "error" if evaluation.errors else "warning" if evaluation.warnings else "ok"
    run.is_limit_reached = reports.is_limit_reached
    run.alerts = [_reported(report) for report in reports.all()]
    if not (run.is_limit_reached or evaluation.hold_recoveries):
        reported = {alert.id for alert in run.alerts}
        for active in given.get("active_alerts", ()):
            if active["id"] not in reported:
                candidate = RecoveryCandidate(active["id"], f"uuid of {active['id']}", active.get("document", {}))
                recovery = evaluation.recover(candidate) if evaluation.recover else Recovery()
                document = candidate.document | recovery.payload
                run.recovered.append(FoundAlert(candidate.id, recovery.context, document))
    return run


class _DataViews:
    """The data views of a case; their ``fields`` are what the indices answer with."""

    def __init__(self, given: Iterable[Case]) -> None:
        specs = [{name: value for name, value in view.items() if name != "fields"} for view in given]
        self._views = {view.id: view for view in map(read_data_view, specs)}

    async def find(self, space: str, view_id: str) -> DataView | None:
        return self._views.get(view_id)


def _field_caps_answer(given: Case) -> CannedAnswer:
    if given.get("field_caps_status", 200) >= 400:
        return CannedAnswer({"error": {"type": "error", "reason": "as told"}}, given["field_caps_status"])
    types = {name: [kind] for name, kind in given.get("field_caps", {}).items()}
    configuration = given["params"].get("searchConfiguration")
    inline = configuration.get("index") if isinstance(configuration, dict) else None
    for view in [*given.get("data_views", ()), *([inline] if isinstance(inline, dict) else [])]:
        if "fields" not in view and view.get("timeFieldName"):
            # A case that tells no fields is not about them: the time field is there.
            types.setdefault(view["timeFieldName"], ["date"])
        for each in _listed(view.get("fields", ())):
            types[each["name"]] = each.get("esTypes") or [_SOME_ES_TYPE.get(each.get("type"), each.get("type"))]
            nested = each.get("subType", {}).get("nested")
            if nested is not None:
                types[nested["path"]] = ["nested"]
    fields = {name: {kind: {"type": kind} for kind in kinds} for name, kinds in types.items()}
    return CannedAnswer({"indices": ["one"], "fields": fields})


def _listed(fields: Any) -> Iterable[Case]:
    """Fields as a list, or as an object by name."""
    return [{"name": name, **each} for name, each in fields.items()] if isinstance(fields, dict) else fields


def _reported(report: Report) -> FoundAlert:
    return FoundAlert(report.id, report.context, report.payload, report.group, report.state)


def _rule_type(given: Case) -> RuleType:
    return next(rule_type for rule_type in builtin_rule_types() if rule_type.id == given["rule_type_id"])


def _check_alert(found: FoundAlert, wanted: Case) -> None:
    require_known(wanted, _ALERT_EXPECT, "alert")
    if "action_group" in wanted:
        assert_equal(found.group, wanted["action_group"], f"{found.id}.action_group")
    if "value" in wanted:
        assert_equal(found.context.get("value"), wanted["value"], f"{found.id}.value")
    for name in ("context", "document", "state"):
        assert_subset(getattr(found, name), wanted.get(name, {}), f"{found.id}.{name}", elements="exact")
    assert_present(found.context, wanted.get("context_keys", ()), f"{found.id}.context")
    assert_absent(found.context, wanted.get("context_absent", ()), f"{found.id}.context")
    assert_absent(found.document, wanted.get("document_absent", ()), f"{found.id}.document")


def _check_request(run: FoundRun, wanted: Case) -> None:
    require_known(wanted, _REQUEST_EXPECT, "request")
    match wanted["api"]:
        case "search":
            _check_search(run, wanted)
        case "esql":
            _check_esql(run, wanted)
        case other:
            raise AssertionError(f"unknown shape: api {other!r}")


def _check_search(run: FoundRun, wanted: Case) -> None:
    assert len(run.requests) == 1, f"request: expected one search, found {len(run.requests)}"
    assert not run.esql_requests, "request: expected no ES|QL query"
    request = run.requests[0]
    if "index" in wanted:
        assert_equal(",".join(request.index), ",".join(wanted["index"]), "request.index")
    options = {"ignore_unavailable": request.ignore_unavailable, "allow_no_indices": request.allow_no_indices}
    assert_subset(options, wanted.get("options", {}), "request.options")
    if "body" in wanted:
        _check_body(dict(request.body), wanted)


def _check_esql(run: FoundRun, wanted: Case) -> None:
    assert len(run.esql_requests) == 1, f"request: expected one query, found {len(run.esql_requests)}"
    assert not run.requests, "request: expected no search"
    body = dict(run.esql_requests[0].body)
    text: str = body["query"]
    if "query_prefix_verbatim" in wanted:
        assert text.startswith(wanted["query_prefix_verbatim"]), f"request.query: {text!r}"
    if "query_last_command_is_active" in wanted:
        wanted_end = wanted["query_last_command_is_active"]
        last_line = text.rpartition("\n")[2]
        is_active = last_line.lstrip().startswith("|") and "//" not in last_line
        assert is_active is wanted_end or (isinstance(wanted_end, str) and _folded(wanted_end) in _folded(last_line)), (
            f"request.query: {text!r} does not end in {wanted_end!r}"
        )
    expected = dict(wanted.get("body", {}))
    match wanted.get("query_text_match"):
        case "case_and_whitespace_insensitive":
            body["query"] = _folded(text)
            expected["query"] = _folded(expected["query"])
        case None:
            pass
        case other:
            raise AssertionError(f"unknown shape: query_text_match {other!r}")
    if "body" in wanted:
        _check_body(body, {**wanted, "body": expected})


def _folded(text: str) -> str:
    """Without regard to case and runs of blanks."""
    return " ".join(text.lower().split())


def _check_body(body: JsonObject, wanted: Case) -> None:
    expected = wanted["body"]
    if "filter_1_any_of" in wanted:
        found, expected = _second_filter(body), _without_second_filter(expected)
        body = _without_second_filter(body)
        assert any(_is_equal(found, one) for one in wanted["filter_1_any_of"]), f"request.filter[1]: {found}"
    for path in wanted.get("unordered", ()):
        body, expected = _sorted_at(body, path.split(".")), _sorted_at(expected, path.split("."))
    match wanted.get("body_match", "exact"):
        case "exact":
            assert_equal(body, expected, "request.body")
        case "subset":
            assert_subset(body, expected, "request.body", elements="exact")
        case other:
            raise AssertionError(f"unknown shape: body_match {other!r}")


def _second_filter(body: JsonObject) -> Any:
    filters = body["query"]["bool"]["filter"]
    assert len(filters) > 1, "request.body: no second filter"
    return filters[1]


def _without_second_filter(body: JsonObject) -> JsonObject:
    clauses = body["query"]["bool"]
    filters = [*clauses["filter"][:1], *clauses["filter"][2:]]
    return {**body, "query": {**body["query"], "bool": {**clauses, "filter": filters}}}


def _is_equal(found: Any, expected: Any) -> bool:
    try:
        assert_equal(found, expected, "")
    except AssertionError:
        return False
    return True


def _sorted_at(value: Any, path: list[str]) -> Any:
    """The value with the list at ``path``, if there is one, in a canonical order."""
    if not path:
        return sorted(value, key=lambda one: json.dumps(one, sort_keys=True)) if isinstance(value, list) else value
    if isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: _sorted_at(value[path[0]], path[1:])}
    if isinstance(value, list):
        return [_sorted_at(one, path[1:]) if path[0] in (str(at), "*") else one for at, one in enumerate(value)]
    return value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
