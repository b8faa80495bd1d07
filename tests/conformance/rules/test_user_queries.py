"""The queries that users write, as those of ElastAlert rules: each finds exactly the documents that it describes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.model.instant import iso
from tests.conformance.rules.corpus import RUNS, documents

Document = dict[str, Any]


def host(document: Document) -> str:
    return str(document.get("host", {}).get("name", ""))


def has_failed(document: Document) -> bool:
    return document["status"] == 500


def duration(document: Document) -> float:
    return document["ms"] if document.get("ms") is not None else -1.0


QUERIES: dict[str, tuple[dict[str, Any], Callable[[Document], bool]]] = {
    "term": ({"term": {"host.name": "b"}}, lambda d: host(d) == "b"),
    "term of either case": (
        {"term": {"host.name": {"value": "C,1", "case_insensitive": True}}}, lambda d: host(d) == "c,1"),
    "terms": ({"terms": {"host.name": ["b", "d"]}}, lambda d: host(d) in "bd" and host(d) != ""),
    "ids": ({"ids": {"values": ["20", "21", "99"]}}, lambda d: d["_id"] in ("20", "21")),
    "wildcard": ({"wildcard": {"host.name": "c*"}}, lambda d: host(d) == "c,1"),
    "wildcard of text": ({"wildcard": {"message": {"value": "fai*"}}}, has_failed),
    "prefix": ({"prefix": {"service": "sh"}}, lambda d: d.get("service") == "shop"),
    "regexp": ({"regexp": {"service": "p.y|sho"}}, lambda d: d.get("service") == "pay"),
    "range": ({"range": {"ms": {"gte": 50, "lt": 60}}}, lambda d: 50 <= duration(d) < 60),
    "range from, to": (
        {"range": {"ms": {"from": 50, "to": 60, "include_upper": False}}}, lambda d: 50 <= duration(d) < 60),
    "range of dates": (
        {"range": {"event.ingested": {"gt": "2026-03-02T13:03:00", "time_zone": "+01:00"}}},
        lambda d: d["event"]["ingested"] > "2026-03-02T12:03:00.000Z"),
    "range with date math": (
        {"range": {"@timestamp": {"gte": "2026-03-02T12:06:10Z||-2m/m"}}},
        lambda d: d["@timestamp"] >= "2026-03-02T12:04:00"),
    "range of addresses": (
        {"range": {"ip": {"gte": "10.0.1.0", "lte": "10.0.1.255"}}}, lambda d: d["ip"].startswith("10.0.1.")),
    "network": ({"term": {"ip": "10.0.1.0/24"}}, lambda d: d["ip"].startswith("10.0.1.")),
    "query_string": ({"query_string": {"query": "status:500 AND host.name:a"}},
                     lambda d: has_failed(d) and host(d) == "a"),
    "query_string with wildcards": (
        {"query_string": {"query": "message:fail* OR (host.name:c* AND NOT up:true)"}},
        lambda d: has_failed(d) or (host(d) == "c,1" and not d["up"])),
    "query_string with ranges": (
        {"query_string": {"query": "ms:[50 TO 70} AND status:>=404"}},
        lambda d: 50 <= duration(d) < 70 and d["status"] >= 404),
    "query_string with default field": (
        {"query_string": {"query": "failed", "default_field": "message"}}, has_failed),
    "query_string over all fields": ({"query_string": {"query": "failed", "lenient": True}}, has_failed),
    "query_string with phrase": (
        {"query_string": {"query": 'message:"was fine" AND _exists_:host.name'}},
        lambda d: not has_failed(d) and host(d) != ""),
    "simple_query_string": (
        {"simple_query_string": {"query": "get -failed", "fields": ["message"], "default_operator": "and"}},
        lambda d: not has_failed(d)),
    "bool": (
        {"bool": {"must": [{"term": {"up": True}}], "must_not": [{"term": {"status": 404}}],
                  "should": [{"term": {"host.name": "a"}}, {"term": {"host.name": "b"}}],
                  "minimum_should_match": 1, "filter": {"exists": {"field": "ms"}}}},
        lambda d: d["up"] and d["status"] != 404 and host(d) in ("a", "b") and duration(d) >= 0),
    "bool whose should is wanted": (
        {"bool": {"should": [{"match": {"message": "failed"}}, {"term": {"host.name": "c,1"}}]}},
        lambda d: has_failed(d) or host(d) == "c,1"),
    "bool whose should is not needed": (
        {"bool": {"must": {"term": {"status": 404}}, "should": {"term": {"host.name": "b"}}}},
        lambda d: d["status"] == 404),
    "match": ({"match": {"message": "FAILED nothing"}}, has_failed),
    "match of all words": (
        {"match": {"message": {"query": "was fine get", "operator": "and"}}}, lambda d: not has_failed(d)),
    "match of keyword": ({"match": {"host.name": "c,1"}}, lambda d: host(d) == "c,1"),
    "match_phrase": ({"match_phrase": {"message": "was fine"}}, lambda d: not has_failed(d)),
    "match_phrase_prefix": ({"match_phrase_prefix": {"message": "was fi"}}, lambda d: not has_failed(d)),
    "multi_match": (
        {"multi_match": {"query": "failed", "type": "best_fields", "lenient": True}}, has_failed),
    "exists": ({"exists": {"field": "host.name"}}, lambda d: host(d) != ""),
    "exists of an object": ({"exists": {"field": "user"}}, lambda d: True),
    "exists with null and empty list": (
        {"bool": {"must_not": [{"exists": {"field": "tags"}}, {"exists": {"field": "ms"}}]}},
        lambda d: not d["tags"] and duration(d) < 0),
    "constant_score": ({"constant_score": {"filter": {"term": {"status": 500}}}}, has_failed),
}  # fmt: skip
"""Name -> a query, and what it says in Python."""


def whole_rules() -> dict[str, dict[str, Any]]:
    params = {"searchType": "esQuery", "index": ["web"], "timeField": "@timestamp", "size": 100, "threshold": [0],
              "thresholdComparator": ">", "timeWindowSize": 5, "timeWindowUnit": "m"}  # fmt: skip
    return {
        name: {
            "rule_type_id": ".es-query",
            "group": "query matched",
            "params": {**params, "esQuery": json.dumps({"query": query})},
        }
        for name, (query, _) in QUERIES.items()
    }


@pytest.fixture(scope="module")
def locally(local: Any) -> Any:
    return local.observe(whole_rules())


@pytest.fixture(scope="module")
def on_cluster(cluster: Any) -> Any:
    return cluster.observe(whole_rules())


def described(name: str) -> tuple[list[str], list[str]]:
    """The ids of the documents that the query is to find, newest first: in the first run, and in the second those
    that the first had not found."""
    found: tuple[list[str], list[str]] = ([], [])
    for document in reversed(documents()["web"]):
        if QUERIES[name][1](document):
            if iso(RUNS[0].replace(minute=0)) <= document["@timestamp"] <= iso(RUNS[0]):
                found[0].append(document["_id"])
            elif iso(RUNS[0]) < document["@timestamp"] <= iso(RUNS[1]):
                found[1].append(document["_id"])
    return found


def hit_ids(run: dict[str, Any]) -> list[str]:
    return [hit["_id"] for _, _, message in run["messages"] for hit in message["context"]["hits"]]


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_finds_some_documents_and_leaves_some_out(name: str) -> None:
    first, _ = described(name)
    assert 0 < len(first) < 31 or name == "exists of an object"


@pytest.mark.parametrize("name", QUERIES)
def test_a_cluster_finds_what_the_query_says(name: str, on_cluster: Any) -> None:
    assert tuple(hit_ids(run) for run in on_cluster[name]) == described(name)


@pytest.mark.parametrize("name", QUERIES)
def test_the_embedded_engine_finds_the_same(name: str, locally: Any, on_cluster: Any) -> None:
    assert locally[name] == on_cluster[name]
