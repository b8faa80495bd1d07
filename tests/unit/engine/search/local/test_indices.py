"""Index expressions, several indices at once, field capabilities (embedded-search.md 11, 12)."""

from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.ports.search import FieldCapsRequest, SearchRequest
from engine.search.local import LocalSearch


@pytest.fixture
def logs(search: LocalSearch) -> LocalSearch:
    for name in ("logs-a", "logs-b", "metrics", ".hidden", "logs-2024.05.08"):
        search.add_documents_now(name, [{"_id": name, "n": 1}])
    return search


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (("logs-a",), ["logs-a"]),
        (("logs-a,metrics",), ["logs-a", "metrics"]),
        (("logs-*", "-logs-b"), ["logs-a", "logs-2024.05.08"]),
        (("*",), ["logs-a", "logs-b", "metrics", "logs-2024.05.08"]),
        (("_all",), ["logs-a", "logs-b", "metrics", "logs-2024.05.08"]),
        ((), ["logs-a", "logs-b", "metrics", "logs-2024.05.08"]),
        ((".hid*",), [".hidden"]),
        (("metrics", "*s"), ["metrics"]),
        (("<logs-{now/d}>",), ["logs-2024.05.08"]),
        (("<logs-{now-1M/M{yyyy.MM|+02:00}}>,metrics",), ["metrics"]),
        (("nothing*",), []),
    ],
)
async def test_expressions(logs: LocalSearch, expression: tuple[str, ...], names: list[str]) -> None:
    answer = await logs.search(SearchRequest(expression, {}, ignore_unavailable=True))
    assert [hit["_index"] for hit in answer["hits"]["hits"]] == names
    assert answer["_shards"]["total"] == len(names)


@pytest.mark.parametrize(
    ("request_", "error_type"),
    [
        (SearchRequest(("gone",), {}), "index_not_found_exception"),
        (SearchRequest(("logs-a,gone",), {}), "index_not_found_exception"),
        (SearchRequest(("-logs-a",), {}), "index_not_found_exception"),
        (SearchRequest(("gone*",), {}, allow_no_indices=False), "index_not_found_exception"),
        (SearchRequest(("gone",), {}, ignore_unavailable=True, allow_no_indices=False), "index_not_found_exception"),
        (SearchRequest(("far:logs",), {}), "no_such_remote_cluster_exception"),
    ],
)
async def test_missing_indices(logs: LocalSearch, request_: SearchRequest, error_type: str) -> None:
    with pytest.raises(SearchError) as caught:
        await logs.search(request_)
    assert (caught.value.status, caught.value.error_type) == (404, error_type)


async def test_a_missing_index_is_named_in_the_body(logs: LocalSearch) -> None:
    with pytest.raises(SearchError) as caught:
        await logs.search(SearchRequest(("gone",), {}))
    assert isinstance(caught.value.body, dict)
    error = caught.value.body["error"]
    assert (error["index"], error["resource.id"], error["resource.type"]) == ("gone", "gone", "index_or_alias")


async def test_aggregations_over_an_empty_index(search: LocalSearch, ask: Any) -> None:
    search.add_documents_now("nothing-yet", [], {"properties": {"d": {"type": "date"}}})
    aggs = {"t": {"terms": {"field": "a"}, "aggs": {"m": {"avg": {"field": "b"}}}}, "m": {"avg": {"field": "b"}},
            "h": {"top_hits": {}}, "s": {"stats_bucket": {"buckets_path": "t._count"}},
            "d": {"date_range": {"field": "d", "ranges": [{"to": "now"}]}}}  # fmt: skip
    answer = await ask("nothing-*", size=5, sort=["d"], aggs=aggs)
    assert answer["hits"] == {"total": {"value": 0, "relation": "eq"}, "max_score": None, "hits": []}
    assert answer["aggregations"]["t"]["buckets"] == []
    assert answer["aggregations"]["m"] == {"value": None}
    assert answer["aggregations"]["s"] == {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0}
    assert answer["aggregations"]["d"]["buckets"][0]["doc_count"] == 0
    assert answer["aggregations"]["h"]["hits"]["hits"] == []


