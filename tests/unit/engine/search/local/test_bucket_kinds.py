"""Aggregations beyond those that the rule types send: what servers do otherwise, and what is refused."""

from typing import Any

import pytest

from engine.search.local import LocalSearch

MAPPING = {
    "properties": {
        "host": {"type": "keyword"},
        "n": {"type": "long"},
        "many": {"type": "long"},
        "at": {"type": "date"},
        "exact": {"type": "date_nanos"},
        "text": {"type": "text"},
        "o": {"type": "nested", "properties": {"k": {"type": "keyword"}, "t": {"type": "text"},
                                               "p": {"type": "nested", "properties": {"q": {"type": "long"}}}}},
    }
}  # fmt: skip
DOCUMENTS: list[dict[str, Any]] = [
    {"host": "a", "n": 1, "many": [1, 2, 3], "at": "2024-05-01", "exact": "2024-05-01T00:00:00.123456789Z",
     "text": "disk full", "o": [{"k": "x", "t": "red fox", "p": [{"q": 1}, {"q": 2}]}, {"k": "y", "p": {"q": 1}}]},
    {"host": "a", "n": 11, "many": 10, "at": "2024-05-01T12:00:00Z", "text": "disk fine", "o": {"k": "x", "t": "fox"}},
    {"host": "b", "n": 21, "at": "2024-06-30", "exact": "2024-06-30T23:00:00Z", "text": "fan", "o": {"k": "y"}},
    {"n": 31},
]  # fmt: skip


@pytest.fixture
async def aggregate(search: LocalSearch, ask: Any) -> Any:
    await search.add_documents("logs", DOCUMENTS, MAPPING)

    async def aggregate(aggs: dict[str, Any], **body: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await ask("logs", size=0, aggs=aggs, **body))["aggregations"]
        return found

    return aggregate


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ({"field": "n", "percents": [50, 95]}, {"50.0": 16.0, "95.0": pytest.approx(29.5)}),
        ({"field": "many", "percents": [50]}, {"50.0": 2.5}),
        ({"field": "gone", "percents": [50]}, {"50.0": None}),
        ({"field": "gone", "missing": 7, "percents": [50]}, {"50.0": 7.0}),
        ({"field": "n", "percents": [50], "format": "0.00"}, {"50.0": 16.0, "50.0_as_string": "16.00"}),
    ],
)
async def test_percentiles_are_exact(aggregate: Any, options: dict[str, Any], values: dict[str, Any]) -> None:
    assert (await aggregate({"p": {"percentiles": options}}))["p"] == {"values": values}


async def test_percentiles_as_a_list(aggregate: Any) -> None:
    found = await aggregate({"p": {"percentiles": {"field": "at", "percents": [0], "keyed": False}}})
    first = {"key": 0.0, "value": 1714521600000.0, "value_as_string": "2024-05-01T00:00:00.000Z"}
    assert found["p"]["values"] == [first]


async def test_buckets_ordered_and_selected_by_percentiles(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host", "order": {"p.50": "desc"}}, "aggs": {
        "p": {"percentiles": {"field": "n", "percents": [50]}},
        "s": {"bucket_selector": {"buckets_path": {"v": "p[50]", "w": "p.50"}, "script": "params.v == params.w"}}}},
        "m": {"max_bucket": {"buckets_path": "t>p.50"}}}  # fmt: skip
    found = await aggregate(aggs)
    assert [each["key"] for each in found["t"]["buckets"]] == ["b", "a"]
    assert found["m"] == {"value": 21.0, "keys": ["b"]}


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ({"include": "a|c.*"}, ["a"]),
        ({"exclude": "[^b]"}, ["b"]),
        ({"include": ".*", "exclude": ["b"]}, ["a"]),
        ({"include": "b", "min_doc_count": 0}, ["b"]),
    ],
)
async def test_keys_chosen_by_expressions(aggregate: Any, options: dict[str, Any], keys: list[str]) -> None:
    found = await aggregate({"t": {"terms": {"field": "host", **options}}})
    assert [each["key"] for each in found["t"]["buckets"]] == keys


