"""Params of .es-query: limits, coercion, order of checks, stored form."""

import json

import pytest

from engine.model.errors import InvalidInput
from rule_types.es_query.rule_type import EsQueryRuleType

validate = EsQueryRuleType().validate

SHARED = {
    "size": 100,
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
    "thresholdComparator": ">",
    "threshold": [0],
}
SEARCH_SOURCE = SHARED | {"searchType": "searchSource", "searchConfiguration": {"index": "dv-1"}}
ESQL = SHARED | {"searchType": "esqlQuery", "timeField": "@timestamp", "esqlQuery": {"esql": "FROM logs"}}


def refused(params):
    with pytest.raises(InvalidInput) as caught:
        validate(params)
    return [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("searchType", "foo", "searchType"),
        ("searchType", 1, "searchType"),
        ("size", -1, "size"),
        ("size", 10_001, "size"),
        ("size", "foo", "size"),
        ("size", 1.5, "size"),
        ("size", True, "size"),
        ("size", None, "size"),
        ("timeWindowSize", 0, "timeWindowSize"),
        ("timeWindowSize", 0.5, "timeWindowSize"),
        ("timeWindowUnit", "w", "timeWindowUnit"),
        ("threshold", 42, "threshold"),
        ("threshold", [], "threshold"),
        ("threshold", [1, 2, 3], "threshold"),
        ("threshold", ["foo"], "threshold.0"),
        ("threshold", [1, float("nan")], "threshold.1"),
        ("threshold", [10**400], "threshold.0"),
        ("thresholdComparator", "==", "thresholdComparator"),
        ("excludeHitsFromPreviousRun", "yes", "excludeHitsFromPreviousRun"),
        ("excludeHitsFromPreviousRun", None, "excludeHitsFromPreviousRun"),
        ("aggType", "median", "aggType"),
        ("aggField", "", "aggField"),
        ("aggField", None, "aggField"),
        ("groupBy", "none", "groupBy"),
        ("termField", "", "termField"),
        ("termField", ["a"], "termField"),
        ("termField", ["a", "b", "c", "d", "e"], "termField"),
        ("termField", ["a", ""], "termField.1"),
        ("termField", 7, "termField"),
        ("termField", None, "termField"),
        ("termSize", 0, "termSize"),
        ("termSize", 1.5, "termSize"),
        ("timeField", "", "timeField"),
        ("timeField", None, "timeField"),
        ("esQuery", "", "esQuery"),
        ("esQuery", {"query": {"match_all": {}}}, "esQuery"),
        ("index", "logs", "index"),
        ("index", [], "index"),
        ("index", [""], "index.0"),
        ("sourceFields", [{"label": "a", "searchPath": "b"}] * 6, "sourceFields"),
        ("sourceFields", [{"label": "a"}], "sourceFields.0.searchPath"),
        ("sourceFields", [{"label": "a", "searchPath": "b", "rogue": 1}], "sourceFields.0.rogue"),
        ("includeEsqlResults", None, "includeEsqlResults"),
        ("rogue", 1, "rogue"),
        ("time_field", "a", "time_field"),
    ],
)
def test_a_faulty_member_is_named(params, member, value, path):
    assert refused(params | {member: value}) == [path]


@pytest.mark.parametrize("member", ["size", "timeWindowSize", "timeWindowUnit", "threshold", "thresholdComparator"])
@pytest.mark.parametrize("search_type", [None, SEARCH_SOURCE, ESQL])
def test_members_that_every_search_type_requires(params, search_type, member):
    whole = search_type or params
    assert refused({name: value for name, value in whole.items() if name != member}) == [member]


@pytest.mark.parametrize("member", ["timeField", "esQuery", "index"])
def test_members_that_a_dsl_query_requires(params, member):
    del params[member]
    assert refused(params) == [member]


@pytest.mark.parametrize(
    ("whole", "member"),
    [
        (SEARCH_SOURCE, "searchConfiguration"),
        (ESQL, "esqlQuery"),
        (ESQL, "timeField"),
    ],
)
def test_members_that_the_other_search_types_require(whole, member):
    assert refused({name: value for name, value in whole.items() if name != member}) == [member]


