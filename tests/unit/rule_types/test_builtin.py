"""The rule types that come with Tocsin."""

import pytest

from engine.model.reference import Reference
from engine.ports.references import references_of, with_data_view
from engine.ports.registry import Registry
from rule_types.builtin import builtin_rule_types


def test_they_can_be_registered_together():
    registry = Registry()
    for rule_type in builtin_rule_types():
        registry.add_rule_type(rule_type)
    assert [rule_type.id for rule_type in registry.rule_types()] == [
        ".es-query",
        ".index-threshold",
        ".geo-containment",
    ]


def test_names_groups_and_variables_are_those_that_kibana_users_know():
    es_query, index_threshold, _ = builtin_rule_types()
    assert list(es_query.context_variables) == [
        *("message", "title", "date", "value", "hits", "conditions", "link", "grouping"),
    ]
    assert list(es_query.param_variables) == [
        *("size", "threshold", "thresholdComparator", "searchConfiguration", "esQuery", "index", "esqlQuery"),
    ]
    assert list(index_threshold.context_variables) == ["message", "title", "group", "date", "value", "conditions"]
    assert list(index_threshold.param_variables) == [
        *("threshold", "thresholdComparator", "index", "timeField", "aggType", "aggField", "groupBy", "termField"),
        *("filterKuery", "termSize", "timeWindowSize", "timeWindowUnit"),
    ]
    for rule_type, group in ((es_query, "query matched"), (index_threshold, "threshold met")):
        assert [one.id for one in rule_type.action_groups] == [group]
        assert rule_type.default_action_group == group
        assert rule_type.recovery_group.id == "recovered"
        assert (rule_type.producer, rule_type.category) == ("stackAlerts", "management")
        assert rule_type.auto_recovers


def test_the_rule_type_of_places_is_the_one_that_kibana_users_know():
    _, _, geo_containment = builtin_rule_types()
    assert (geo_containment.name, geo_containment.default_action_group) == (
        "Tracking containment",
        "Tracked entity contained",
    )
    assert [(group.id, group.name) for group in geo_containment.action_groups] == [
        ("Tracked entity contained", "Tracking containment met")
    ]
    recovery = geo_containment.recovery_group
    assert (recovery.id, recovery.name) == ("notGeoContained", "No longer contained")
    assert geo_containment.minimum_license == "gold"
    assert list(geo_containment.context_variables) == [
        *("entityId", "entityDateTime", "entityDocumentId", "entityLocation", "detectionDateTime"),
        *("containingBoundaryId", "containingBoundaryName"),
    ]


INLINE = {"title": "logs"}


@pytest.mark.parametrize(
    ("rule_type_id", "params", "ids"),
    [
        (".es-query", {"searchConfiguration": {"index": "v", "query": {}}}, ["v"]),
        (".es-query", {"searchConfiguration": {"index": INLINE}}, []),
        (".es-query", {"searchConfiguration": None, "indexId": "v"}, []),
        (".es-query", {"index": ["v"]}, []),
        (".geo-containment", {"indexId": "v", "boundaryIndexId": "w"}, ["v", "w"]),
        (".geo-containment", {"indexId": "v", "boundaryIndexId": "v"}, ["v"]),
        (".index-threshold", {"index": "v"}, []),
    ],
)
def test_the_data_views_that_params_refer_to(rule_type_id, params, ids):
    rule_type = next(each for each in builtin_rule_types() if each.id == rule_type_id)
    assert references_of(rule_type, params) == tuple(Reference("index-pattern", each) for each in ids)
    changed = with_data_view(rule_type, params, "v", "new")
    assert [each.id for each in references_of(rule_type, changed)] == ["new" if each == "v" else each for each in ids]
    assert with_data_view(rule_type, changed, "new", "v") == params
    assert with_data_view(rule_type, params, "other", "new") == params