async def test_back_to_nested_objects_around(aggregate: Any) -> None:
    aggs = {"n": {"nested": {"path": "o.p"}, "aggs": {"q": {"terms": {"field": "o.p.q"}, "aggs": {
        "o": {"reverse_nested": {"path": "o"}, "aggs": {"k": {"terms": {"field": "o.k"}},
                                                        "p": {"nested": {"path": "o.p"}}}},
        "d": {"reverse_nested": {}, "aggs": {"h": {"top_hits": {"size": 1, "_source": "host"}}}}}}}}}  # fmt: skip
    one, two = (await aggregate(aggs))["n"]["q"]["buckets"]
    assert [(each["key"], each["doc_count"]) for each in one["o"]["k"]["buckets"]] == [("x", 1), ("y", 1)]
    assert one["o"]["p"] == {"doc_count": 3}
    assert (one["d"]["doc_count"], two["d"]["doc_count"]) == (1, 1)
    assert one["d"]["h"]["hits"]["hits"][0]["_source"] == {"host": "a"}


async def test_filters_on_words_of_nested_objects(aggregate: Any) -> None:
    fox = {"filter": {"match": {"o.t": "fox"}}, "aggs": {"back": {"reverse_nested": {}, "aggs": {
        "full": {"filter": {"match": {"text": "full"}}}}}}}  # fmt: skip
    found = await aggregate({"n": {"nested": {"path": "o"}, "aggs": {"fox": fox}}}, query={"term": {"host": "a"}})
    assert found == {"n": {"doc_count": 3, "fox": {"doc_count": 2, "back": {"doc_count": 2, "full": {"doc_count": 1}}}}}


async def test_only_objects_of_documents_that_match(aggregate: Any) -> None:
    found = await aggregate({"n": {"nested": {"path": "o"}}}, query={"term": {"host": "b"}})
    assert found["n"] == {"doc_count": 1}


async def test_hits_of_all_documents(aggregate: Any) -> None:
    aggs = {"g": {"global": {}, "aggs": {"h": {"top_hits": {"size": 1, "sort": [{"n": "desc"}]}}}}}
    found = await aggregate(aggs, query={"term": {"host": "a"}})
    assert found["g"]["h"]["hits"]["hits"][0]["_source"] == {"n": 31}


