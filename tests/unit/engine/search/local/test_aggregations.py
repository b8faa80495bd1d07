"""Metrics, terms, multi_terms, date_range, top_hits and pipelines (embedded-search.md 7, 8, 9)."""

from typing import Any

import pytest

from engine.search.local import LocalSearch

MAPPING = {
    "properties": {
        "@timestamp": {"type": "date"}, "host": {"type": "keyword"}, "cpu": {"type": "double"},
        "bytes": {"type": "long"}, "sizes": {"type": "long"}, "up": {"type": "boolean"}, "ip": {"type": "ip"},
        "tags": {"type": "keyword"}, "msg": {"type": "text"}, "when": {"type": "date", "format": "yyyy-MM-dd"},
    }
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"_id": "1", "@timestamp": "2024-01-01T00:00:00.000Z", "host": "a", "cpu": 10.0, "bytes": 1, "up": True,
     "tags": ["x", "y"], "sizes": [1, 1, 2], "ip": "10.0.0.2", "when": "2024-01-01"},
    {"_id": "2", "@timestamp": "2024-01-01T00:01:00.000Z", "host": "a", "cpu": 90.0, "bytes": 2, "up": False,
     "tags": "x", "sizes": 5, "ip": "9.0.0.1", "when": "2024-01-02"},
    {"_id": "3", "@timestamp": "2024-01-01T00:02:00.000Z", "host": "b", "cpu": 20.0, "bytes": 3, "up": True,
     "tags": ["y"], "ip": "10.0.0.2", "when": "2024-01-02"},
    {"_id": "4", "@timestamp": "2024-01-01T00:03:00.000Z", "host": "b", "bytes": 4, "up": True},
    {"_id": "5", "@timestamp": "2024-01-01T00:04:00.000Z", "host": "c", "cpu": 95.0},
    {"_id": "6", "@timestamp": "2024-01-01T00:09:00.000Z", "cpu": 1.0, "host": "d"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def rows(search: LocalSearch) -> None:
    assert search.add_documents_now("r", ROWS, MAPPING).problems == []


@pytest.fixture
def aggregate(ask: Any) -> Any:
    async def aggregate(aggs: dict[str, Any], **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await ask("r", size=0, aggs=aggs, **body))["aggregations"]
        return answer

    return aggregate


def pairs(result: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(bucket["key"], bucket["doc_count"]) for bucket in result["buckets"]]


NONE = {"match_none": {}}


@pytest.mark.parametrize(
    ("metric", "expected", "empty"),
    [
        ({"avg": {"field": "cpu"}}, {"value": 43.2}, {"value": None}),
        ({"sum": {"field": "bytes"}}, {"value": 10.0}, {"value": 0.0}),
        ({"min": {"field": "cpu"}}, {"value": 1.0}, {"value": None}),
        ({"max": {"field": "bytes"}}, {"value": 4.0}, {"value": None}),
        ({"value_count": {"field": "tags"}}, {"value": 4}, {"value": 0}),
        ({"cardinality": {"field": "tags"}}, {"value": 2}, {"value": 0}),
        ({"cardinality": {"field": "host"}}, {"value": 4}, {"value": 0}),
        ({"avg": {"field": "sizes"}}, {"value": 2.25}, {"value": None}),
        ({"sum": {"field": "sizes"}}, {"value": 9.0}, {"value": 0.0}),
        ({"value_count": {"field": "sizes"}}, {"value": 4}, {"value": 0}),
        ({"cardinality": {"field": "sizes"}}, {"value": 3}, {"value": 0}),
        ({"stats": {"field": "bytes"}}, {"count": 4, "min": 1.0, "max": 4.0, "avg": 2.5, "sum": 10.0},
         {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0}),
        ({"max": {"field": "@timestamp"}}, {"value": 1704067740000.0, "value_as_string": "2024-01-01T00:09:00.000Z"},
         {"value": None}),
        ({"min": {"field": "when"}}, {"value": 1704067200000.0, "value_as_string": "2024-01-01"}, {"value": None}),
        ({"min": {"field": "up"}}, {"value": 0.0, "value_as_string": "false"}, {"value": None}),
        ({"sum": {"field": "up"}}, {"value": 3.0}, {"value": 0.0}),
        ({"avg": {"field": "bytes", "missing": 0}}, {"value": 10 / 6}, {"value": None}),
        ({"avg": {"field": "unmapped"}}, {"value": None}, {"value": None}),
        ({"sum": {"field": "unmapped", "missing": 2}}, {"value": 12.0}, {"value": 0.0}),
        ({"avg": {"field": "cpu", "format": "#,##0.0#"}}, {"value": 43.2, "value_as_string": "43.2"}, {"value": None}),
        ({"value_count": {"field": "_index"}}, {"value": 0}, {"value": 0}),
    ],
)  # fmt: skip
async def test_metrics(aggregate: Any, metric: Any, expected: Any, empty: Any) -> None:
    assert (await aggregate({"m": metric}))["m"] == pytest.approx(expected)
    assert (await aggregate({"m": metric}, query=NONE))["m"] == empty


async def test_sums_do_not_lose_small_values(search: LocalSearch, ask: Any) -> None:
    search.add_documents_now("s", [{"f": 1e16}, *({"f": 1.0} for _ in range(1000)), {"f": -1e16}],
                             {"properties": {"f": {"type": "double"}}})  # fmt: skip
    assert (await ask("s", aggs={"s": {"sum": {"field": "f"}}}))["aggregations"]["s"]["value"] == 1000.0


@pytest.mark.parametrize(
    ("terms", "expected", "other"),
    [
        ({"field": "host"}, [("a", 2), ("b", 2), ("c", 1), ("d", 1)], 0),
        ({"field": "host", "size": 1}, [("a", 2)], 4),
        ({"field": "host", "size": 1.9}, [("a", 2)], 4),
        ({"field": "host", "order": {"_key": "desc"}}, [("d", 1), ("c", 1), ("b", 2), ("a", 2)], 0),
        ({"field": "host", "order": {"_count": "asc"}, "size": 3}, [("c", 1), ("d", 1), ("a", 2)], 2),
        ({"field": "host", "order": [{"_count": "asc"}, {"_key": "desc"}]},
         [("d", 1), ("c", 1), ("b", 2), ("a", 2)], 0),
        ({"field": "host", "min_doc_count": 2}, [("a", 2), ("b", 2)], 2),
        ({"field": "host", "include": ["b", "c", "x"]}, [("b", 2), ("c", 1)], 0),
        ({"field": "host", "exclude": ["a"]}, [("b", 2), ("c", 1), ("d", 1)], 0),
        ({"field": "tags"}, [("x", 2), ("y", 2)], 0),
        ({"field": "tags", "missing": "none"}, [("none", 3), ("x", 2), ("y", 2)], 0),
        ({"field": "sizes"}, [(1, 1), (2, 1), (5, 1)], 0),
        ({"field": "bytes", "order": {"_key": "desc"}, "size": 2}, [(4, 1), (3, 1)], 2),
        ({"field": "cpu", "size": 1}, [(1.0, 1)], 4),
        ({"field": "ip"}, [("10.0.0.2", 2), ("9.0.0.1", 1)], 0),
        ({"field": "ip", "order": {"_key": "asc"}}, [("9.0.0.1", 1), ("10.0.0.2", 2)], 0),
        ({"field": "up"}, [(1, 3), (0, 1)], 0),
        ({"field": "unmapped"}, [], 0),
        ({"field": "unmapped", "missing": "m"}, [("m", 6)], 0),
        ({"field": "unmapped", "missing": "5", "value_type": "long"}, [(5, 6)], 0),
    ],
)  # fmt: skip
async def test_terms(aggregate: Any, terms: dict[str, Any], expected: Any, other: int) -> None:
    result = (await aggregate({"t": {"terms": terms}}))["t"]
    assert pairs(result) == expected
    assert (result["sum_other_doc_count"], result["doc_count_error_upper_bound"]) == (other, 0)


async def test_keys_that_have_a_text(aggregate: Any) -> None:
    result = await aggregate({"b": {"terms": {"field": "up"}}, "d": {"terms": {"field": "when", "format": "dd.MM"}}})
    assert result["b"]["buckets"][0] == {"key": 1, "key_as_string": "true", "doc_count": 3}
    assert result["d"]["buckets"][0] == {"key": 1704153600000, "key_as_string": "02.01", "doc_count": 2}


async def test_terms_nobody_matches_are_listed_with_min_doc_count_0(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host", "min_doc_count": 0}, "aggs": {"m": {"avg": {"field": "cpu"}}}}}
    result = (await aggregate(aggs, query={"term": {"host": "b"}}))["t"]
    assert pairs(result) == [("b", 2), ("a", 0), ("c", 0), ("d", 0)]
    assert [bucket["m"]["value"] for bucket in result["buckets"]] == [20.0, None, None, None]


async def test_order_by_metric_puts_nothing_last_and_ties_by_key(aggregate: Any) -> None:
    def terms(**options: Any) -> dict[str, Any]:
        return {"t": {"terms": {"field": "host", **options}, "aggs": {
            "m": {"max": {"field": "bytes"}}, "s": {"stats": {"field": "cpu"}}}}}  # fmt: skip

    assert [k for k, _ in pairs((await aggregate(terms(order={"m": "desc"})))["t"])] == ["b", "a", "c", "d"]
    assert [k for k, _ in pairs((await aggregate(terms(order={"m": "asc"})))["t"])] == ["a", "b", "c", "d"]
    assert [k for k, _ in pairs((await aggregate(terms(order={"s.avg": "asc"})))["t"])] == ["d", "b", "a", "c"]
    assert [k for k, _ in pairs((await aggregate(terms(order={"s.count": "desc"}, size=2)))["t"])] == ["a", "b"]
    assert [k for k, _ in pairs((await aggregate(terms(order={"m.value": "desc"}, size=1)))["t"])] == ["b"]


async def test_multi_terms(aggregate: Any) -> None:
    aggs = {
        "t": {"multi_terms": {"terms": [{"field": "host"}, {"field": "up"}]}, "aggs": {"m": {"sum": {"field": "cpu"}}}}
    }
    result = (await aggregate(aggs))["t"]
    assert result["buckets"] == [
        {"key": ["b", True], "key_as_string": "b|true", "doc_count": 2, "m": {"value": 20.0}},
        {"key": ["a", False], "key_as_string": "a|false", "doc_count": 1, "m": {"value": 90.0}},
        {"key": ["a", True], "key_as_string": "a|true", "doc_count": 1, "m": {"value": 10.0}},
    ]
    assert result["sum_other_doc_count"] == 0
    crossed = {"t": {"multi_terms": {"terms": [{"field": "tags"}, {"field": "when"}, {"field": "sizes"}]}}}
    assert [bucket["key_as_string"] for bucket in (await aggregate(crossed))["t"]["buckets"]] == [
        "x|2024-01-01|1", "x|2024-01-01|2", "x|2024-01-02|5", "y|2024-01-01|1", "y|2024-01-01|2"]  # fmt: skip
    filled = {"t": {"multi_terms": {"terms": [{"field": "up", "missing": False}, {"field": "gone", "missing": "z"}]}}}
    assert [(b["key"], b["doc_count"]) for b in (await aggregate(filled))["t"]["buckets"]] == [
        ([False, "z"], 3), ([True, "z"], 3)]  # fmt: skip
    ordered = {"t": {"multi_terms": {"terms": [{"field": "host"}, {"field": "cpu"}], "order": {"m": "asc"}, "size": 1},
                     "aggs": {"m": {"max": {"field": "cpu"}}}}}  # fmt: skip
    assert (await aggregate(ordered))["t"]["buckets"][0]["key_as_string"] == "d|1.0"


async def test_date_range(aggregate: Any) -> None:
    ranges = [{"from": "2024-01-01T00:02:00.000Z", "to": "2024-01-01T00:04:00.000Z", "key": "late"},
              {"to": "2024-01-01T00:02:00.000Z"}, {"from": "2024-01-01T00:04:00.000Z"},
              {"from": "2024-01-01T00:00:00.000Z||+1m", "to": "2024-01-01T00:03:00.000Z"}]  # fmt: skip
    aggs = {"d": {"date_range": {"field": "@timestamp", "format": "strict_date_time", "ranges": ranges},
                  "aggs": {"m": {"avg": {"field": "cpu"}}, "t": {"terms": {"field": "host"}}}}}  # fmt: skip
    buckets = (await aggregate(aggs))["d"]["buckets"]
    assert [(b["key"], b["doc_count"], b["m"]["value"], pairs(b["t"])) for b in buckets] == [
        ("*-2024-01-01T00:02:00.000Z", 2, 50.0, [("a", 2)]),
        ("2024-01-01T00:01:00.000Z-2024-01-01T00:03:00.000Z", 2, 55.0, [("a", 1), ("b", 1)]),
        ("late", 2, 20.0, [("b", 2)]),
        ("2024-01-01T00:04:00.000Z-*", 2, 48.0, [("c", 1), ("d", 1)]),
    ]
    assert {k: v for k, v in buckets[2].items() if k not in ("m", "t")} == {
        "key": "late", "doc_count": 2,
        "from": 1704067320000.0, "from_as_string": "2024-01-01T00:02:00.000Z",
        "to": 1704067440000.0, "to_as_string": "2024-01-01T00:04:00.000Z"}  # fmt: skip
    assert "from" not in buckets[0]
    assert "to" not in buckets[3]


async def test_date_range_in_other_units_zones_and_forms(search: LocalSearch, ask: Any) -> None:
    mapping = {"properties": {"d": {"type": "date", "format": "epoch_second"}}}
    search.add_documents_now("e", [{"d": 1000}, {"d": [2000, 3000]}, {"d": 3000}, {}], mapping)
    aggs = {
        "plain": {"date_range": {"field": "d", "ranges": [{"from": 1000, "to": 3000}, {"from": 3000, "to": 4000}]}},
        "missing": {
            "date_range": {"field": "d", "missing": "1500", "keyed": True, "ranges": [{"to": 1600, "key": "k"}]}
        },
        "zone": {
            "date_range": {
                "field": "d",
                "format": "yyyy-MM-dd",
                "time_zone": "+01:00",
                "ranges": [{"to": "1970-01-02"}],
            }
        },
        "none": {"date_range": {"field": "unmapped", "ranges": [{"to": "2030-01-01"}]}},
        "all": {"date_range": {"field": "unmapped", "missing": "2020-01-01", "ranges": [{"to": "2030-01-01"}]}},
    }
    answer = (await ask("e", aggs=aggs))["aggregations"]
    assert [(b["key"], b["from"], b["doc_count"]) for b in answer["plain"]["buckets"]] == [
        ("1000-3000", 1_000_000.0, 2), ("3000-4000", 3_000_000.0, 2)]  # fmt: skip
    assert answer["missing"]["buckets"] == {"k": {"to": 1_600_000.0, "to_as_string": "1600", "doc_count": 2}}
    assert answer["zone"]["buckets"][0]["to"] == 82_800_000.0
    assert (answer["none"]["buckets"][0]["doc_count"], answer["all"]["buckets"][0]["doc_count"]) == (0, 4)


async def test_top_hits(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host", "size": 2}, "aggs": {
        "h": {"top_hits": {"size": 1, "sort": [{"bytes": "desc"}], "_source": ["bytes"], "fields": ["up"],
                           "docvalue_fields": [{"field": "@timestamp", "format": "epoch_second"}]}},
        "plain": {"top_hits": {}}}}, "all": {"top_hits": {"from": 4, "_source": False}}}  # fmt: skip
    answer = await aggregate(aggs)
    first = answer["t"]["buckets"][0]
    assert first["h"] == {"hits": {"total": {"value": 2, "relation": "eq"}, "max_score": None, "hits": [
        {"_index": "r", "_id": "2", "_score": None, "_source": {"bytes": 2},
         "fields": {"@timestamp": ["1704067260"], "up": [False]}, "sort": [2]}]}}  # fmt: skip
    assert [hit["_id"] for hit in first["plain"]["hits"]["hits"]] == ["1", "2"]
    assert first["plain"]["hits"]["max_score"] == 1.0
    assert [hit["_id"] for hit in answer["all"]["hits"]["hits"]] == ["5", "6"]
    assert answer["all"]["hits"]["total"]["value"] == 6


