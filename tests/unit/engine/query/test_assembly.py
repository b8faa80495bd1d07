"""Queries and filters together, where the behaviour cases do not look."""

import pytest

from engine.model.errors import InvalidInput
from engine.model.settings import QuerySettings
from engine.query.assembly import assemble
from engine.query.errors import FilterError
from engine.query.field import Field, FieldList
from engine.query.filters import DataViewFields
from engine.query.lucene import compile_lucene
from engine.query.options import ASSEMBLY_DEFAULTS, QueryOptions, options_of, read_options

VIEW = DataViewFields(
    FieldList([Field("up", "boolean"), Field("n", "number"), Field("a.b", "string", nested_path="a")]), id="v"
)


def parts(filters: object, **options: object) -> tuple[object, object]:
    [query] = assemble(None, filters, view=VIEW, options=QueryOptions(**options)).query.values()  # type: ignore[arg-type]
    assert (query["must"], query["should"]) == ([], [])
    return query["filter"], query["must_not"]


def test_nothing_at_all_matches_everything() -> None:
    assert assemble([], []).query == {"bool": {"must": [], "filter": [], "should": [], "must_not": []}}


def test_one_query_and_one_filter_need_no_list() -> None:
    query = assemble({"query": "x:1", "language": "kuery"}, {"query": {"term": {"a": 1}}}).query["bool"]
    assert [next(iter(part)) for part in query["filter"]] == ["bool", "term"]


def test_kql_goes_first_where_scores_count() -> None:
    queries = [{"query": "l", "language": "lucene"}, {"query": "k", "language": "kuery"}]
    query = assemble(queries, [], options=QueryOptions(filters_in_must_clause=True)).query["bool"]
    assert [next(iter(part)) for part in query["must"]] == ["multi_match", "query_string"]
    assert query["filter"] == []


def test_a_lucene_query_takes_the_options_of_the_operator_but_keeps_its_zone() -> None:
    options = QueryOptions(query_string_options={"analyze_wildcard": True}, date_format_tz="Asia/Tokyo")
    given = [{"query": {"query_string": {"query": "a", "time_zone": "UTC"}}, "language": "lucene"}]
    [query] = assemble(given, [], options=options).query["bool"]["must"]
    assert query == {"query_string": {"query": "a", "time_zone": "UTC", "analyze_wildcard": True}}


@pytest.mark.parametrize("language", ["painless", None, "KUERY"])
def test_another_language_is_refused(language: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        assemble([{"query": "x", "language": language}], [])
    assert str(refused.value) == f"query.language: is {language!r} (write kuery or lucene)"


def test_what_holds_no_query_is_left_out() -> None:
    assert assemble([{"language": "painless"}, None], [None]).query == assemble([], []).query


@pytest.mark.parametrize(
    ("value", "read_as"), [("true", True), (1, True), (True, True), ("false", False), (0, False), (False, False)]
)
def test_a_phrase_on_a_boolean_field(value: object, read_as: bool) -> None:
    [translated], _ = parts({"match": {"up": {"query": value, "type": "phrase"}}, "meta": {}})
    assert translated["match_phrase"]["up"]["query"] is read_as


@pytest.mark.parametrize(("value", "read_as"), [("5", 5), ("5.5", 5.5), (7, 7)])
def test_a_phrase_on_a_number_field(value: object, read_as: float) -> None:
    [translated], _ = parts({"query": {"match": {"n": {"query": value, "type": "phrase", "boost": 2}}}})
    assert translated == {"match_phrase": {"n": {"query": read_as, "boost": 2}}}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (
            {"match": {"up": {"query": "maybe", "type": "phrase"}}},
            "the filter on the boolean field up compares with 'maybe': write true or false",
        ),
        (
            {"match": {"up": {"query": [], "type": "phrase"}}},
            "the filter on the boolean field up compares with []: write true or false",
        ),
        ({"match": {"n": {"query": "many", "type": "phrase"}}}, "the filter on n compares a number with 'many'"),
        ({"query": "x"}, "the query of a filter is an object of query DSL"),
        ("text", "a filter is an object with meta and query"),
        ({"meta": "x"}, "a filter is an object with meta and query"),
        ({"meta": {"type": "combined"}}, "a combined filter holds its filters as the list meta.params"),
        (
            {"meta": {"type": "combined", "params": "text"}},
            "a combined filter holds its filters as the list meta.params",
        ),
    ],
)
def test_what_is_no_filter_is_refused(wrong: object, reason: str) -> None:
    with pytest.raises(FilterError) as refused:
        parts([wrong])
    assert str(refused.value) == reason


