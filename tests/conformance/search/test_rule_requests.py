"""The requests that the stack rule types send (embedded-search.md 15)."""

from typing import Any

WINDOW = {"gte": "2024-05-07T10:00:00.000Z", "lt": "2024-05-07T10:10:00.000Z", "format": "strict_date_time"}
RANGES = [{"from": "2024-05-07T10:05:00.000Z", "to": "2024-05-07T10:10:00.000Z"}]

DATE_RANGE = {"field": "@timestamp", "format": "strict_date_time", "ranges": RANGES}


def selector(path: str, script: str) -> dict[str, Any]:
    return {"bucket_selector": {"buckets_path": {"compareValue": path}, "script": script}}


BETWEEN = "params.compareValue >= 12L && params.compareValue <= 14L"
COUNT = {"stats_bucket": {"buckets_path": "groupAgg._count"}}


async def test_index_threshold_ungrouped(hosts: Any) -> None:
    metric = {"avg": {"field": "cpu"}}
    date = {"date_range": DATE_RANGE, "aggs": {"metricAgg": metric}}
    query = {"bool": {"filter": [{"range": {"@timestamp": WINDOW}}]}}
    answer = await hosts.search("hosts", size=0, query=query, aggs={"dateAgg": date, "sortValueAgg": metric})
    [bucket] = answer["aggregations"]["dateAgg"]["buckets"]
    assert (bucket["doc_count"], bucket["metricAgg"]["value"]) == (5, 70.0)
    assert (bucket["from_as_string"], bucket["to_as_string"]) == (RANGES[0]["from"], RANGES[0]["to"])
    assert answer["aggregations"]["sortValueAgg"]["value"] == 45.0


async def test_index_threshold_grouped(hosts: Any) -> None:
    metric = {"max": {"field": "cpu"}}
    date = {"date_range": DATE_RANGE, "aggs": {"metricAgg": metric}}
    group = {"terms": {"field": "host", "size": 2, "order": {"sortValueAgg": "desc"}},
             "aggs": {"dateAgg": date, "sortValueAgg": metric,
                      "conditionSelector": selector("sortValueAgg", "params.compareValue > 80L")}}  # fmt: skip
    query = {"bool": {"filter": [{"range": {"@timestamp": WINDOW}}, {"bool": {"should": [{"match": {"up": False}}],
             "minimum_should_match": 1}}]}}  # fmt: skip
    answer = await hosts.search("hosts", size=0, query=query, aggs={"groupAgg": group, "groupAggCount": COUNT})
    [bucket] = answer["aggregations"]["groupAgg"]["buckets"]
    assert (bucket["key"], bucket["doc_count"], bucket["sortValueAgg"]["value"]) == ("a", 2, 90.0)
    assert bucket["dateAgg"]["buckets"][0]["metricAgg"]["value"] == 90.0
    assert answer["aggregations"]["groupAggCount"]["count"] == 1


async def test_es_query_with_exclusion(hosts: Any) -> None:
    window = {
        "gte": "2024-05-07T10:00:00.000Z",
        "lte": "2024-05-07T10:10:00.000Z",
        "format": "strict_date_optional_time",
    }
    seen = {"range": {"@timestamp": {"lte": "2024-05-07T10:04:00.000Z", "format": "strict_date_optional_time"}}}
    user = {"bool": {"filter": [{"match_all": {}}, {"bool": {"must_not": [{"bool": {"filter": [seen]}}]}}]}}
    query = {"bool": {"filter": [user, {"bool": {"filter": [{"range": {"@timestamp": window}}]}}]}}
    body = {
        "sort": [{"@timestamp": {"order": "desc", "format": "strict_date_optional_time||epoch_millis"}}],
        "docvalue_fields": [{"field": "@timestamp", "format": "strict_date_optional_time"}],
    }
    answer = await hosts.search("hosts", size=3, track_total_hits=True, query=query, aggs={}, **body)
    assert answer["hits"]["total"] == {"value": 6, "relation": "eq"}
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["10", "09", "08"]
    assert answer["hits"]["hits"][0]["fields"] == {"@timestamp": ["2024-05-07T10:10:00.000Z"]}


async def test_es_query_grouped_by_several_fields(hosts: Any) -> None:
    group = {"multi_terms": {"terms": [{"field": "host"}, {"field": "up"}], "size": 3, "order": {"metricAgg": "desc"}},
             "aggs": {"metricAgg": {"sum": {"field": "count"}}, "topHitsAgg": {"top_hits": {"size": 1}},
                      "conditionSelector": selector("metricAgg", BETWEEN),
                      "tags": {"terms": {"field": "tags", "size": 10}}}}  # fmt: skip
    answer = await hosts.search("hosts", size=0, track_total_hits=True, query={"match_all": {}},
                                aggs={"groupAgg": group, "groupAggCount": COUNT})  # fmt: skip
    buckets = answer["aggregations"]["groupAgg"]["buckets"]
    assert [(b["key"], b["key_as_string"], b["doc_count"], b["metricAgg"]["value"]) for b in buckets] == [
        (["b", True], "b|true", 2, 14.0), (["a", False], "a|false", 2, 12.0)]  # fmt: skip
    assert [len(b["topHitsAgg"]["hits"]["hits"]) for b in buckets] == [1, 1]
    assert buckets[0]["topHitsAgg"]["hits"]["total"]["value"] == 2
    assert [(t["key"], t["doc_count"]) for t in buckets[0]["tags"]["buckets"]] == [("x", 2)]
    assert answer["aggregations"]["groupAggCount"]["count"] == 2


async def test_a_group_without_values_meets_no_condition(hosts: Any, backend: Any) -> None:
    await backend.load("gaps", [{"_id": "1", "g": "a"}, {"_id": "2", "g": "b", "v": 1}],
                       {"g": {"type": "keyword"}, "v": {"type": "long"}})  # fmt: skip
    for metric, script, keys in (
        ("avg", "params.compareValue < 5L", ["b"]),
        ("sum", "params.compareValue < 1L", ["a"]),
    ):
        group = {
            "terms": {"field": "g"},
            "aggs": {"metricAgg": {metric: {"field": "v"}}, "s": selector("metricAgg", script)},
        }
        answer = await backend.search("gaps", size=0, aggs={"groupAgg": group})
        assert [bucket["key"] for bucket in answer["aggregations"]["groupAgg"]["buckets"]] == keys
