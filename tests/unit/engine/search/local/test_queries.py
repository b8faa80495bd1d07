"""Queries, table by table (embedded-search.md 4), on the five documents of ``messages``."""

from typing import Any

import pytest

from engine.search.local import LocalSearch

pytestmark = pytest.mark.usefixtures("messages")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"match_all": {}}, "12345"),
        ({"match_none": {}}, ""),
        # term and terms
        ({"term": {"status": "active"}}, "1"),
        ({"term": {"status": {"value": "active", "case_insensitive": True}}}, "14"),
        ({"term": {"status": ""}}, "5"),
        ({"term": {"msg": "timeout"}}, "13"),
        ({"term": {"msg": "Timeout"}}, ""),
        ({"term": {"msg": {"value": "TIMEOUT", "case_insensitive": True}}}, "13"),
        ({"term": {"msg.keyword": "disk full"}}, "34"),
        ({"term": {"code": 500}}, "1"),
        ({"term": {"code": "500"}}, "1"),
        ({"term": {"code": 500.5}}, ""),
        ({"term": {"code": 2**40}}, ""),
        ({"term": {"load": 0.1}}, "1"),
        ({"term": {"sizes": 3}}, "1"),
        ({"term": {"tags": "a"}}, "14"),
        ({"term": {"ok": "true"}}, "13"),
        ({"term": {"ok": False}}, "2"),
        ({"term": {"ts": "2024-05-07"}}, "125"),
        ({"term": {"ts": "2024-05-07T10"}}, "1"),
        ({"term": {"ts": "now-12h/d"}}, "3"),
        ({"term": {"ip": "10.0.0.1"}}, "1"),
        ({"term": {"ip": "10.0.0.0/16"}}, "12"),
        ({"term": {"ip": "2001:db8::/32"}}, "4"),
        ({"term": {"unmapped": 1}}, ""),
        ({"term": {"place": "Köln"}}, ""),
        ({"term": {"_id": "3"}}, "3"),
        ({"term": {"_index": "m"}}, "12345"),
        ({"terms": {"status": ["active", "pending", "x"]}}, "13"),
        ({"terms": {"code": [404, "503", 1.5]}}, "24"),
        ({"terms": {"tags": ["c", "b"]}}, "124"),
        ({"terms": {"ts": ["2024-05-08", "2024-04-30"]}}, "34"),
        ({"terms": {"code": list(range(400, 500))}}, "2"),
        ({"terms": {"status": []}}, ""),
        ({"terms": {"_id": ["1", "9"]}}, "1"),
        ({"terms": {"code": {"index": "m", "id": "2", "path": "code"}}}, "2"),
        ({"terms": {"tags": {"index": "m", "id": "9", "path": "tags"}}}, ""),
        # match
        ({"match": {"msg": "Timeout DISK"}}, "134"),
        ({"match": {"msg": {"query": "connection timeout", "operator": "and"}}}, "13"),
        ({"match": {"msg": {"query": "connection timeout reading", "minimum_should_match": "67%"}}}, "13"),
        ({"match": {"msg": {"query": "connection timeout reading", "minimum_should_match": -1}}}, "13"),
        ({"match": {"msg": {"query": "connection timeout reading", "minimum_should_match": "2<-25%"}}}, "1"),
        ({"match": {"msg": {"query": "connection", "minimum_should_match": 2}}}, ""),
        ({"match": {"msg": "..."}}, ""),
        ({"match": {"msg": {"query": "...", "zero_terms_query": "all"}}}, "12345"),
        ({"match": {"msg": {"query": "disk full", "analyzer": "keyword"}}}, ""),
        ({"match": {"status": "active pending"}}, "2"),
        ({"match": {"code": 404}}, "2"),
        ({"match": {"code": {"query": "x", "lenient": True}}}, ""),
        ({"match": {"ts": "2024-05-07"}}, "125"),
        # match_phrase
        ({"match_phrase": {"msg": "timeout of"}}, "3"),
        ({"match_phrase": {"msg": "connection disk"}}, ""),
        ({"match_phrase": {"msg": "full disk"}}, ""),
        ({"match_phrase": {"status": "active pending"}}, "2"),
        # range
        ({"range": {"code": {"gt": 404, "lte": 503}}}, "14"),
        ({"range": {"code": {"gte": 404.5, "lt": 502.5}}}, "1"),
        ({"range": {"code": {"gte": 10**20}}}, ""),
        ({"range": {"code": {"lte": 10**20, "gte": -(10**20)}}}, "1234"),
        ({"range": {"code": {"gte": None, "lt": 404}}}, "3"),
        ({"range": {"code": {}}}, "1234"),
        ({"range": {"code": {"from": 404, "to": 503, "include_upper": False}}}, "12"),
        ({"range": {"load": {"gt": 0.1}}}, "2"),
        ({"range": {"load": {"lte": 1e300}}}, "12"),
        ({"range": {"sizes": {"gt": 1, "lt": 3}}}, ""),
        ({"range": {"sizes": {"gt": 3}}}, "4"),
        ({"range": {"status": {"gte": "active", "lt": "b"}}}, "12"),
        ({"range": {"tags": {"gt": "b"}}}, "4"),
        ({"range": {"msg": {"gte": "t", "lt": "u"}}}, "13"),
        ({"range": {"ok": {"gte": True}}}, "13"),
        ({"range": {"ip": {"gte": "10.0.0.2", "lt": "11.0.0.0"}}}, "2"),
        ({"range": {"ts": {"lte": "2024-05-07"}}}, "1245"),
        ({"range": {"ts": {"lt": "2024-05-07"}}}, "4"),
        ({"range": {"ts": {"gt": "2024-05-07"}}}, "3"),
        ({"range": {"ts": {"gt": "2024-04-07||/M"}}}, "1235"),
        ({"range": {"ts": {"gte": "2024-05-08||-14h", "lt": "2024-05-08"}}}, "12"),
        ({"range": {"ts": {"gte": "now-1d", "lte": "now"}}}, "23"),
        ({"range": {"ts": {"gte": "07.05.2024", "format": "dd.MM.yyyy"}}}, "1235"),
        ({"range": {"ts": {"gte": "2024-05-08", "time_zone": "+01:00"}}}, "23"),
        ({"range": {"ts": {"gte": 1715126400000}}}, "3"),
        ({"range": {"unmapped": {"gte": "nonsense"}}}, ""),
        # exists, ids
        ({"exists": {"field": "tags"}}, "124"),
        ({"exists": {"field": "code"}}, "1234"),
        ({"exists": {"field": "msg.keyword"}}, "34"),
        ({"exists": {"field": "place"}}, "2"),
        ({"exists": {"field": "status"}}, "12345"),
        ({"exists": {"field": "_id"}}, "12345"),
        ({"exists": {"field": "unmapped"}}, ""),
        ({"ids": {"values": ["2", "9"]}}, "2"),
        ({"ids": {"values": []}}, ""),
        # prefix, wildcard
        ({"prefix": {"status": "active"}}, "12"),
        ({"prefix": {"status": {"value": "ACT", "case_insensitive": True}}}, "124"),
        ({"prefix": {"tags": "c"}}, "4"),
        ({"prefix": {"msg": "time"}}, "13"),
        ({"prefix": {"msg": "Time"}}, ""),
        ({"wildcard": {"status": "*ive*"}}, "124"),
        ({"wildcard": {"status": {"wildcard": "?ctive"}}}, "14"),
        ({"wildcard": {"status": {"value": "ACTIVE", "case_insensitive": True}}}, "14"),
        ({"wildcard": {"msg": "t*out"}}, "13"),
        ({"wildcard": {"msg": "*"}}, "1234"),
        ({"wildcard": {"msg": ""}}, ""),
        ({"wildcard": {"status": ""}}, "5"),
        ({"prefix": {"msg": ""}}, "1234"),
        ({"wildcard": {"tags": "?"}}, "124"),
        ({"wildcard": {"status": "a\\*"}}, ""),
        ({"wildcard": {"_index": "m*"}}, "12345"),
        # bool
        ({"bool": {}}, "12345"),
        ({"bool": {"minimum_should_match": 1}}, "12345"),
        ({"bool": {"must": {"term": {"ok": True}}}}, "13"),
        ({"bool": {"must_not": [{"exists": {"field": "msg"}}]}}, "5"),
        ({"bool": {"must_not": [{"term": {"tags": "a"}}]}}, "235"),
        ({"bool": {"should": [{"term": {"code": 500}}, {"term": {"ok": False}}]}}, "12"),
        ({"bool": {"should": [{"term": {"code": 500}}], "filter": [{"exists": {"field": "code"}}]}}, "1234"),
        ({"bool": {"should": [{"term": {"code": 500}}], "must_not": [{"term": {"code": 1}}]}}, "1"),
        ({"bool": {"should": [{"term": {"ok": True}}, {"term": {"tags": "a"}}, {"term": {"code": 200}}],
                   "minimum_should_match": 2}}, "13"),
        ({"bool": {"should": [{"term": {"code": 500}}], "minimum_should_match": 2}}, ""),
        ({"bool": {"should": [{"term": {"code": 500}}, {"term": {"ok": True}}], "minimum_should_match": "100%"}}, "1"),
        ({"bool": {"filter": [{"range": {"code": {"gte": 400}}}], "must": [{"exists": {"field": "tags"}}],
                   "must_not": [{"term": {"status": "Active"}}]}}, "12"),
    ],
)  # fmt: skip
async def test_which_documents_match(found: Any, query: dict[str, Any], ids: str) -> None:
    assert "".join(await found("m", query)) == ids


