"""What is sent otherwise to OpenSearch (test-servers.md 4, 5)."""

import copy
from typing import Any

import pytest

from engine.search.cluster.differences import adapt, adapt_answer

SORT_FORMAT = "strict_date_optional_time||epoch_millis"


def grouped(script: Any, kind: str = "multi_terms", **aggs: Any) -> dict[str, Any]:
    selector = {"bucket_selector": {"buckets_path": {"compareValue": "_count"}, "script": script}}
    return {"size": 0, "aggs": {"groupAgg": {kind: {"size": 10}, "aggs": {"conditionSelector": selector, **aggs}}}}


def test_requests_to_elasticsearch_stay_as_they_are() -> None:
    body = grouped("params.compareValue > 5L", topHitsAgg={"top_hits": {}})
    assert adapt(body, "elasticsearch") is body


@pytest.mark.parametrize(
    ("script", "source", "params"),
    [
        ("params.compareValue > 45L", "params.compareValue > params.t0", {"t0": 45}),
        ("params.compareValue <= -1.5", "params.compareValue <= params.t0", {"t0": -1.5}),
        ("params.compareValue < 1e+300", "params.compareValue < params.t0", {"t0": 1e300}),
        ("params.compareValue >= 9223372036854775808.0", "params.compareValue >= params.t0", {"t0": 2.0**63}),
        ("params.compareValue >= 1L && params.compareValue <= 9L",
         "params.compareValue >= params.t0 && params.compareValue <= params.t1", {"t0": 1, "t1": 9}),
        ("params.compareValue < 2L || params.compareValue > 7.25",
         "params.compareValue < params.t0 || params.compareValue > params.t1", {"t0": 2, "t1": 7.25}),
    ],
)  # fmt: skip
def test_thresholds_become_params(script: str, source: str, params: dict[str, Any]) -> None:
    adapted = adapt(grouped(script), "opensearch")
    selector = adapted["aggs"]["groupAgg"]["aggs"]["conditionSelector"]["bucket_selector"]
    assert selector == {"buckets_path": {"compareValue": "_count"}, "script": {"source": source, "params": params}}


@pytest.mark.parametrize("script", ["doc['x'].value > 5", "params.other > 5L", {"source": "params.compareValue > 5L"}])
def test_other_scripts_stay(script: Any) -> None:
    adapted = adapt(grouped(script), "opensearch")
    assert adapted["aggs"]["groupAgg"]["aggs"]["conditionSelector"]["bucket_selector"]["script"] == script


def test_groups_of_several_fields_with_hits_are_collected_breadth_first() -> None:
    hits = {"topHitsAgg": {"top_hits": {"size": 1}}}
    for kind, aggs, mode in (
        ("multi_terms", hits, "breadth_first"),
        ("multi_terms", {}, None),
        ("terms", hits, None),
    ):
        adapted = adapt(grouped("params.compareValue > 5L", kind, **aggs), "opensearch")
        assert adapted["aggs"]["groupAgg"][kind].get("collect_mode") == mode


def test_sort_has_no_format_and_answers_have_dates_as_text_all_the_same() -> None:
    body = {"sort": ["_doc", {"n": "asc"}, {"@timestamp": {"order": "desc", "format": SORT_FORMAT}}]}
    assert adapt(body, "opensearch") == {"sort": ["_doc", {"n": "asc"}, {"@timestamp": {"order": "desc"}}]}
    last = {"n": 9, "sort": [3, 1715076660000, -(2**63)]}
    answer = {"hits": {"hits": [{"sort": [1, 2, 1715076660123]}, {"sort": [1, 2, 1715076660123456789]}, last, {}]}}
    for _ in range(2):
        assert adapt_answer(answer, body, "opensearch") == {
            "hits": {
                "hits": [
                    {"sort": [1, 2, "2024-05-07T10:11:00.123Z"]},
                    {"sort": [1, 2, "2024-05-07T10:11:00.123Z"]},
                    {"n": 9, "sort": [3, 1715076660000, -(2**63)]},
                    {},
                ]
            }
        }


@pytest.mark.parametrize("answer", [{}, {"hits": None}, {"hits": {"hits": 5}}, {"hits": {"hits": [None, {"sort": 1}]}}])
def test_answers_of_another_form_stay(answer: dict[str, Any]) -> None:
    body = {"sort": [{"@timestamp": {"format": SORT_FORMAT}}]}
    assert adapt_answer(copy.deepcopy(answer), body, "opensearch") == answer


def test_answers_of_elasticsearch_stay() -> None:
    body = {"sort": [{"@timestamp": {"format": SORT_FORMAT}}]}
    answer = {"hits": {"hits": [{"sort": [1715076660123]}]}}
    assert adapt_answer(answer, body, "elasticsearch") == {"hits": {"hits": [{"sort": [1715076660123]}]}}


def test_nothing_given_is_modified() -> None:
    body = grouped("params.compareValue > 5L", topHitsAgg={"top_hits": {}})
    body["sort"] = [{"@timestamp": {"format": SORT_FORMAT}}]
    before = copy.deepcopy(body)
    assert adapt(body, "opensearch") != before
    assert body == before