async def test_nanoseconds_fall_into_buckets_of_milliseconds(aggregate: Any) -> None:
    found = await aggregate({"d": {"date_histogram": {"field": "exact", "calendar_interval": "month"}}})
    assert [(each["key_as_string"], each["doc_count"]) for each in found["d"]["buckets"]] == [
        ("2024-05-01T00:00:00.000Z", 1),
        ("2024-06-01T00:00:00.000Z", 1),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
async def test_years_that_few_calendars_know(search: LocalSearch, ask: Any, zone: str) -> None:
    instants = [2**63 - 1, "1969-12-30", 253_402_400_000_000]
    mapping = {"properties": {"at": {"type": "date"}}}
    await search.add_documents("far", [{"at": each} for each in instants], mapping)
    step = {"field": "at", "calendar_interval": "year", "time_zone": zone, "min_doc_count": 1}
    buckets = (await ask("far", size=0, aggs={"d": {"date_histogram": step}}))["aggregations"]["d"]["buckets"]
    assert [(each["key_as_string"][:6], each["doc_count"]) for each in buckets[:2]] == [("1969-0", 1), ("+10000", 1)]


async def test_a_page_after_a_page_gives_every_bucket(aggregate: Any) -> None:
    sources = [{"h": {"terms": {"field": "host", "missing_bucket": True, "missing_order": "last"}}},
               {"n": {"histogram": {"field": "n", "interval": 10}}},
               {"d": {"date_histogram": {"field": "at", "fixed_interval": "1d", "missing_bucket": True, "order": "desc",
                                         "format": "yyyy-MM-dd"}}}]  # fmt: skip
    keys: list[tuple[Any, ...]] = []
    after: dict[str, Any] = {}
    while True:
        found = (await aggregate({"c": {"composite": {"sources": sources, "size": 1, **after}}}))["c"]
        if not found["buckets"]:
            break
        keys.append(tuple(found["buckets"][0]["key"].values()))
        after = {"after": found["after_key"]}
    assert "after_key" not in found
    day = "2024-05-01"
    assert keys == [("a", 0.0, day), ("a", 10.0, day), ("b", 20.0, "2024-06-30"), (None, 30.0, None)]


async def test_selectors_do_not_move_the_next_page(aggregate: Any) -> None:
    drop = {"s": {"bucket_selector": {"buckets_path": {"n": "_count"}, "script": "params.n > 1"}}}
    found = await aggregate({"c": {"composite": {"sources": [{"h": {"terms": {"field": "host"}}}]}, "aggs": drop}})
    assert found["c"] == {"after_key": {"h": "b"}, "buckets": [{"key": {"h": "a"}, "doc_count": 2}]}


async def test_scripts_look_at_scripts_whatever_their_order(aggregate: Any) -> None:
    aggs = {"t": {"terms": {"field": "host"}, "aggs": {
        "twice": {"bucket_script": {"buckets_path": {"v": "once"}, "script": "params.v * 2", "format": "0.0"}},
        "once": {"bucket_script": {"buckets_path": "_count", "script": "params._value + 1"}},
        "keep": {"bucket_selector": {"buckets_path": {"v": "twice"}, "script": "params.v > 5"}}}}}  # fmt: skip
    [bucket] = (await aggregate(aggs))["t"]["buckets"]
    assert bucket == {"key": "a", "doc_count": 2, "once": {"value": 3.0},
                      "twice": {"value": 6.0, "value_as_string": "6.0"}}  # fmt: skip


async def test_buckets_without_a_value_have_no_script(aggregate: Any) -> None:
    aggs = {"h": {"histogram": {"field": "n", "interval": 5}, "aggs": {
        "m": {"max": {"field": "many"}},
        "s": {"bucket_script": {"buckets_path": {"m": "m"}, "script": "params.m"}},
        "z": {"bucket_script": {"buckets_path": {"m": "m"}, "script": "params.m",
                                "gap_policy": "insert_zeros"}}}}}  # fmt: skip
    buckets = (await aggregate(aggs))["h"]["buckets"]
    assert [each.get("s", {}).get("value") for each in buckets] == [3.0, None, 10.0, None, None, None, None]
    assert [each["z"]["value"] for each in buckets] == [3.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0]


async def test_buckets_far_apart_are_not_all_filled(refused: Any, aggregate: Any) -> None:
    sparse = {"h": {"histogram": {"field": "n", "interval": 0.0001, "min_doc_count": 1}}}
    assert len((await aggregate(sparse))["h"]["buckets"]) == 4
    error = await refused("logs", size=0, aggs={"h": {"histogram": {"field": "n", "interval": 0.0001}}})
    assert error.body["error"]["root_cause"][0]["type"] == "too_many_buckets_exception"


@pytest.mark.parametrize(
    ("aggs", "error_type"),
    [
        ({"histogram": {"field": "n"}}, "illegal_argument_exception"),
        ({"histogram": {"field": "n", "interval": 0}}, "illegal_argument_exception"),
        ({"histogram": {"field": "host", "interval": 5}}, "search_phase_execution_exception"),
        ({"histogram": {"field": "n", "interval": 5, "hard_bounds": {"min": 9, "max": 1}}},
         "illegal_argument_exception"),
        ({"histogram": {"field": "n", "interval": 5, "missing": "x"}}, "search_phase_execution_exception"),
        ({"date_histogram": {"field": "n", "interval": "1d"}}, "parsing_exception"),
        ({"date_histogram": {"field": "at", "calendar_interval": "2d"}}, "illegal_argument_exception"),
        ({"date_histogram": {"field": "at", "fixed_interval": "1M"}}, "illegal_argument_exception"),
        ({"date_histogram": {"field": "at", "fixed_interval": "1d", "calendar_interval": "1d"}},
         "illegal_argument_exception"),
        ({"date_histogram": {"field": "at", "fixed_interval": "1d", "time_zone": "Mars"}},
         "illegal_argument_exception"),
        ({"date_histogram": {"field": "at", "fixed_interval": "1d", "offset": "soon"}}, "illegal_argument_exception"),
        ({"date_histogram": {"field": "at", "fixed_interval": "1d", "extended_bounds": {"min": "soon"}}},
         "search_phase_execution_exception"),
        ({"range": {"field": "n"}}, "parsing_exception"),
        ({"range": {"field": "n", "ranges": [{"from": "x"}]}}, "search_phase_execution_exception"),
        ({"range": {"field": "host", "ranges": [{"from": 1}]}}, "search_phase_execution_exception"),
        ({"ip_range": {"field": "gone", "ranges": [{"mask": "10.0.0.0/99"}]}}, "illegal_argument_exception"),
        ({"missing": {"field": "text"}}, "search_phase_execution_exception"),
        ({"nested": {"path": "n"}}, "search_phase_execution_exception"),
        ({"reverse_nested": {}}, "search_phase_execution_exception"),
        ({"nested": {"path": "o"}, "aggs": {"b": {"reverse_nested": {"path": "o.p"}}}}, "illegal_argument_exception"),
        ({"nested": {"path": "o"}, "aggs": {"b": {"top_hits": {}}}}, "illegal_argument_exception"),
        ({"terms": {"field": "host"}, "aggs": {"b": {"global": {}}}}, "illegal_argument_exception"),
        ({"percentiles": {"field": "n", "percents": []}}, "illegal_argument_exception"),
        ({"percentiles": {"field": "n", "percents": None}}, "parsing_exception"),
        ({"percentiles": {"field": "n", "percents": [101]}}, "illegal_argument_exception"),
        ({"percentiles": {"field": "host"}}, "search_phase_execution_exception"),
        ({"extended_stats": {"field": "n", "sigma": -1}}, "illegal_argument_exception"),
        ({"composite": {"sources": []}}, "illegal_argument_exception"),
        ({"composite": {"sources": [{"a": {"nonsense": {}}}]}}, "parsing_exception"),
        ({"composite": {"sources": [{"a": {"terms": {"field": "n"}}}], "after": {"b": 1}}},
         "illegal_argument_exception"),
        ({"composite": {"sources": [{"a": {"terms": {"field": "n"}}}], "after": {"a": "x"}}},
         "search_phase_execution_exception"),
        ({"composite": {"sources": [{"a": {"terms": {"field": "n"}}}], "after": {"a": None}}},
         "illegal_argument_exception"),
        ({"composite": {"sources": [{"a": {"terms": {"field": "n"}}}], "size": 0}}, "illegal_argument_exception"),
        ({"terms": {"field": "host"}, "aggs": {"b": {"composite": {"sources": [{"a": {"terms": {"field": "n"}}}]}}}},
         "search_phase_execution_exception"),
        ({"terms": {"field": "host"}, "aggs": {"b": {"cumulative_sum": {"buckets_path": "_count"}}}},
         "action_request_validation_exception"),
        ({"filter": {"match_all": {}}, "aggs": {"b": {"bucket_sort": {"size": 1}}}},
         "action_request_validation_exception"),
        ({"terms": {"field": "host"}, "aggs": {"b": {"bucket_sort": {}}}}, "illegal_argument_exception"),
        ({"terms": {"field": "host"}, "aggs": {"b": {"bucket_sort": {"sort": ["gone"]}}}},
         "action_request_validation_exception"),
        ({"terms": {"field": "host"}, "aggs": {
            "b": {"bucket_script": {"buckets_path": {"v": "c"}, "script": "params.v"}},
            "c": {"bucket_script": {"buckets_path": {"v": "b"}, "script": "params.v"}}}},
         "action_request_validation_exception"),
        ({"terms": {"field": "host"}, "aggs": {
            "b": {"bucket_script": {"buckets_path": {"v": "_count"}, "script": "params.v > 1"}}}},
         "search_phase_execution_exception"),
    ],
)  # fmt: skip
async def test_what_is_refused(aggregate: Any, refused: Any, aggs: dict[str, Any], error_type: str) -> None:
    error = await refused("logs", size=0, aggs={"a": aggs})
    assert error.error_type == error_type