@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ("params.compareValue > 40L", "ac"),
        ("params.compareValue >= 20L && params.compareValue <= 50.0", "ab"),
        ("params.compareValue < 2L || params.compareValue > 94.5", "cd"),
        ("!(params.compareValue > 40L)", "bd"),
        ("params['compareValue'] == 1", "d"),
        ("params.compareValue > -5L", "abcd"),
        ({"source": "params.compareValue > params.t0", "params": {"t0": 45}}, "ac"),
        ("return true;", "abcd"),
    ],
)
async def test_bucket_selector(aggregate: Any, script: Any, kept: str) -> None:
    selector = {"bucket_selector": {"buckets_path": {"compareValue": "m"}, "script": script}}
    aggs = {"t": {"terms": {"field": "host", "order": {"_key": "asc"}},
                  "aggs": {"m": {"avg": {"field": "cpu"}}, "s": selector, "h": {"top_hits": {"size": 1}}}},
            "n": {"stats_bucket": {"buckets_path": "t._count"}}}  # fmt: skip
    answer = await aggregate(aggs)
    assert "".join(bucket["key"] for bucket in answer["t"]["buckets"]) == kept
    assert answer["n"]["count"] == len(kept)
    assert all("s" not in bucket and bucket["h"]["hits"]["hits"] for bucket in answer["t"]["buckets"])


