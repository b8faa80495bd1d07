"""The request of .index-threshold."""

from datetime import timedelta

import pytest

START, END = "2024-05-06T07:03:09.010Z", "2024-05-06T07:08:09.010Z"
QUERY = {"bool": {"filter": [{"range": {"@timestamp": {"gte": START, "lt": END, "format": "strict_date_time"}}}]}}
DATE_RANGE = {"field": "@timestamp", "format": "strict_date_time", "ranges": [{"from": START, "to": END}]}
GROUP_COUNT = {"stats_bucket": {"buckets_path": "groupAgg._count"}}


def selector(path, script):
    return {"bucket_selector": {"buckets_path": {"compareValue": path}, "script": script}}


def test_a_count_without_groups(run, answer):
    (request,) = run(answer()).requests
    assert (request.index, request.ignore_unavailable, request.allow_no_indices) == (("logs",), True, True)
    assert request.body == {"size": 0, "query": QUERY, "aggs": {"dateAgg": {"date_range": DATE_RANGE}}}


def test_a_metric_without_groups(run, answer):
    metric = {"avg": {"field": "cpu"}}
    assert run(answer(), aggType="avg", aggField="cpu").body["aggs"] == {
        "dateAgg": {"date_range": DATE_RANGE, "aggs": {"metricAgg": metric}},
        "sortValueAgg": metric,
    }


def test_counted_groups(run, answer):
    assert run(answer(), termField="host", termSize=10, aggField="unused").body["aggs"] == {
        "groupAgg": {
            "terms": {"field": "host", "size": 10},
            "aggs": {
                "conditionSelector": selector("_count", "params.compareValue > 0L"),
                "dateAgg": {"date_range": DATE_RANGE},
            },
        },
        "groupAggCount": GROUP_COUNT,
    }


@pytest.mark.parametrize(("agg_type", "order"), [("avg", "desc"), ("max", "desc"), ("sum", "desc"), ("min", "asc")])
def test_groups_with_a_metric(run, answer, agg_type, order):
    metric = {agg_type: {"field": "cpu"}}
    assert run(answer(), termField="host", termSize=10, aggType=agg_type, aggField="cpu").body["aggs"] == {
        "groupAgg": {
            "terms": {"field": "host", "size": 10, "order": {"sortValueAgg": order}},
            "aggs": {
                "dateAgg": {"date_range": DATE_RANGE, "aggs": {"metricAgg": metric}},
                "sortValueAgg": metric,
                "conditionSelector": selector("sortValueAgg", "params.compareValue > 0L"),
            },
        },
        "groupAggCount": GROUP_COUNT,
    }


@pytest.mark.parametrize(
    ("term_size", "alert_limit", "asked_for"), [(1000, 1000, 1000), (1000, 20, 21), (None, 1000, 100)]
)
def test_how_many_groups_are_asked_for(run, answer, term_size, alert_limit, asked_for):
    members = {} if term_size is None else {"termSize": term_size}
    body = run(answer(), termField="host", alert_limit=alert_limit, **members).body
    assert body["aggs"]["groupAgg"]["terms"]["size"] == asked_for


def test_the_query_delay_shifts_query_and_range(run, answer):
    run.query_delay = timedelta(seconds=9)
    body = run(answer()).body
    window = body["query"]["bool"]["filter"][0]["range"]["@timestamp"]
    assert (window["gte"], window["lt"]) == ("2024-05-06T07:03:00.010Z", "2024-05-06T07:08:00.010Z")
    assert body["aggs"]["dateAgg"]["date_range"]["ranges"] == [{"from": window["gte"], "to": window["lt"]}]


def test_several_indices_and_an_empty_filter(run, answer):
    (request,) = run(answer(), index=["a", "b"], filterKuery="").requests
    assert request.index == ("a", "b")
    assert request.body["query"] == QUERY