@pytest.mark.parametrize("value", [None, "", {}, 0])
@pytest.mark.parametrize(
    ("search_type", "member"),
    [
        (None, "searchConfiguration"),
        (None, "esqlQuery"),
        (SEARCH_SOURCE, "esQuery"),
        (SEARCH_SOURCE, "index"),
        (SEARCH_SOURCE, "esqlQuery"),
        (ESQL, "esQuery"),
        (ESQL, "index"),
        (ESQL, "searchConfiguration"),
    ],
)
def test_a_member_of_another_search_type_must_be_absent_whatever_its_value(params, search_type, member, value):
    assert refused((search_type or params) | {member: value}) == [member]


def test_faults_come_in_declaration_order_then_foreign_members_then_unknown_ones(params):
    faulty = {"rogue": 1, "searchConfiguration": {}, "index": [], "size": -1, "threshold": []} | {
        name: value for name, value in params.items() if name not in ("index", "size", "threshold")
    }
    assert refused(faulty) == ["size", "threshold", "index", "searchConfiguration", "rogue"]


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"thresholdComparator": "between", "aggType": "avg", "groupBy": "top"}, "threshold"),
        ({"thresholdComparator": "notBetween"}, "threshold"),
        ({"aggType": "avg", "groupBy": "top"}, "aggField"),
        ({"groupBy": "top", "esQuery": "{"}, "termField"),
        ({"groupBy": "top", "termField": "a"}, "termSize"),
        ({"groupBy": "top", "termField": "a", "termSize": 1001}, "termSize"),
        ({"groupBy": "row", "esQuery": "{"}, "groupBy"),
        ({"esQuery": "{"}, "esQuery"),
        ({"searchConfiguration": {}, "thresholdComparator": "between"}, "searchConfiguration"),
    ],
)
def test_of_the_rules_over_several_members_the_first_broken_one_is_named(params, members, path):
    assert refused(params | members) == [path]


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"thresholdComparator": "<", "threshold": [1]}, "thresholdComparator"),
        ({"threshold": [1]}, "threshold"),
        ({"thresholdComparator": "between", "threshold": [0]}, "thresholdComparator"),
        ({"esqlQuery": {"esql": ""}}, "esqlQuery.esql"),
        ({"esqlQuery": {"esql": "FROM a", "rogue": 1}}, "esqlQuery.rogue"),
        ({"esqlQuery": {}}, "esqlQuery.esql"),
        ({"esqlQuery": "FROM a"}, "esqlQuery"),
    ],
)
def test_rules_of_esql(members, path):
    assert refused(ESQL | members) == [path]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"groupBy": "row"},
        {"groupBy": "top"},
        {"aggType": "avg"},
        {"threshold": [0, 5]},
        {"termSize": 5000},
        {"includeEsqlResults": True},
        {"esqlQuery": '{"esql": "FROM a"}'},
    ],
)
def test_valid_esql_queries(members):
    assert EsQueryRuleType().validate(ESQL | members)["searchType"] == "esqlQuery"


@pytest.mark.parametrize("members", [{}, {"timeField": "t"}, {"searchConfiguration": '{"index": "dv-1"}'}])
def test_valid_search_sources(members):
    assert EsQueryRuleType().validate(SEARCH_SOURCE | members)["searchConfiguration"] == {"index": "dv-1"}


@pytest.mark.parametrize(
    "members",
    [
        {"size": 0},
        {"size": 10_000},
        {"threshold": [1, 2]},
        {"thresholdComparator": "between", "threshold": [10, 1]},
        {"groupBy": "all", "termField": ["a", "b"]},
        {"groupBy": "all", "termSize": 5000},
        {"groupBy": "top", "termField": ["a", "b", "c", "d"], "termSize": 1000},
        {"aggType": "avg", "aggField": "bytes"},
        {"aggField": "bytes"},
        {"sourceFields": [{"label": "a", "searchPath": "b"}]},
        {"includeEsqlResults": False},
    ],
)
def test_what_is_no_error(params, members):
    assert validate(params | members).items() >= members.items()


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"size": "100"}, {"size": 100}),
        ({"size": 100.0}, {"size": 100}),
        ({"threshold": ["1.5", "-2"]}, {"threshold": [1.5, -2]}),
        ({"threshold": "[1, 2]"}, {"threshold": [1, 2]}),
        ({"excludeHitsFromPreviousRun": "False"}, {"excludeHitsFromPreviousRun": False}),
        ({"excludeHitsFromPreviousRun": "TRUE"}, {"excludeHitsFromPreviousRun": True}),
        ({"index": '["a", "b"]'}, {"index": ["a", "b"]}),
        ({"termField": '["a", "b"]'}, {"termField": '["a", "b"]'}),
        (
            {"sourceFields": '[{"label": "a", "searchPath": "b"}]'},
            {"sourceFields": [{"label": "a", "searchPath": "b"}]},
        ),
        (
            {"sourceFields": ['{"label": "a", "searchPath": "b"}']},
            {"sourceFields": [{"label": "a", "searchPath": "b"}]},
        ),
    ],
)
def test_lenient_scalars_are_stored_in_their_own_type(params, given, stored):
    result = validate(params | given)
    assert {name: result[name] for name in stored} == stored
    assert [type(result[name]) for name in stored] == [type(value) for value in stored.values()]