async def test_a_gap_never_satisfies_a_comparison_but_the_sum_of_nothing_is_no_gap(aggregate: Any) -> None:
    async def kept(metric: str, **options: Any) -> list[str]:
        selector = {"bucket_selector": {"buckets_path": {"v": "m"}, "script": "params.v < 4L", **options}}
        aggs = {"t": {"terms": {"field": "host"}, "aggs": {"m": {metric: {"field": "bytes"}}, "s": selector}}}
        return [key for key, _ in pairs((await aggregate(aggs))["t"])]

    assert await kept("avg") == ["a", "b"]
    assert await kept("sum") == ["a", "c", "d"]
    assert await kept("avg", gap_policy="insert_zeros") == ["a", "b", "c", "d"]


async def test_the_top_groups_are_chosen_before_the_condition_applies(aggregate: Any) -> None:
    selector = {"bucket_selector": {"buckets_path": {"v": "_count"}, "script": "params.v < 2L"}}
    aggs = {"t": {"terms": {"field": "host", "size": 2}, "aggs": {"s": selector}},
            "n": {"stats_bucket": {"buckets_path": "t._count"}}}  # fmt: skip
    answer = await aggregate(aggs)
    assert answer["t"]["buckets"] == []
    assert answer["t"]["sum_other_doc_count"] == 2
    assert answer["n"] == {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0}


