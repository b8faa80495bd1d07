"""Params of .index-threshold: limits, order of checks, stored form."""

import pytest

from engine.model.errors import InvalidInput
from rule_types.index_threshold.rule_type import IndexThresholdRuleType

validate = IndexThresholdRuleType().validate


def refused(params):
    with pytest.raises(InvalidInput) as caught:
        validate(params)
    return [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("index", "", "index"),
        ("index", [], "index"),
        ("index", ["a", ""], "index.1"),
        ("index", 7, "index"),
        ("index", None, "index"),
        ("timeField", "", "timeField"),
        ("aggType", "foo", "aggType"),
        ("aggField", "", "aggField"),
        ("groupBy", "none", "groupBy"),
        ("groupBy", "row", "groupBy"),
        ("termField", ["a", "b"], "termField"),
        ("termField", "", "termField"),
        ("termField", None, "termField"),
        ("termSize", 0, "termSize"),
        ("termSize", 1.5, "termSize"),
        ("filterKuery", 5, "filterKuery"),
        ("filterKuery", None, "filterKuery"),
        ("filterKuery", "a: (b", "filterKuery"),
        ("filterKuery", "p:{ q }", "filterKuery"),
        ("timeWindowSize", 0, "timeWindowSize"),
        ("timeWindowUnit", "M", "timeWindowUnit"),
        ("thresholdComparator", "=", "thresholdComparator"),
        ("threshold", [], "threshold"),
        ("threshold", [0, 1, 2], "threshold"),
        ("threshold", 5, "threshold"),
        ("size", 5, "size"),
        ("searchType", "esQuery", "searchType"),
    ],
)
def test_a_faulty_member_is_named(params, member, value, path):
    assert refused(params | {member: value}) == [path]


@pytest.mark.parametrize(
    "member", ["index", "timeField", "timeWindowSize", "timeWindowUnit", "thresholdComparator", "threshold"]
)
def test_required_members(params, member):
    del params[member]
    assert refused(params) == [member]


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"aggType": "avg", "groupBy": "top", "thresholdComparator": "between"}, "aggField"),
        ({"groupBy": "top", "thresholdComparator": "between"}, "termField"),
        ({"groupBy": "top", "termField": "a", "thresholdComparator": "between"}, "termSize"),
        ({"groupBy": "top", "termField": "a", "termSize": 1001, "thresholdComparator": "between"}, "termSize"),
        ({"thresholdComparator": "notBetween", "filterKuery": "a: (b"}, "filterKuery"),
        ({"groupBy": "row", "filterKuery": "a: b"}, "groupBy"),
    ],
)
def test_of_the_rules_over_several_members_the_first_broken_one_is_named(params, members, path):
    assert refused(params | members) == [path]


@pytest.mark.parametrize(
    "members",
    [
        {"index": ["a", "b"]},
        {"index": '["a"]'},
        {"filterKuery": ""},
        {"filterKuery": "a: b and not c >= 5"},
        {"threshold": [1, 2]},
        {"thresholdComparator": "between", "threshold": [9, 1]},
        {"aggField": "f"},
        {"termField": "a"},
        {"termSize": 5000},
        {"groupBy": "top", "termField": "a", "termSize": 1000},
    ],
)
def test_what_is_no_error(params, members):
    assert validate(params | members).items() >= members.items()


def test_the_stored_form_has_the_defaults_and_real_numbers(params):
    stored = validate(params | {"timeWindowSize": "5", "threshold": '["1"]'})
    assert stored == params | {"threshold": [1], "aggType": "count", "groupBy": "all"}


def test_a_stored_rule_grouped_by_row_runs_as_if_it_said_all(run, answer, params):
    aggregations = {"dateAgg": {"buckets": [{"doc_count": 3}]}}
    assert run(answer(aggregations=aggregations), groupBy="row").ids == ["all documents"]


def test_there_is_nothing_to_warn_about_and_no_state_to_lose(params):
    rule_type = IndexThresholdRuleType()
    assert rule_type.warnings(params) == []
    assert rule_type.keeps_state(params, params | {"index": "other"})
