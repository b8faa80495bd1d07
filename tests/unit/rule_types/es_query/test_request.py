"""The request of .es-query."""

import copy
import json
import logging
from datetime import timedelta

import pytest

RANGE = {
    "range": {
        "@timestamp": {
            "gte": "2024-05-06T07:03:09.010Z",
            "lte": "2024-05-06T07:08:09.010Z",
            "format": "strict_date_optional_time",
        }
    }
}
SEEN = "2024-05-06T07:05:00.000Z"


def test_the_whole_request_of_an_ungrouped_count(run, answer):
    done = run(answer())
    (request,) = done.requests
    assert request.index == ("logs",)
    assert request.ignore_unavailable
    assert request.allow_no_indices
    assert request.body == {
        "size": 100,
        "track_total_hits": True,
        "query": {"bool": {"filter": [{"match_all": {}}, {"bool": {"filter": [RANGE]}}]}},
        "aggs": {},
        "sort": [{"@timestamp": {"order": "desc", "format": "strict_date_optional_time||epoch_millis"}}],
        "docvalue_fields": [{"field": "@timestamp", "format": "strict_date_optional_time"}],
    }


def test_the_query_delay_shifts_the_window(run, answer):
    run.query_delay = timedelta(seconds=30)
    window = run(answer()).body["query"]["bool"]["filter"][1]["bool"]["filter"][0]["range"]["@timestamp"]
    assert (window["gte"], window["lte"]) == ("2024-05-06T07:02:39.010Z", "2024-05-06T07:07:39.010Z")


def test_seen_documents_are_left_out(run, answer):
    done = run(answer(), state={"latestTimestamp": SEEN})
    seen = {"range": {"@timestamp": {"lte": SEEN, "format": "strict_date_optional_time"}}}
    assert done.body["query"]["bool"]["filter"][0] == {
        "bool": {"filter": [{"match_all": {}}, {"bool": {"must_not": [{"bool": {"filter": [seen]}}]}}]}
    }


@pytest.mark.parametrize("members", [{"excludeHitsFromPreviousRun": False}, {"termField": "host.name"}])
def test_seen_documents_count_again_when_switched_off_or_grouped(run, answer, members):
    done = run(answer(aggregations={}), state={"latestTimestamp": SEEN}, **members)
    assert done.body["query"]["bool"]["filter"][0] == {"match_all": {}}
    assert done.evaluation.state == {"latestTimestamp": SEEN}


def test_the_members_of_the_users_body_that_are_taken_over(run, answer):
    taken = {"fields": ["x"], "runtime_mappings": {"r": {"type": "long"}}, "_source": False}
    body = run(answer(), esQuery=json.dumps({"query": {"term": {"a": "b"}}} | taken)).body
    assert {name: body[name] for name in taken} == taken
    assert body["query"]["bool"]["filter"][0] == {"term": {"a": "b"}}


def test_empty_members_of_the_users_body_are_left_out(run, answer):
    body = run(
        answer(), esQuery='{"query": {"match_all": {}}, "fields": [], "runtime_mappings": {}, "_source": null}'
    ).body
    assert not {"fields", "runtime_mappings", "_source"} & set(body)


def test_a_metric_without_groups(run, answer):
    assert run(answer(), aggType="avg", aggField="cpu").body["aggs"] == {"metricAgg": {"avg": {"field": "cpu"}}}


def test_counted_groups(run, answer):
    body = run(answer(), termField="host.name", termSize=10, size=7, threshold=[3], thresholdComparator=">=").body
    assert body["size"] == 0
    assert body["track_total_hits"] is True
    assert body["aggs"] == {
        "groupAgg": {
            "terms": {"field": "host.name", "size": 10},
            "aggs": {
                "conditionSelector": {
                    "bucket_selector": {
                        "buckets_path": {"compareValue": "_count"},
                        "script": "params.compareValue >= 3L",
                    }
                },
                "topHitsAgg": {"top_hits": {"size": 7}},
            },
        },
        "groupAggCount": {"stats_bucket": {"buckets_path": "groupAgg._count"}},
    }


@pytest.mark.parametrize(("agg_type", "order"), [("avg", "desc"), ("max", "desc"), ("sum", "desc"), ("min", "asc")])
def test_groups_by_several_fields_with_a_metric(run, answer, agg_type, order):
    fields = ["a", "b", "c", "d"]
    groups = run(answer(), termField=fields, termSize=5, aggType=agg_type, aggField="f").body["aggs"]["groupAgg"]
    assert groups["multi_terms"] == {
        "terms": [{"field": field} for field in fields],
        "size": 5,
        "order": {"metricAgg": order},
    }
    assert groups["aggs"]["metricAgg"] == {agg_type: {"field": "f"}}
    assert groups["aggs"]["conditionSelector"]["bucket_selector"]["buckets_path"] == {"compareValue": "metricAgg"}


@pytest.mark.parametrize(
    ("term_size", "alert_limit", "asked_for"),
    [(10, 1000, 10), (1000, 1000, 1000), (1000, 20, 21), (None, 1000, 100), (None, 5, 6)],
)
def test_how_many_groups_are_asked_for(run, answer, term_size, alert_limit, asked_for):
    params = {} if term_size is None else {"termSize": term_size}
    done = run(answer(), termField="a", alert_limit=alert_limit, **params)
    assert done.body["aggs"]["groupAgg"]["terms"]["size"] == asked_for


def test_hits_of_a_group_are_capped_with_a_log_warning_and_left_out_at_size_0(run, answer, caplog):
    with caplog.at_level(logging.WARNING):
        capped = run(answer(), termField="a", size=500).body
    assert capped["aggs"]["groupAgg"]["aggs"]["topHitsAgg"] == {"top_hits": {"size": 100}}
    assert "at most 100 hits" in caplog.text
    assert "topHitsAgg" not in run(answer(), termField="a", size=0).body["aggs"]["groupAgg"]["aggs"]


def test_runs_of_one_evaluator_do_not_touch_each_others_requests(run, answer):
    params = run.params | {"termField": "a", "termSize": 50}
    evaluator = run.rule_type.compile(params)
    run.rule_type = type("Compiled", (), {"compile": lambda _self, _params: evaluator})()
    first = run(answer(), alert_limit=1000).body
    kept = copy.deepcopy(first)
    run.at = "2024-05-07T00:00:00.000Z"
    second = run(answer(), alert_limit=10).body
    assert first == kept
    assert second["aggs"]["groupAgg"]["terms"]["size"] == 11
    assert run(answer(), alert_limit=1000).body["aggs"] == kept["aggs"]