@pytest.mark.parametrize(
    ("query", "error_type", "cause"),
    [
        ({}, "parsing_exception", None),
        ({"term": {"a": 1}, "match_all": {}}, "parsing_exception", None),
        ([], "parsing_exception", None),
        ({"nonsense": {}}, "parsing_exception", None),
        ({"intervals": {"status": {}}}, "illegal_argument_exception", None),
        ({"bool": {"nonsense": []}}, "parsing_exception", None),
        ({"bool": {"must": [{"term": {"a": 1}, "b": 1}]}}, "parsing_exception", None),
        ({"bool": {"minimum_should_match": "many"}}, "illegal_argument_exception", None),
        ({"term": {"code": [1]}}, "parsing_exception", None),
        ({"term": {"code": None}}, "illegal_argument_exception", None),
        ({"term": {"code": {"value": 1, "nonsense": 1}}}, "parsing_exception", None),
        ({"terms": {"code": 1}}, "parsing_exception", None),
        ({"terms": {"code": [1, None]}}, "illegal_argument_exception", None),
        ({"terms": {"code": [1] * 65_537}}, "illegal_argument_exception", None),
        ({"terms": {"code": {"index": "gone", "id": "1", "path": "x"}}}, "index_not_found_exception", None),
        ({"match": {"msg": {"query": "x", "operator": "xor"}}}, "illegal_argument_exception", None),
        ({"match_phrase": {"msg": {"query": "x y", "slop": 2}}}, "illegal_argument_exception", None),
        ({"range": {"code": {"gte": {}}}}, "illegal_argument_exception", None),
        ({"range": {"code": {"nonsense": 1}}}, "parsing_exception", None),
        ({"term": {"code": "x"}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"match": {"code": "x"}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"term": {"ok": 1}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"term": {"ip": "x"}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"range": {"code": {"gte": "x"}}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"range": {"ts": {"gte": "soon"}}}, "search_phase_execution_exception", "parse_exception"),
        ({"range": {"ts": {"gte": "2024-05-07", "format": "epoch_second"}}}, "search_phase_execution_exception",
         "parse_exception"),
        ({"range": {"ts": {"gte": "2024", "time_zone": "Mars"}}}, "search_phase_execution_exception",
         "query_shard_exception"),
        ({"prefix": {"code": "5"}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"wildcard": {"ip": "10.*"}}, "search_phase_execution_exception", "query_shard_exception"),
        ({"match": {"msg": {"query": "x", "analyzer": "nonsense"}}}, "search_phase_execution_exception",
         "query_shard_exception"),
    ],
)  # fmt: skip
async def test_what_is_refused(refused: Any, query: Any, error_type: str, cause: str | None) -> None:
    error = await refused("m", query=query)
    assert error.error_type == error_type
    root = error.body["error"]["root_cause"][0]
    assert root["type"] == (cause or error_type)
    if cause is not None:
        assert error.body["error"]["failed_shards"][0]["reason"] == root
        assert root["index"] == "m"


