"""One run of .es-query over a data view (searchType searchSource)."""

from typing import Any

import pytest

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, RunError, SearchError
from engine.model.settings import QuerySettings
from rule_types.es_query.rule_type import EsQueryRuleType

START, END = "2024-05-06T07:03:09.010Z", "2024-05-06T07:08:09.010Z"
VIEW = DataView("dv-1", "logs-*,old", "Logs", "time")
CAPS = {"fields": {"time": {"date": {}}, "host": {"keyword": {}}, "p": {"nested": {}}, "p.q": {"keyword": {}}}}
IN_WINDOW = {"range": {"time": {"gte": START, "lte": END, "format": "strict_date_optional_time"}}}


class Views:
    def __init__(self, *views: DataView) -> None:
        self._views = {(view.space, view.id): view for view in views}

    async def find(self, space: str, view_id: str) -> DataView | None:
        return self._views.get((space, view_id))


@pytest.fixture
def params() -> dict[str, Any]:
    return {
        "searchType": "searchSource",
        "searchConfiguration": {"index": "dv-1"},
        "size": 10,
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [0],
    }


@pytest.fixture
def run(make_runner: Any, params: Any) -> Any:
    """``run(answer, view=..., configuration=..., **params)`` evaluates once at the end of the window above."""
    runner = make_runner(EsQueryRuleType(), params)

    def once(answer, *, view=VIEW, configuration=None, **more):
        given = {"field_caps": CAPS, "data_views": Views(view), **more}
        return runner(answer, searchConfiguration={"index": "dv-1"} | (configuration or {}), **given)

    return once


def kql(text):
    return {"query": {"query": text, "language": "kuery"}}


def clause(query):
    return {"bool": {"should": [query], "minimum_should_match": 1}}


def parts(seen):
    return seen.body["query"]["bool"]


def test_the_request_without_groups(run, answer):
    (request,) = run(answer()).requests
    assert (request.index, request.ignore_unavailable, request.allow_no_indices) == (("logs-*,old",), True, True)
    assert request.body == {
        "size": 10,
        "track_total_hits": True,
        "query": {"bool": {"must": [], "filter": [IN_WINDOW], "should": [], "must_not": []}},
        "sort": [{"time": {"order": "desc", "format": "strict_date_optional_time||epoch_millis"}}],
        "aggs": {},
    }


def test_grouped_requests_count_no_hits(run, answer):
    body = run(answer(), termField="host", termSize=5).body
    assert body["size"] == 0
    assert "track_total_hits" not in body
    assert body["aggs"]["groupAgg"]["terms"] == {"field": "host", "size": 5}


def test_only_the_named_fields_are_asked_for(run, answer):
    filters = [{"meta": {"key": "level"}, "query": {"match_phrase": {"level": "x"}}}]
    (asked,) = run(answer(), configuration=kql("host: a and p:{ q: b }") | {"filter": filters}).field_caps_requests
    assert (asked.index, asked.ignore_unavailable) == (("logs-*,old",), True)
    assert set(asked.fields) == {"host", "p.q", "p", "level", "time"}


def test_queries_and_filters_are_assembled_with_the_types_of_the_fields(run, answer):
    filters = [
        {"meta": {"negate": True}, "query": {"exists": {"field": "x"}}},
        {"meta": {}, "query": {"match_phrase": {"p.q": "z"}}},
    ]
    found = parts(run(answer(), configuration=kql("host: a") | {"filter": filters}))
    assert found["filter"] == [
        clause({"term": {"host": {"value": "a"}}}),
        {"nested": {"path": "p", "query": {"match_phrase": {"p.q": "z"}}}},
        IN_WINDOW,
    ]
    assert found["must_not"] == [{"exists": {"field": "x"}}]


def test_one_filter_need_not_be_a_list(run, answer):
    found = parts(run(answer(), configuration={"filter": {"query": {"term": {"a": 1}}}}))
    assert found["filter"] == [{"term": {"a": 1}}, IN_WINDOW]


def test_lucene_takes_the_operators_settings(run, answer):
    query = {"query": {"query": "a:b", "language": "lucene"}}
    assert parts(run(answer(), configuration=query))["must"] == [
        {"query_string": {"query": "a:b", "analyze_wildcard": True, "time_zone": "UTC"}}
    ]
    settings = QuerySettings(query_string_options={"lenient": True}, date_format_tz="Europe/Vienna")
    assert parts(run(answer(), configuration=query, query=settings))["must"] == [
        {"query_string": {"query": "a:b", "lenient": True, "time_zone": "Europe/Vienna"}}
    ]


def test_dates_in_kql_are_read_in_the_zone_of_the_settings(run, answer):
    settings = QuerySettings(date_format_tz="Asia/Tokyo")
    found = parts(run(answer(), configuration=kql("time >= now-1d/d"), query=settings))
    assert found["filter"][0] == clause({"range": {"time": {"gte": "now-1d/d", "time_zone": "Asia/Tokyo"}}})


