"""Documents judged by query DSL in memory (kql.md 10)."""

from datetime import UTC, datetime
from typing import Any

import pytest

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
    ("query", "document", "is_match"),
    [
        # values that a document writes as another type than the query
        ({"term": {"x": True}}, {"x": "true"}, True),
        ({"term": {"x": False}}, {"x": "false"}, True),
        ({"term": {"x": 5}}, {"x": "5"}, True),
        ({"term": {"x": "5"}}, {"x": 5.0}, True),
        ({"term": {"x": "true"}}, {"x": 1}, False),
        ({"term": {"x": 1}}, {"x": True}, False),
        ({"term": {"x": "1e2"}}, {"x": 100}, True),
        ({"term": {"x": {"value": "stra\u00dfe", "case_insensitive": True}}}, {"x": "STRA\u00dfE"}, True),
        ({"wildcard": {"x": {"value": "dis*", "case_insensitive": True}}}, {"x": "DISK"}, True),
        ({"wildcard": {"x": {"value": "d?s*", "case_insensitive": True}}}, {"x": "DISK"}, True),
        ({"wildcard": {"x": {"value": "d?s*", "case_insensitive": False}}}, {"x": "DISK"}, False),
        ({"wildcard": {"x": {"wildcard": "d?s?"}}}, {"x": "d\ns."}, True),
        ({"wildcard": {"x": "a\\"}}, {"x": "a\\"}, True),
        ({"wildcard": {"x": "*"}}, {"x": 5}, False),
        # arrays in arrays, nulls and objects in them
        ({"term": {"x": "deep"}}, {"x": [["a", ["deep"]], None]}, True),
        ({"term": {"x.y": 1}}, {"x": [[{"y": 0}], {"y": 1}]}, True),
        ({"exists": {"field": "x"}}, {"x": [None, {}]}, False),
        ({"exists": {"field": "x"}}, {"x": [None, [{"y": [0]}]]}, True),
        ({"exists": {"field": ["y", "x"]}}, {"x": 0}, True),
        ({"exists": {"field": "*y"}}, {"x": {"y": None}}, False),
        ({"nested": {"path": "x", "query": {"term": {"x.y": 1}}}}, {"x": [[{"y": 0}], [[{"y": 1}]]]}, True),
        ({"nested": {"path": "a.b", "query": {"term": {"a.b.c": 1}}}}, {"a": [{"b": {"c": 0}}, {"b": {"c": 1}}]}, True),
        (
            {"nested": {"path": "x", "query": {"match_all": {}}, "score_mode": "none", "ignore_unmapped": True}},
            {},
            False,
        ),
        ({"nested": {"path": ".b", "query": {"term": {".b.c": 1}}}}, {"": {"b": {"c": 1}}}, True),
        ({"term": {".b": 1}}, {"": {"b": 1}}, True),
        # what is beside the fields
        ({"term": {"_id": "1"}}, {"_id": "1"}, True),
        ({"ids": {"values": "1"}}, {"_id": "1", "kibana.alert.uuid": "2"}, True),
        ({"ids": {"values": [1]}}, {"_id": "1"}, True),
        ({"term": {"_index": "i"}}, {"_index": "i"}, False),
        ({"multi_match": {"query": "i"}}, {"_index": "i"}, False),
        ({"exists": {"field": "_index"}}, {}, True),
        # any of several fields
        ({"multi_match": {"query": "1", "fields": ["x", "y"]}}, {"y": 1}, True),
        ({"multi_match": {"query": "1", "fields": "y"}}, {"x": 1}, False),
        ({"multi_match": {"query": "disk full", "operator": "AND"}}, {"kibana.alert.reason": "full of disks"}, False),
        ({"multi_match": {"query": "disk full", "type": "phrase"}}, {"kibana.alert.reason": "disk is full"}, False),
        ({"query_string": {"query": "1", "default_field": "y"}}, {"x": 1}, False),
        ({"query_string": {"query": "*"}}, {}, True),
        ({"query_string": {"query": "*", "fields": ["x", "z*"]}}, {"y": 1}, False),
        ({"query_string": {"query": "*", "fields": ["x", "y*"]}}, {"y": 1}, True),
        ({"query_string": {"query": "a\\*b", "default_field": "x"}}, {"x": "a*b"}, True),
        ({"query_string": {"query": "a\\*b", "default_field": "x"}}, {"x": "a-b"}, False),
        ({"query_string": {"query": "a\\:b", "default_field": "x"}}, {"x": "a:b"}, True),
        # ranges: each value in its own order, from and to at once
        ({"range": {"x": {"gt": 1, "lte": 3}}}, {"x": [1, 4]}, False),
        ({"range": {"x": {"gt": 1, "lte": 3}}}, {"x": [1, 3]}, True),
        ({"range": {"x": {"lt": "10"}}}, {"x": 9}, True),
        ({"range": {"x": {"lt": "10"}}}, {"x": "9"}, False),
        ({"range": {"x": {"lt": None, "gte": 1}}}, {"x": 1}, True),
        ({"range": {"x": {"gte": "2024-05-06"}}}, {"x": "2024-05-06T00:00:00Z"}, True),
        ({"range": {"x": {"gt": "2024-05-06"}}}, {"x": "2024-05-06T23:59:59.999Z"}, False),
        ({"range": {"x": {"gt": "2024-05-06"}}}, {"x": "2024-05-07"}, True),
        ({"range": {"x": {"gte": "no date"}}}, {"x": "2024-05-06"}, False),
        ({"range": {"kibana.alert.start": {"lte": 5.9}}}, {"kibana.alert.start": 5.9}, True),
    ],
)
def test_what_values_are_equal_and_in_order(query: dict[str, Any], document: dict[str, Any], is_match: bool) -> None:
    assert matches(query, document) is is_match


def test_whatever_kql_can_nest_can_be_judged() -> None:
    kql = "(a:1 or (b:2 and " * 49 + "host.name: web-01" + "))" * 49
    assert not matches(compile_kql(kql))
    assert matches(compile_kql(kql), {"host.name": "web-01", "b": 2})


def test_no_pattern_is_slow() -> None:
    # A regular expression that goes back and forth would never end on this.
    pattern = "*a?" * 40 + "b"
    assert not matches({"wildcard": {"x": pattern}}, {"x": "a" * 5_000})
    assert not matches({"wildcard": {"x": "*a" * 2_000 + "b"}}, {"x": "a" * 5_000})