async def test_selectors_may_look_into_sub_buckets(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host"}, "aggs": {
        "u": {"terms": {"field": "up"}, "aggs": {"m": {"sum": {"field": "bytes"}}}},
        "s": {"bucket_selector": {"buckets_path": {"v": "u['true']>m"}, "script": "params.v > 2"}}}},
        "b": {"stats_bucket": {"buckets_path": "t>u._bucket_count"}}}  # fmt: skip
    answer = await aggregate(aggs)
    assert pairs(answer["t"]) == [("b", 2)]
    assert answer["b"]["max"] == 1.0


async def test_stats_bucket_over_a_metric_skips_gaps(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host"}, "aggs": {"m": {"max": {"field": "bytes"}}}},
            "s": {"stats_bucket": {"buckets_path": "t>m"}, "meta": {"x": 1}}}  # fmt: skip
    assert (await aggregate(aggs))["s"] == {
        "meta": {"x": 1},
        "count": 2,
        "min": 2.0,
        "max": 4.0,
        "avg": 3.0,
        "sum": 6.0,
    }


async def test_three_levels_keep_their_parents(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host", "size": 2}, "aggs": {"u": {"terms": {"field": "tags"}, "aggs": {
        "d": {"date_range": {"field": "@timestamp", "ranges": [{"to": "2024-01-01T00:01:00Z"}]},
              "aggs": {"m": {"sum": {"field": "sizes"}}}}}}}}}  # fmt: skip
    found = [(t["key"], u["key"], u["d"]["buckets"][0]["doc_count"], u["d"]["buckets"][0]["m"]["value"])
             for t in (await aggregate(aggs))["t"]["buckets"] for u in t["u"]["buckets"]]  # fmt: skip
    assert found == [("a", "x", 1, 4.0), ("a", "y", 1, 4.0), ("b", "y", 0, 0.0)]