def test_filters_on_unknown_fields_can_be_left_out(run, answer):
    filters = [{"meta": {"key": "unknown"}, "query": {"term": {"unknown": 1}}}]
    settings = QuerySettings(ignore_filter_if_field_not_in_index=True)
    assert parts(run(answer(), configuration={"filter": filters}, query=settings))["filter"] == [IN_WINDOW]


def test_what_the_view_says_of_fields_goes_into_the_request(run, answer):
    view = DataView("dv-1", "logs", "logs", "time", {"r": {"type": "long"}}, ({"value": "secret.*"}, {"value": "x"}))
    seen = run(answer(), view=view, configuration=kql("r >= 5"))
    assert seen.body["runtime_mappings"] == {"r": {"type": "long"}}
    assert seen.body["_source"] == {"excludes": ["secret.*", "x"]}


@pytest.mark.parametrize(
    ("seen_until", "more"),
    [
        (None, []),
        ("2024-05-06T07:03:09.010Z", []),
        ("2024-05-06T07:00:00.000Z", []),
        ("2024-05-06T07:05:00.000Z", [{"gt": "2024-05-06T07:05:00.000Z", "format": "strict_date_optional_time"}]),
    ],
)
def test_hits_of_the_previous_run_are_left_out_where_they_lie_in_the_window(run, answer, seen_until, more):
    state = {} if seen_until is None else {"latestTimestamp": seen_until}
    expected = [IN_WINDOW, *({"range": {"time": bounds}} for bounds in more)]
    assert parts(run(answer(), state=state))["filter"] == expected
    assert parts(run(answer(), state=state, excludeHitsFromPreviousRun=False))["filter"] == [IN_WINDOW]
    assert parts(run(answer(), state=state, termField="host"))["filter"] == [IN_WINDOW]


def test_alerts_are_told_with_the_name_of_the_view(run, answer):
    (report,) = run(answer(total=7)).reports
    assert (report.id, report.context["value"]) == ("query matched", 7)
    assert "data view Logs" in report.context["message"]


def test_the_alert_limit_counts_here_too(run, answer):
    buckets = [{"key": name, "doc_count": 1} for name in "abc"]
    aggregations = {"groupAgg": {"buckets": buckets}, "groupAggCount": {"count": 3}}
    seen = run(answer(aggregations=aggregations), termField="host", alert_limit=2)
    assert (seen.ids, seen.collected.is_limit_reached) == (["a", "b"], True)


def test_a_view_can_stand_in_the_rule(run, answer):
    view = {"title": "mine", "timeFieldName": "time", "managed": False, "fields": {}}
    seen = run(answer(), configuration={"index": view})
    assert seen.requests[0].index == ("mine",)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ({"configuration": {"index": "other"}}, "index-pattern/other"),
        ({"view": DataView("dv-1", "logs", "logs")}, "dv-1"),
        ({"view": DataView("dv-1", "logs", "logs", "gone")}, "gone"),
        ({"configuration": kql("a: (")}, "searchConfiguration"),
        ({"configuration": kql("p.q: a")}, "nested"),
        ({"configuration": {"query": {"query": "a", "language": "sql"}}}, "language"),
        ({"configuration": {"filter": [5]}}, "filter"),
        ({"configuration": {"index": 5}}, "searchConfiguration.index"),
        ({"configuration": {"index": {}}}, "title"),
        ({"configuration": kql(5)}, "searchConfiguration"),
        ({"configuration": kql("a: *b"), "query": QuerySettings(allow_leading_wildcards=False)}, "may not start with"),
    ],
)
def test_what_cannot_be_searched_fails_the_run_as_the_users_fault(run, answer, case, told):
    with pytest.raises(RunError, match=told) as failed:
        run(answer(), **case)
    assert failed.value.user_caused


def test_a_backend_that_does_not_tell_its_fields_fails_the_run(run, answer):
    with pytest.raises(SearchError):
        run(answer(), field_caps={"error": "x"}, field_caps_status=500)


@pytest.mark.parametrize(
    ("configuration", "is_told"),
    [
        ({"index": "dv-1"}, False),
        ({"index": "dv-1"} | kql('""geo.src : "US" ""'), True),
        ({"index": "dv-1", "query": {"query": "a", "language": "sql"}}, True),
        ({}, True),
        ({"index": {"timeFieldName": "t"}}, True),
        ({"index": "dv-1", "filter": [5]}, True),
    ],
)
def test_a_configuration_that_cannot_run_is_only_warned_of_on_save(params, configuration, is_told):
    rule_type, given = EsQueryRuleType(), params | {"searchConfiguration": configuration}
    assert rule_type.validate(given)["searchConfiguration"] == configuration
    assert bool(rule_type.warnings(given)) is is_told
    rule_type.compile(given)


def test_a_missing_configuration_is_refused(params):
    del params["searchConfiguration"]
    with pytest.raises(InvalidInput, match="searchConfiguration"):
        EsQueryRuleType().validate(params)
