"""Query DSL that cannot be judged on a document is refused with the reason, before any document is looked at."""

from typing import Any

import pytest

from engine.query.errors import UnsupportedQuery
from engine.query.match.compiler import compile_match

ALL: dict[str, Any] = {"match_all": {}}
KIND = "queries of kind [{}] cannot be judged on a document by itself"
OPTION = "the option [{}] of {} cannot be judged on a document by itself"
ONE_FIELD = "a {} query names one field"
NO_VALUE = "a {} query compares with a text, a number or a boolean; for 'no value' negate exists"
NO_NAMES = "fields are given as a name or a list of names"
LUCENE = "Lucene operators cannot be judged on a document by itself: write the query as KQL"
TOO_LARGE = "the query holds a number too large to compare with"
FORM = "a query is an object with one key, the kind of query"
NO_TERMS = "a terms query holds a list of up to 65536 values"
BOUNDS = "a range query names one field and its bounds"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"script": {"script": "true"}}, KIND.format("script")),
        ({"geo_shape": {"location": {}}}, KIND.format("geo_shape")),
        ({"bool": {"filter": [{"percolate": {}}]}}, KIND.format("percolate")),
        ({"bool": {"filters": []}}, OPTION.format("filters", "bool")),
        (
            {"bool": {"should": [], "minimum_should_match": "75%"}},
            "minimum_should_match [75%] cannot be judged: write a whole number",
        ),
        ({"bool": {"should": [], "minimum_should_match": float("inf")}}, TOO_LARGE),
        ({"nested": {"path": "a", "query": {"fuzzy": {"a.b": "x"}}}}, KIND.format("fuzzy")),
        ({"nested": {"query": ALL}}, "a nested query names its path"),
        ({"nested": {"path": "a"}}, FORM),
        ({"nested": {"path": "a", "query": ALL, "inner_hits": {}}}, OPTION.format("inner_hits", "nested")),
        ({"term": {"a": None}}, NO_VALUE.format("term")),
        ({"term": {"a": {"value": "x", "rewrite": 1}}}, OPTION.format("rewrite", "term")),
        ({"term": {"a": 1, "b": 2}}, ONE_FIELD.format("term")),
        ({"term": {"a": 10**400}}, TOO_LARGE),
        ({"term": []}, "the query [term] holds no object"),
        ({"terms": {"a": ["x", []]}}, NO_VALUE.format("terms")),
        ({"terms": {"a": ["x"], "b": ["y"]}}, ONE_FIELD.format("terms")),
        ({"terms": {"a": "x"}}, NO_TERMS),
        ({"terms": {"a": [1] * 65_537}}, NO_TERMS),
        ({"match": {}}, ONE_FIELD.format("match")),
        ({"match": {"a": {"query": {}}}}, NO_VALUE.format("match")),
        ({"match": {"a": {"query": "x", "fuzziness": 1}}}, OPTION.format("fuzziness", "match")),
        ({"match": {"a": {"query": "x", "operator": "xor"}}}, "operator is or or and, not [xor]"),
        ({"match_phrase": {}}, ONE_FIELD.format("match_phrase")),
        ({"match_phrase": {"a": []}}, NO_VALUE.format("match_phrase")),
        ({"match_phrase": {"a": {"query": "x", "analyzer": "stop"}}}, OPTION.format("analyzer", "match_phrase")),
        (
            {"match_phrase": {"a": {"query": "x", "slop": 1}}},
            "match_phrase with slop cannot be judged on a document by itself",
        ),
        ({"multi_match": {}}, NO_VALUE.format("multi_match")),
        ({"multi_match": {"query": "x", "tie_breaker": 1}}, OPTION.format("tie_breaker", "multi_match")),
        ({"multi_match": {"query": "x", "fields": [1]}}, NO_NAMES),
        (
            {"multi_match": {"query": "x", "type": "cross_fields"}},
            "multi_match of type [cross_fields] cannot be judged on a document by itself",
        ),
        ({"wildcard": {}}, ONE_FIELD.format("wildcard")),
        ({"wildcard": {"a": {"value": None}}}, NO_VALUE.format("wildcard")),
        ({"wildcard": {"a": {"value": "x", "rewrite": 1}}}, OPTION.format("rewrite", "wildcard")),
        ({"query_string": {"query": 5}}, "a query_string holds its text as query"),
        (
            {"query_string": {"query": "a", "default_operator": "AND"}},
            OPTION.format("default_operator", "query_string"),
        ),
        *(({"query_string": {"query": text}}, LUCENE) for text in ("a:b", "a AND b", "NOT a", "-a", "a || b", "x/y/")),
        ({"range": {"a": 5}}, BOUNDS),
        ({"range": {"a": {}, "b": {}}}, BOUNDS),
        ({"range": {"a": {"gte": []}}}, NO_VALUE.format("range")),
        ({"range": {"a": {"gte": 10**400}}}, TOO_LARGE),
        ({"range": {"a": {"gte": 1, "relation": "within"}}}, OPTION.format("relation", "range")),
        (
            {"range": {"a": {"gte": 1, "time_zone": "Mars/Base"}}},
            "range on [a]: unknown time zone [Mars/Base]: write an offset like +02:00 or a name like Europe/Berlin",
        ),
        ({"exists": {}}, NO_NAMES),
        ({"exists": {"field": "a", "more": 1}}, OPTION.format("more", "exists")),
        ({"ids": {"values": [], "type": "x"}}, OPTION.format("type", "ids")),
        ({"a": {}, "b": {}}, FORM),
        ({}, FORM),
        ([], FORM),
    ],
)
def test_a_query_that_cannot_be_judged_is_refused(query: Any, reason: str) -> None:
    with pytest.raises(UnsupportedQuery) as refused:
        compile_match(query)
    assert (refused.value.kind, str(refused.value)) == ("unsupported", reason)


@pytest.mark.parametrize("kind", ["term", "match", "match_phrase", "wildcard"])
def test_boosts_and_names_mean_nothing_here(kind: str) -> None:
    value = "query" if kind.startswith("match") else "value"
    assert compile_match({kind: {"a": {value: "x", "boost": 2, "_name": "n"}}})


@pytest.mark.parametrize("depth", [201, 5_000])
def test_a_query_nested_beyond_reason_is_refused(depth: int) -> None:
    query = ALL
    for _ in range(depth):
        query = {"bool": {"filter": [query]}}
    with pytest.raises(UnsupportedQuery, match="queries are nested deeper than 200"):
        compile_match(query)


def test_queries_may_be_nested_200_levels_deep() -> None:
    query = ALL
    for _ in range(200):
        query = {"bool": {"filter": [query]}}
    assert compile_match(query)