def test_disabled_ones_are_dropped_also_inside_of_combinations() -> None:
    off = {"query": {"term": {"x": 1}}, "meta": {"disabled": True}}
    on = {"query": {"term": {"y": 1}}, "meta": {"negate": True}}
    combined = {"meta": {"type": "combined", "relation": "OR", "params": [off, on]}}
    [translated], _ = parts([off, combined])
    assert translated["bool"]["should"] == [
        {"bool": {"must": [], "filter": [], "should": [], "must_not": [{"term": {"y": 1}}]}}
    ]


def test_an_empty_filter_is_left_out_and_told() -> None:
    made = assemble([], [{"query": {}, "meta": {"key": "k"}}])
    assert made.query == assemble([], []).query
    assert made.warnings == ("a filter without a query was left out (k)",)


def test_combinations_have_a_depth_limit() -> None:
    deep: dict[str, object] = {"query": {"term": {"x": 1}}}
    for _ in range(50):
        deep = {"meta": {"type": "combined", "relation": "AND", "params": [deep]}}
    assert parts([deep])
    with pytest.raises(FilterError, match="combined filters are nested more than 50 deep: use fewer levels"):
        parts([{"meta": {"type": "combined", "relation": "AND", "params": [deep]}}])


@pytest.mark.parametrize(
    "given",
    [
        {"query": {"exists": {"field": "a.b"}}},
        {"query": {"match_phrase": {"a.b": "x"}}},
        {"query": {"range": {"a.b": {"gt": 1}}}},
        {"query": {"bool": {}}, "meta": {"type": "phrases", "key": "a.b"}},
        {"query": {"bool": {}}, "meta": {"field": "a.b", "key": "n"}},
        {"range": {"a.b": {"gt": 1}}, "$state": {"store": "appState"}, "meta": {}},
    ],
)
def test_which_field_a_filter_is_about(given: dict[str, object]) -> None:
    [translated], _ = parts([given])
    query = given.get("query", {"range": {"a.b": {"gt": 1}}})
    assert translated == {"nested": {"path": "a", "query": query}}


def test_the_settings_of_the_operator_are_options_of_queries() -> None:
    settings = QuerySettings(
        allow_leading_wildcards=False,
        query_string_options={"analyze_wildcard": False},
        date_format_tz="Asia/Tokyo",
        ignore_filter_if_field_not_in_index=True,
    )
    assert options_of(settings) == QueryOptions(
        allow_leading_wildcards=False,
        query_string_options={"analyze_wildcard": False},
        date_format_tz="Asia/Tokyo",
        ignore_filter_if_field_not_in_index=True,
    )


def test_a_filter_on_a_nested_field() -> None:
    [translated], _ = parts([{"query": {"exists": {"field": "a.b"}}}], nested_ignore_unmapped=True)
    assert translated == {"nested": {"path": "a", "query": {"exists": {"field": "a.b"}}, "ignore_unmapped": True}}


@pytest.mark.parametrize(
    ("meta", "is_kept"),
    [({"key": "n"}, True), ({"key": "other"}, False), ({}, True), ({"key": "x", "type": "custom", "index": "v"}, True),
     ({"key": "n", "type": "custom", "index": "w"}, False)],
)  # fmt: skip
def test_filters_on_fields_that_the_view_lacks_may_be_ignored(meta: dict[str, object], is_kept: bool) -> None:
    given = {"query": {"term": {"n": 1}}, "meta": meta}
    kept, _ = parts([given], ignore_filter_if_field_not_in_index=True)
    assert bool(kept) is is_kept
    assert parts([given]) == ([{"term": {"n": 1}}], [])


def test_a_lucene_query_is_a_text_or_an_object() -> None:
    with pytest.raises(ValueError, match="not list"):
        compile_lucene([])


def test_options_that_are_left_out_or_null_are_the_defaults() -> None:
    assert read_options({}, QueryOptions()) == QueryOptions()
    assert read_options({"allowLeadingWildcards": None}, ASSEMBLY_DEFAULTS) == ASSEMBLY_DEFAULTS


def test_options_are_read_by_their_names_in_kibana(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    given = {"allowLeadingWildcards": True, "dateFormatTZ": "Browser", "queryStringOptions": '{"lenient": true}'}
    assert read_options(given, ASSEMBLY_DEFAULTS) == QueryOptions(
        allow_leading_wildcards=True, date_format_tz="Asia/Tokyo", query_string_options={"lenient": True}
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"x": 1}, "x: is not"),
        ({"caseInsensitive": "yes"}, "caseInsensitive: is no boolean"),
        ({"dateFormatTZ": 1}, "dateFormatTZ: is no time zone"),
        ({"queryStringOptions": "{"}, "is no JSON"),
        ({"queryStringOptions": "[]"}, "is no JSON"),
    ],
)
def test_options_that_cannot_be_read_are_named(given: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_options(given, QueryOptions())
