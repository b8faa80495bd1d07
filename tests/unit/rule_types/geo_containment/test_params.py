"""Params of .geo-containment (rule-type-geo-containment.md 2)."""

import pytest

from engine.model.errors import InvalidInput, RunError
from rule_types.geo_containment.params import parse_geo_containment_params
from rule_types.geo_containment.references import extract_references, inject_references, without_reference_names
from rule_types.geo_containment.rule_type import GeoContainmentRuleType

REQUIRED = ("index", "indexId", "geoField", "entity", "dateField", "boundaryType", "boundaryIndexTitle",
            "boundaryIndexId", "boundaryGeoField")  # fmt: skip
QUERIES = ("indexQuery", "boundaryIndexQuery")


def refused(params):
    with pytest.raises(InvalidInput) as raised:
        GeoContainmentRuleType().validate(params)
    return [problem.path for problem in raised.value.problems]


def test_valid_params_stay_as_they_are(params):
    whole = params | {"indexQuery": {"query": "a: b", "language": "kuery", "more": 1}, "boundaryIndexQuery": None}
    assert GeoContainmentRuleType().validate(whole) == whole


@pytest.mark.parametrize("name", REQUIRED)
def test_what_is_required(params, name):
    assert refused({key: value for key, value in params.items() if key != name}) == [name]
    assert refused(params | {name: ""}) == [name]
    assert refused(params | {name: 5}) == [name]
    assert refused(params | {name: None}) == [name]


def test_the_name_field_may_be_left_out_but_not_empty(params):
    assert refused(params | {"boundaryNameField": ""}) == ["boundaryNameField"]
    assert refused(params | {"boundaryNameField": None}) == ["boundaryNameField"]


def test_a_misspelt_key_is_named_beside_the_missing_one(params):
    misspelt = {'dateField"' if key == "dateField" else key: value for key, value in params.items()}
    assert refused(misspelt) == ["dateField", 'dateField"']


def test_an_index_pattern_that_names_nothing(params):
    assert refused(params | {"index": " , "}) == ["index"]
    assert refused(params | {"boundaryIndexTitle": ","}) == ["boundaryIndexTitle"]


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("a: b", ""),
        (["a"], ""),
        (5, ""),
        ({"query": "a: b"}, ".language"),
        ({"query": "a: b", "language": 5}, ".language"),
        ({"query": "a: (b", "language": "kuery"}, ".query"),
        ({"query": {"match_all": {}}, "language": "kuery"}, ".query"),
        ({"query": 5, "language": "lucene"}, ".query"),
    ],
)
def test_queries_that_can_never_run(params, name, query, path):
    assert refused(params | {name: query}) == [f"{name}{path}"]


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize(
    ("query", "compiled"),
    [
        (None, None),
        ({"query": "", "language": "kuery"}, None),
        ({"query": "  ", "language": "lucene"}, None),
        ({"query": None, "language": "kuery"}, None),
        (
            {"query": "a: 1", "language": "kuery"},
            {"bool": {"should": [{"match": {"a": "1"}}], "minimum_should_match": 1}},
        ),
        ({"query": "a:1", "language": "lucene"}, {"query_string": {"query": "a:1"}}),
        ({"query": "a:1", "language": "Kuery"}, {"query_string": {"query": "a:1"}}),
        ({"query": {"term": {"a": 1}}, "language": "lucene"}, {"term": {"a": 1}}),
    ],
)
def test_queries_become_dsl_without_decoration(params, name, query, compiled):
    parsed = parse_geo_containment_params(params | {name: query})
    assert (parsed.entity_filter() if name == "indexQuery" else parsed.boundary_filter()) == compiled


def test_the_data_views_are_stored_as_references(params):
    stored, references = extract_references(params)
    assert references == [
        {"name": "param:tracked_index_tracks", "type": "index-pattern", "id": "tracks"},
        {"name": "param:boundary_index_zones-view", "type": "index-pattern", "id": "zones-view"},
    ]
    assert stored.keys().isdisjoint({"indexId", "boundaryIndexId"})
    assert stored["indexRefName"] == "tracked_index_tracks"
    assert stored["boundaryIndexRefName"] == "boundary_index_zones-view"
    assert inject_references(stored, references) == params


def test_a_swapped_reference_gives_the_new_id(params):
    stored, references = extract_references(params)
    swapped = [reference | {"id": "new"} for reference in references]
    assert inject_references(stored, swapped)["indexId"] == "new"


@pytest.mark.parametrize(("kept", "named"), [(1, "indexId"), (0, "boundaryIndexId")])
def test_a_missing_reference_is_named(params, kept, named):
    stored, references = extract_references(params)
    with pytest.raises(RunError, match=rf"\[{named}\]"):
        inject_references(stored, [references[kept]])
    assert without_reference_names(stored).keys().isdisjoint({"indexRefName", "boundaryIndexRefName"})