@pytest.mark.parametrize("text", ["", " ", "1e3", "0x10", "one", "1,5", "١"])
def test_only_plain_decimals_count_as_numbers(params, text):
    assert refused(params | {"size": text}) == ["size"]


def test_the_stored_form_has_the_defaults_after_what_was_given(params):
    assert list(validate(params).items()) == [
        *params.items(),
        ("searchType", "esQuery"),
        ("aggType", "count"),
        ("groupBy", "all"),
        ("excludeHitsFromPreviousRun", True),
    ]


def test_the_stored_form_is_stored_again_unchanged(params):
    stored = validate(params | {"termField": "a", "sourceFields": [{"label": "a", "searchPath": "b"}]})
    assert validate(stored) == stored


def test_messages_are_in_plain_words(params):
    with pytest.raises(InvalidInput) as caught:
        validate(params | {"size": "foo", "threshold": [], "aggType": "median", "index": "logs", "rogue": 1})
    texts = [problem.message for problem in caught.value.problems]
    assert texts == [
        "must be a whole number",
        "must have at least 1 element(s), not 0",
        "must be one of 'count', 'avg', 'min', 'max' or 'sum'",
        "must be an array",
        "is not a known member",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "0",
        "false",
        '""',
        "[]",
        '"query"',
        "{}",
        '{"query": {}}',
        '{"query": "a"}',
        '{"query": null}',
        '{"query": [1]}',
        '{"query": {"range": {"a": {"gt": NaN}}}}',
        '"""',
        '""""""',
        "[" * 100_000,
    ],
)
def test_a_query_that_is_no_search_body_is_refused(params, text):
    assert refused(params | {"esQuery": text}) == ["esQuery"]


def test_triple_quotes_around_the_query_are_stripped_but_stored(params):
    text = '"""{"query": {"match_all": {}}}"""'
    assert validate(params | {"esQuery": text})["esQuery"] == text


def test_members_of_the_search_body_that_are_not_used_are_warned_about(params):
    body = {"query": {"match_all": {}}, "fields": ["a"], "_source": False, "size": 5, "sort": ["z"], "aggs": {}}
    (text,) = EsQueryRuleType().warnings(params | {"esQuery": json.dumps(body)})
    assert "size, sort, aggs" in text
    assert EsQueryRuleType().warnings(params) == []


def test_more_hits_than_a_group_can_have_are_warned_about(params):
    grouped = params | {"termField": "host.name", "size": 101}
    (text,) = EsQueryRuleType().warnings(grouped)
    assert text.startswith("size")
    assert EsQueryRuleType().warnings(grouped | {"size": 100}) == []


@pytest.mark.parametrize(
    ("members", "is_kept"),
    [
        ({"threshold": [9]}, True),
        ({"size": 1, "timeWindowSize": 9}, True),
        ({"esQuery": '{"query": {"term": {"a": "b"}}}'}, False),
        ({"index": ["other"]}, False),
        ({"timeField": "t"}, False),
        ({"termField": "host.name"}, False),
        ({"groupBy": "top", "termField": "host.name", "termSize": 1}, False),
    ],
)
def test_the_state_survives_edits_that_do_not_change_which_documents_are_looked_at(params, members, is_kept):
    rule_type = EsQueryRuleType()
    assert rule_type.keeps_state(rule_type.validate(params), rule_type.validate(params | members)) is is_kept