async def test_a_refusal_names_the_construct_and_points_to_it(refused: Any) -> None:
    error = await refused("m", query={"bool": {"filter": [{"match_all": {}}, {"intervals": {"host": {}}}]}})
    assert "[intervals]" in error.reason
    assert "limit of the local backend" in error.reason
    assert "[/query/bool/filter/1/intervals]" in error.reason


async def test_a_bad_number_names_the_cause(refused: Any) -> None:
    error = await refused("m", query={"term": {"code": "x"}})
    assert error.body["error"]["root_cause"][0]["caused_by"]["type"] == "number_format_exception"


async def test_queries_nested_without_end_are_refused(refused: Any) -> None:
    query: dict[str, Any] = {"match_all": {}}
    for _ in range(150):
        query = {"bool": {"must": [query]}}
    assert (await refused("m", query=query)).error_type == "illegal_argument_exception"


@pytest.mark.parametrize(
    ("query", "scores"),
    [
        ({"match_all": {}}, [1.0] * 5),
        ({"match_all": {"boost": 2}}, [2.0] * 5),
        ({"term": {"code": 500}}, [1.0]),
        ({"bool": {"filter": [{"term": {"code": 500}}]}}, [0.0]),
        ({"bool": {"must": [{"exists": {"field": "code"}}, {"exists": {"field": "ip"}}]}}, [2.0] * 4),
        ({"bool": {"must": [{"exists": {"field": "code"}}],
                   "should": [{"term": {"code": {"value": 200, "boost": 3}}}]}}, [4.0, 1.0, 1.0, 1.0]),
        ({"match": {"msg": "connection timeout"}}, [2.0, 2.0, 1.0]),
    ],
)  # fmt: skip
async def test_scores_are_nominal_and_order_hits(ask: Any, query: dict[str, Any], scores: list[float]) -> None:
    hits = (await ask("m", query=query))["hits"]
    assert [hit["_score"] for hit in hits["hits"]] == scores
    assert hits["max_score"] == scores[0]