async def test_nothing_found_by_no_index(ask: Any) -> None:
    answer = await ask("nothing-*", size=5, sort=["x"], aggs={"m": {"avg": {"field": "b"}}})
    assert answer["hits"] == {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}
    assert "aggregations" not in answer


async def test_queries_convert_for_every_index(search: LocalSearch, found: Any, ask: Any) -> None:
    search.add_documents_now(
        "a", [{"_id": "a", "n": 1, "k": "x"}], {"properties": {"n": {"type": "long"}, "k": {"type": "keyword"}}}
    )
    search.add_documents_now(
        "b",
        [{"_id": "b", "n": 1.5, "k": ["x", "y"]}],
        {"properties": {"n": {"type": "double"}, "k": {"type": "keyword"}}},
    )
    search.add_documents_now("c", [{"_id": "c"}])
    assert await found("a,b,c", {"range": {"n": {"gte": 1}}}) == ["a", "b"]
    aggs = {"n": {"terms": {"field": "n"}}, "k": {"terms": {"field": "k"}}, "avg": {"avg": {"field": "n"}}}
    answer = (await ask("a,b,c", aggs=aggs))["aggregations"]
    assert [bucket["key"] for bucket in answer["n"]["buckets"]] == [1.0, 1.5]
    assert [(bucket["key"], bucket["doc_count"]) for bucket in answer["k"]["buckets"]] == [("x", 2), ("y", 1)]
    assert answer["avg"]["value"] == 1.25
    hits = (await ask("a,b,c", sort=[{"n": {"order": "desc", "unmapped_type": "long"}}]))["hits"]["hits"]
    assert [(hit["_id"], hit["sort"]) for hit in hits] == [("b", [1.5]), ("a", [1.0]), ("c", ["-Infinity"])]


async def test_types_that_do_not_go_together_are_refused(search: LocalSearch, refused: Any) -> None:
    search.add_documents_now("a", [{"f": 1}])
    search.add_documents_now("b", [{"f": True}])
    error = await refused("a,b", aggs={"t": {"terms": {"field": "f"}}})
    assert error.body["error"]["root_cause"][0]["type"] == "illegal_argument_exception"


async def test_dates_of_two_precisions_go_together(search: LocalSearch, ask: Any) -> None:
    search.add_documents_now("a", [{"d": "2024-05-07T10:00:00.5Z"}], {"properties": {"d": {"type": "date"}}})
    search.add_documents_now(
        "b", [{"d": "2024-05-07T10:00:00.600000001Z"}], {"properties": {"d": {"type": "date_nanos"}}}
    )
    answer = await ask("a,b", aggs={"d": {"terms": {"field": "d"}}, "m": {"max": {"field": "d"}}})
    assert [bucket["key"] for bucket in answer["aggregations"]["d"]["buckets"]] == [1715076000500, 1715076000600]
    assert answer["aggregations"]["m"]["value_as_string"] == "2024-05-07T10:00:00.600Z"


async def test_field_capabilities(search: LocalSearch) -> None:
    search.add_documents_now("a", [{"f": "x", "o": {"n": 1}}])
    search.add_documents_now("b", [{"f": 5}])
    caps = await search.field_caps(FieldCapsRequest(("a", "b"), ("f*", "o.n", "_id")))
    assert caps["indices"] == ["a", "b"]
    assert set(caps["fields"]) == {"f", "f.keyword", "o.n", "_id"}
    assert caps["fields"]["f"] == {
        "text": {"type": "text", "metadata_field": False, "searchable": True, "aggregatable": False, "indices": ["a"]},
        "long": {"type": "long", "metadata_field": False, "searchable": True, "aggregatable": True, "indices": ["b"]},
    }
    assert caps["fields"]["f.keyword"]["keyword"]["aggregatable"] is True
    assert caps["fields"]["_id"]["_id"]["metadata_field"] is True
    with pytest.raises(SearchError, match="no such index"):
        await search.field_caps(FieldCapsRequest(("gone",)))


async def test_engines_see_only_their_own_indices(search: LocalSearch) -> None:
    other = LocalSearch(lambda: None)  # type: ignore[arg-type, return-value]
    other.add_documents_now("i", [{"a": 1}])
    with pytest.raises(SearchError, match="no such index"):
        await search.search(SearchRequest(("i",), {}))
    await other.close()
    await other.close()
