"""Documents judged by query DSL in memory (kql.md 10)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.query.errors import UnsupportedQuery
from engine.query.kql.compiler import compile_kql
from engine.query.match.compiler import compile_match

AT = datetime(2024, 5, 6, 8, 0, tzinfo=UTC)
ALERT: dict[str, Any] = {
    "@timestamp": "2024-05-06T08:00:00.000Z",
    "kibana.alert.uuid": "uu-1",
    "kibana.alert.instance.id": "host-1",
    "kibana.alert.reason": "Disk is full on host-1",
    "kibana.alert.start": "2024-05-06T07:30:00.000Z",
    "kibana.alert.flapping": False,
    "kibana.alert.rule.tags": ["ops", "Disk"],
    "kibana": {"alert": {"severity": 3, "evaluation": {"values": [1.5, 20]}}},
    "host": {"name": "web-01", "cpu": None, "ports": []},
    "seen": "2024-05-05T10:00:00Z",
    "disks": [{"name": "sda", "free": 1}, {"name": "sdb", "free": 9}],
}


def matches(query: dict[str, Any], document: dict[str, Any] = ALERT) -> bool:
    return compile_match(query).matches(document, AT)


@pytest.mark.parametrize(
    ("kql", "is_match"),
    [
        ("", True),
        ("*:*", True),
        ("*", True),
        ("kibana.alert.instance.id: host-1", True),
        ("kibana.alert.instance.id: HOST-1", False),
        ("kibana.alert.instance.id: host", False),
        ("kibana.alert.instance.id: host*", True),
        ("kibana.alert.instance.id: *-1", True),
        ("kibana.alert.instance.id: h*s*1", True),
        ("kibana.alert.instance.id: h*x*1", False),
        ("kibana.alert.rule.tags: ops", True),
        ("kibana.alert.rule.tags: (dev or ops)", True),
        ("kibana.alert.rule.tags: (dev and ops)", False),
        ("not kibana.alert.rule.tags: ops", False),
        ("not kibana.alert.rule.tags: dev", True),
        # text fields: words in any case, phrases in order
        ("kibana.alert.reason: FULL", True),
        ("kibana.alert.reason: (empty or full)", True),
        ("kibana.alert.reason: empty full", True),
        ('kibana.alert.reason: "is full"', True),
        ('kibana.alert.reason: "full is"', False),
        ("kibana.alert.reason: dis*", True),
        ("kibana.alert.reason: sk*", False),
        # numbers and booleans, which KQL writes as text
        ("kibana.alert.severity: 3", True),
        ("kibana.alert.severity: 3.0", True),
        ("kibana.alert.severity: three", False),
        ("kibana.alert.severity >= 3", True),
        ("kibana.alert.severity > 3", False),
        ("kibana.alert.evaluation.values > 19", True),
        ("kibana.alert.evaluation.values > 20", False),
        ("kibana.alert.flapping: false", True),
        ('kibana.alert.flapping: "false"', True),
        ("kibana.alert.flapping: true", False),
        # presence
        ("host.name: *", True),
        ("host: *", True),
        ("host.cpu: *", False),
        ("host.ports: *", False),
        ("not host.cpu: *", True),
        ("nothing: *", False),
        # dates
        ("kibana.alert.start > now-31m", True),
        ("kibana.alert.start > now-30m", False),
        ("kibana.alert.start >= now-30m", True),
        ("kibana.alert.start < now-1h", False),
        ('kibana.alert.start: "2024-05-06"', True),
        ('kibana.alert.start: "2024-05-07"', False),
        ('kibana.alert.start <= "2024-05-06"', True),
        ('kibana.alert.start > "2024-05-06"', False),
        ("seen < now-21h", True),
        ("seen < now-23h", False),
        # any field
        ("web-01", True),
        ("web-02", False),
        ('"is full"', True),
        ("web*", True),
        # nested objects
        ("disks: { name: sda and free < 5 }", True),
        ("disks: { name: sdb and free < 5 }", False),
        ("disks.name: sdb and disks.free < 5", True),
    ],
)
def test_kql_on_an_alert_document(kql: str, is_match: bool) -> None:
    assert matches(compile_kql(kql)) is is_match


@pytest.mark.parametrize(
    ("query", "is_match"),
    [
        ({"match_none": {}}, False),
        ({"ids": {"values": ["uu-1"]}}, True),
        ({"ids": {"values": ["uu-2"]}}, False),
        ({"term": {"_id": "uu-1"}}, True),
        ({"terms": {"host.name": ["web-02", "web-01"]}}, True),
        ({"terms": {"host.name": []}}, False),
        ({"term": {"host.name": {"value": "WEB-01", "case_insensitive": True}}}, True),
        ({"wildcard": {"host.name": {"value": "WEB-??", "case_insensitive": True}}}, True),
        ({"wildcard": {"host.name": "web-?"}}, False),
        ({"wildcard": {"host.name": "web-?1"}}, True),
        ({"wildcard": {"host.name": "a?*"}}, False),
        ({"wildcard": {"host.name": "w?*1"}}, True),
        ({"wildcard": {"host.name": "w?*?-*?1"}}, True),
        ({"wildcard": {"host.name": "w?*x?*1"}}, False),
        ({"wildcard": {"host.name": "web-0?1*?1"}}, False),
        ({"wildcard": {"host.name": "*?02"}}, False),
        ({"wildcard": {"host.name": "web-01?*"}}, False),
        ({"wildcard": {"host.name": {"value": "WEB*", "case_insensitive": True}}}, True),
        ({"wildcard": {"host.name": "web\\-0*"}}, True),
        ({"wildcard": {"host.name": "*web\\*01"}}, False),
        ({"match": {"kibana.alert.reason": {"query": "disk empty", "operator": "and"}}}, False),
        ({"match": {"kibana.alert.reason": {"query": "disk full", "operator": "and"}}}, True),
        ({"multi_match": {"query": "web-01", "fields": ["kibana.*", "host.*^3"]}}, True),
        ({"multi_match": {"query": "web-01", "fields": ["kibana.*"]}}, False),
        ({"query_string": {"query": "web-01", "default_field": "host.name"}}, True),
        ({"query_string": {"query": "Full"}}, True),
        ({"query_string": {"query": "FUL*"}}, True),
        ({"query_string": {"query": "WEB*", "fields": ["host.name"]}}, False),
        ({"query_string": {"query": "*ull emp*", "fields": ["kibana.alert.reason"]}}, True),
        ({"wildcard": {"kibana.alert.reason": "FUL*"}}, False),
        ({"wildcard": {"kibana.alert.reason": "ful*"}}, True),
        ({"wildcard": {"kibana.alert.reason": {"value": "FUL*", "case_insensitive": True}}}, True),
        ({"term": {"kibana.alert.reason": "Disk"}}, False),
        ({"term": {"kibana.alert.reason": "disk"}}, True),
        ({"term": {"kibana.alert.reason": {"value": "DISK", "case_insensitive": True}}}, True),
        ({"range": {"kibana.alert.reason": {"gte": "full", "lt": "fulm"}}}, True),
        ({"range": {"kibana.alert.flapping": {"gte": "true"}}}, False),
        ({"range": {"kibana.alert.flapping": {"lt": True}}}, True),
        ({"range": {"host.name": {}}}, True),
        ({"range": {"nothing": {}}}, False),
        ({"term": {"kibana.alert.start": 1714980600000}}, True),
        ({"range": {"kibana.alert.start": {"gte": 1714980600000, "lte": 1714980600000}}}, True),
        ({"range": {"kibana.alert.start": {"gt": 1714980600000}}}, False),
        ({"terms": {"kibana.alert.severity": [1, "3"]}}, True),
        ({"term": {"kibana.alert.flapping": 0}}, False),
        ({"exists": {"field": "_id"}}, True),
        ({"exists": {"field": "kibana.alert"}}, True),
        ({"exists": {"field": "kibana.aler"}}, False),
        ({"query_string": {"query": " "}}, False),
        ({"exists": {"field": "kibana.alert.sever*"}}, True),
        ({"range": {"kibana.alert.start": {"lt": "2024-05-06T09:30", "time_zone": "+02:00"}}}, False),
        ({"range": {"kibana.alert.start": {"lte": "2024-05-06T09:30", "time_zone": "+02:00"}}}, True),
        ({"range": {"kibana.alert.start": {"gte": "06/05/2024", "format": "dd/MM/yyyy"}}}, True),
        ({"range": {"host.name": {"gt": "web-00", "lt": "web-02"}}}, True),
        ({"range": {"host.name": {"gt": "web-01"}}}, False),
        ({"range": {"kibana.alert.start": {"lt": "no date"}}}, False),
        ({"range": {"kibana.alert.severity": {"gte": "many"}}}, False),
        ({"range": {"kibana.alert.start": {"gte": 5, "format": "yyyy"}}}, False),
        ({"range": {"kibana.alert.start": {"gte": 5, "format": "epoch_second"}}}, True),
        ({"range": {"kibana.alert.start": {"gte": 1e300}}}, False),
        ({"bool": {}}, True),
        ({"bool": {"minimum_should_match": 1}}, True),
        ({"bool": {"must_not": {"match_all": {}}}}, False),
        ({"bool": {"should": [{"match_none": {}}]}}, False),
        ({"bool": {"should": [{"match_none": {}}], "filter": [{"match_all": {}}]}}, True),
        ({"bool": {"should": [{"match_none": {}}], "filter": [], "minimum_should_match": 0}}, False),
        ({"bool": {"should": [{"match_none": {}}] * 2, "must": {"match_all": {}}, "minimum_should_match": -1}}, False),
        ({"bool": {"should": [{"match_all": {}}] * 2, "minimum_should_match": "2"}}, True),
        ({"bool": {"should": [{"match_all": {}}] * 2, "minimum_should_match": 3}}, False),
    ],
)
def test_dsl_on_an_alert_document(query: dict[str, Any], is_match: bool) -> None:
    assert matches(query) is is_match


@pytest.mark.parametrize(("start", "is_match"), [(1714980600000, True), (1714980600001, False), (True, False)])
def test_date_fields_may_hold_milliseconds(start: Any, is_match: bool) -> None:
    assert (
        matches({"term": {"kibana.alert.start": "2024-05-06T07:30:00.000Z"}}, {"kibana.alert.start": start}) is is_match
    )


def test_dotted_keys_and_objects_are_the_same() -> None:
    query = {"bool": {"filter": [{"term": {"a.b.c": 1}}, {"term": {"a.b.d": 2}}]}}
    assert matches(query, {"a.b": {"c": 1}, "a": {"b.d": 2}})
    assert not matches(query, {"a.b": {"c": 1}})


def test_objects_below_dotted_keys_are_found_as_nested_ones() -> None:
    query = {"nested": {"path": "a.b", "query": {"nested": {"path": "a.b.c", "query": {"term": {"a.b.c.d": 1}}}}}}
    assert matches(query, {"a.b": [{"c": [{"d": 0}, {"d": 1}]}]})
    assert not matches(query, {"a.b": [{"c": [{"d": 0}]}]})


@pytest.mark.parametrize(
    "query",
    [
        {"script": {"script": "true"}},
        {"geo_shape": {"location": {}}},
        {"bool": {"filter": [{"percolate": {}}]}},
        {"nested": {"path": "a", "query": {"fuzzy": {"a.b": "x"}}}},
        {"term": {"a": None}},
        {"match": {"a": {"query": "x", "fuzziness": 1}}},
        {"match_phrase": {"a": {"query": "x", "slop": 1}}},
        {"multi_match": {"query": "x", "type": "cross_fields"}},
        {"query_string": {"query": "a:b"}},
        {"query_string": {"query": "a AND b"}},
        {"query_string": {"query": "-a"}},
        {"range": {"a": {"gte": 1, "relation": "within"}}},
        {"range": {"a": {"gte": 1, "time_zone": "Mars/Base"}}},
        {"bool": {"should": [], "minimum_should_match": "75%"}},
        {"a": {}, "b": {}},
        {},
        [],
        {"terms": {"a": "x"}},
        {"term": {"a": 10**400}},
        {"range": {"a": {"gte": 10**400}}},
        {"bool": {"should": [], "minimum_should_match": float("inf")}},
    ],
)
def test_what_only_a_search_engine_can_judge_is_refused(query: Any) -> None:
    with pytest.raises(UnsupportedQuery) as refused:
        compile_match(query)
    assert refused.value.kind == "unsupported"


def test_a_query_nested_beyond_reason_is_refused() -> None:
    query: dict[str, Any] = {"match_all": {}}
    for _ in range(5_000):
        query = {"bool": {"filter": [query]}}
    with pytest.raises(UnsupportedQuery, match="deeper than 200"):
        compile_match(query)


def test_whatever_kql_can_nest_can_be_judged() -> None:
    kql = "(a:1 or (b:2 and " * 49 + "host.name: web-01" + "))" * 49
    assert not matches(compile_kql(kql))
    assert matches(compile_kql(kql), {"host.name": "web-01", "b": 2})


def test_no_pattern_is_slow() -> None:
    # A regular expression that goes back and forth would never end on this.
    pattern = "*a?" * 40 + "b"
    assert not matches({"wildcard": {"x": pattern}}, {"x": "a" * 5_000})
    assert not matches({"wildcard": {"x": "*a" * 2_000 + "b"}}, {"x": "a" * 5_000})