async def test_equal_scores_keep_document_order(ask: Any) -> None:
    query = {"bool": {"should": [{"term": {"code": 503}}, {"match_all": {}}]}}
    assert [hit["_id"] for hit in (await ask("m", query=query))["hits"]["hits"]] == ["4", "1", "2", "3", "5"]


async def test_named_queries_are_told_with_the_hits(ask: Any) -> None:
    query = {"bool": {"should": [{"term": {"code": {"value": 500, "_name": "five"}}},
                                 {"bool": {"must_not": [{"term": {"ok": True}}], "_name": "not ok"}},
                                 {"match_all": {}}]}}  # fmt: skip
    hits = (await ask("m", query=query, sort=["_doc"]))["hits"]["hits"]
    assert [hit.get("matched_queries") for hit in hits] == [["five"], ["not ok"], None, ["not ok"], ["not ok"]]


async def test_text_is_searchable_as_soon_as_it_is_added(search: LocalSearch, found: Any) -> None:
    assert await found("m", {"match": {"msg": "fresh"}}) == []
    search.add_documents_now("m", [{"_id": "6", "msg": ["fresh", "water melon"]}, {"_id": "7", "msg": "x" * 30}])
    assert await found("m", {"match": {"msg": "fresh"}}) == ["6"]
    assert await found("m", {"match_phrase": {"msg": "water melon"}}) == ["6"]
    assert await found("m", {"match_phrase": {"msg": "fresh water"}}) == []
    assert await found("m", {"match": {"msg": "x" * 30}}) == ["7"]
