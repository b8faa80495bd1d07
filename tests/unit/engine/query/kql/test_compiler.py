"""What the syntax tree becomes where the behaviour cases do not look: nested fields, scripted ones, errors."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.query.errors import KqlError
from engine.query.field import Field, FieldList, read_field
from engine.query.kql.compiler import compile_kql
from engine.query.options import QueryOptions

FIELDS = FieldList(
    [
        Field("host", "string", ("keyword",)),
        Field("message", "string", ("text",)),
        Field("@timestamp", "date", ("date",)),
        Field("a.b", "string", ("keyword",), nested_path="a"),
        Field("a.c.d", "string", ("text",), nested_path="a.c"),
        Field("old", "number", ("long",), is_scripted=True),
    ]
)


def any_of(*clauses: object) -> dict[str, object]:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("host:a*?b", {"wildcard": {"host": {"value": "a*\\?b"}}}),
        ("message:a*b", {"query_string": {"fields": ["message"], "query": "a*b"}}),
        ("host:a", {"term": {"host": {"value": "a"}}}),
        ('message:"a b"', {"match_phrase": {"message": "a b"}}),
        ("unknown:5", {"match": {"unknown": "5"}}),
        ('"ho*":x', {"match": {"ho*": "x"}}),
        ("@timestamp:2024", {"range": {"@timestamp": {"gte": "2024", "lte": "2024"}}}),
        ("@timestamp > now-1d*", {"range": {"@timestamp": {"gt": "now-1d*"}}}),
        ("ho*:*", {"exists": {"field": "host"}}),
        ("no*:x", {"match": {"no*": "x"}}),
        ("*.b:x", {"nested": {"path": "a", "query": {"term": {"a.b": {"value": "x"}}}, "score_mode": "none"}}),
    ],
)
def test_a_clause_of_one_field(text: str, clause: object) -> None:
    assert compile_kql(text, FIELDS) == any_of(clause)


def test_a_wildcard_name_reaches_each_field_but_scripted_ones_in_their_order() -> None:
    assert compile_kql("*:x*", FIELDS)["bool"]["should"] == [
        {"wildcard": {"host": {"value": "x*"}}},
        {"query_string": {"fields": ["message"], "query": "x*"}},
        {"query_string": {"fields": ["@timestamp"], "query": "x*"}},
        {"nested": {"path": "a", "query": {"wildcard": {"a.b": {"value": "x*"}}}, "score_mode": "none"}},
        {"nested": {"path": "a.c", "query": {"query_string": {"fields": ["a.c.d"], "query": "x*"}},
                    "score_mode": "none"}},
    ]  # fmt: skip


def test_groups_in_groups() -> None:
    inner = any_of({"match": {"a.c.d": "x"}})
    assert compile_kql("a:{ b:y and c:{ d:x } }", FIELDS) == {"nested": {
        "path": "a",
        "query": {"bool": {"filter": [
            any_of({"term": {"a.b": {"value": "y"}}}),
            {"nested": {"path": "a.c", "query": inner, "score_mode": "none"}},
        ]}},
        "score_mode": "none",
    }}  # fmt: skip


def test_a_wildcard_name_in_a_group_counts_from_the_groups_path() -> None:
    found = compile_kql("a:{ b*:x }", FIELDS)["nested"]["query"]
    assert found == any_of({"term": {"a.b": {"value": "x"}}})


def test_options() -> None:
    options = QueryOptions(case_insensitive=True, nested_ignore_unmapped=False, filters_in_must_clause=True)
    assert compile_kql("host:a and a:{b:c*}", FIELDS, options) == {"bool": {"must": [
        any_of({"term": {"host": {"value": "a", "case_insensitive": True}}}),
        {"nested": {"path": "a", "query": any_of({"wildcard": {"a.b": {"value": "c*", "case_insensitive": True}}}),
                    "score_mode": "none", "ignore_unmapped": False}},
    ]}}  # fmt: skip


@pytest.mark.parametrize(("value", "has_zone"), [("2024-01-01", True), ("now", True), ("1714989600000", False)])
def test_dates_are_read_in_the_zone_of_the_options(value: str, has_zone: bool) -> None:
    zoned = compile_kql(f"@timestamp:{value}", FIELDS, QueryOptions(date_format_tz="Europe/Vienna"))
    [clause] = zoned["bool"]["should"]
    assert clause["range"]["@timestamp"].get("time_zone") == ("Europe/Vienna" if has_zone else None)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a.b:x", "write a:{ b: ... }"),
        ("a.b:*", "write a:{ b: ... }"),
        ("a.b > 1", "write a:{ b: ... }"),
        ("a:{ c.d:x }", "belongs to the nested path a.c, not a"),
        ("host:{ x:y } and old:1", "scripted"),
        ("a:{ x }", "without a field"),
        ("a:{ *:x }", "a.c.d belongs"),
    ],
)
def test_fields_that_may_not_stand_there(text: str, named: str) -> None:
    with pytest.raises(KqlError, match=named.replace("{", "\\{").replace("*", "\\*")) as caught:
        compile_kql(text, FIELDS)
    assert (caught.value.kind, caught.value.offset) == ("field", None)


def test_a_wildcard_in_front_may_be_forbidden() -> None:
    with pytest.raises(KqlError) as caught:
        compile_kql("host:*a", FIELDS, QueryOptions(allow_leading_wildcards=False))
    assert caught.value.kind == "leading_wildcard"


def test_several_of_them_are_all_listed() -> None:
    with pytest.raises(KqlError) as caught:
        compile_kql("a:{ *:x }", FieldList([Field("a.x"), Field("a.y", nested_path="a"), Field("a.z")]))
    assert "a.x is no nested field" in str(caught.value)
    assert "a.z is no nested field" in str(caught.value)


def test_without_fields_nothing_is_checked() -> None:
    assert compile_kql("a:{ b:x }")["nested"]["query"] == any_of({"match": {"a.b": "x"}})


def test_reading_a_field_of_a_data_view() -> None:
    spec = {"name": "a.b", "type": "string", "esTypes": ["keyword"], "subType": {"nested": {"path": "a"}}, "count": 3}
    assert read_field(spec) == Field("a.b", "string", ("keyword",), "a")
    assert read_field({"name": "x", "subType": {"multi": {"parent": "y"}}}) == Field("x")


@given(st.text(max_size=30), st.booleans())
def test_nothing_but_its_own_error_is_raised(text: str, knows_fields: bool) -> None:
    with contextlib.suppress(KqlError):
        compile_kql(text, FIELDS if knows_fields else None)