@pytest.mark.parametrize(
    ("aggs", "error_type"),
    [
        ({"a": {"nonsense": {}}}, "parsing_exception"),
        ({"a": {}}, "parsing_exception"),
        ({"a": {"avg": {"field": "cpu"}, "max": {"field": "cpu"}}}, "parsing_exception"),
        ({"a>b": {"avg": {"field": "cpu"}}}, "parsing_exception"),
        ({"a": {"avg": {"field": "cpu"}, "meta": None}}, "parsing_exception"),
        ({"a": {"avg": {"field": "cpu"}, "aggs": {"b": {"avg": {"field": "cpu"}}}}}, "parsing_exception"),
        ({"a": {"date_histogram": {"field": "@timestamp"}}}, "illegal_argument_exception"),
        ({"a": {"avg": {}}}, "illegal_argument_exception"),
        ({"a": {"avg": {"field": "cpu", "nonsense": 1}}}, "parsing_exception"),
        ({"a": {"avg": {"field": "host"}}}, "search_phase_execution_exception"),
        ({"a": {"value_count": {"field": "msg"}}}, "search_phase_execution_exception"),
        ({"a": {"terms": {"field": "msg"}}}, "search_phase_execution_exception"),
        ({"a": {"terms": {"field": "host", "size": 0}}}, "illegal_argument_exception"),
        ({"a": {"terms": {"field": "host", "order": {"nonsense": "asc"}}}}, "illegal_argument_exception"),
        ({"a": {"terms": {"field": "host", "include": "a("}}}, "illegal_argument_exception"),
        ({"a": {"terms": {"field": "host", "include": "~a"}}}, "illegal_argument_exception"),
        ({"a": {"terms": {"field": "bytes", "include": "1.*"}}}, "search_phase_execution_exception"),
        ({"a": {"terms": {"field": "host", "include": {"partition": 0, "num_partitions": 2}}}},
         "illegal_argument_exception"),
        ({"a": {"terms": {"field": "bytes", "missing": "x"}}}, "search_phase_execution_exception"),
        ({"a": {"multi_terms": {"terms": [{"field": "host"}]}}}, "illegal_argument_exception"),
        ({"a": {"date_range": {"field": "cpu", "ranges": [{"to": 1}]}}}, "search_phase_execution_exception"),
        ({"a": {"date_range": {"field": "@timestamp", "ranges": [{"to": "soon"}]}}},
         "search_phase_execution_exception"),
        ({"a": {"date_range": {"field": "@timestamp", "ranges": []}}}, "illegal_argument_exception"),
        ({"a": {"top_hits": {"size": 101}}}, "illegal_argument_exception"),
        ({"a": {"bucket_selector": {"buckets_path": {"v": "_count"}, "script": "true"}}},
         "action_request_validation_exception"),
        ({"a": {"stats_bucket": {"buckets_path": "gone._count"}}}, "action_request_validation_exception"),
        ({"a": {"terms": {"field": "host"}, "aggs": {
            "s": {"bucket_selector": {"buckets_path": {"v": "gone"}, "script": "true"}}}}},
         "action_request_validation_exception"),
        ({"a": {"terms": {"field": "host"}, "aggs": {
            "s": {"bucket_selector": {"buckets_path": {"v": "_count"}, "script": "params.gone > 1"}}}}},
         "search_phase_execution_exception"),
        ({"a": {"terms": {"field": "host"}, "aggs": {
            "s": {"bucket_selector": {"buckets_path": {"v": "_count"}, "script": "doc['cpu'].value > 1"}}}}},
         "script_exception"),
    ],
)  # fmt: skip
async def test_what_is_refused(refused: Any, aggs: dict[str, Any], error_type: str) -> None:
    assert (await refused("r", size=0, aggs=aggs)).error_type == error_type


async def test_too_many_buckets_are_refused(search: LocalSearch, refused: Any) -> None:
    search.add_documents_now("b", [{"n": list(range(66_000))}])
    error = await refused("b", aggs={"t": {"terms": {"field": "n", "size": 66_000}}})
    assert error.body["error"]["root_cause"][0]["type"] == "too_many_buckets_exception"
