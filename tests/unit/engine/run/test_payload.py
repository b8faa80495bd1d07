"""What a payload does to a document (rule-run.md 10)."""

import pytest

from engine.run.payload import merge_payload, payload_tags

PROTECTED = [
    "@timestamp",
    "event.action",
    "event.kind",
    "kibana.alert.action_group",
    "kibana.alert.consecutive_matches",
    "kibana.alert.duration.us",
    "kibana.alert.end",
    "kibana.alert.flapping",
    "kibana.alert.flapping_history",
    "kibana.alert.instance.id",
    "kibana.alert.maintenance_window_ids",
    "kibana.alert.maintenance_window_names",
    "kibana.alert.muted",
    "kibana.alert.pending_recovered_count",
    "kibana.alert.previous_action_group",
    "kibana.alert.rule.category",
    "kibana.alert.rule.consumer",
    "kibana.alert.rule.execution.timestamp",
    "kibana.alert.rule.execution.uuid",
    "kibana.alert.rule.name",
    "kibana.alert.rule.parameters",
    "kibana.alert.rule.parameters.threshold",
    "kibana.alert.rule.producer",
    "kibana.alert.rule.revision",
    "kibana.alert.rule.rule_type_id",
    "kibana.alert.rule.tags",
    "kibana.alert.rule.uuid",
    "kibana.alert.severity_improving",
    "kibana.alert.start",
    "kibana.alert.status",
    "kibana.alert.time_range",
    "kibana.alert.time_range.lte",
    "kibana.alert.uuid",
    "kibana.space_ids",
    "kibana.version",
]


def nested(name, value):
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


@pytest.mark.parametrize("name", PROTECTED)
def test_framework_fields_are_protected(name):
    assert merge_payload({"a": 1, name: "theirs"}, {name: "mine", "b": 2}) == {"a": 1, name: "theirs", "b": 2}
    assert merge_payload({}, nested(name, "mine")) == {}


@pytest.mark.parametrize("name", ["kibana.alert.reason", "kibana.alert.url", "kibana.alert.workflow_status"])
def test_a_few_framework_fields_are_open(name):
    assert merge_payload({name: "old"}, {name: "new"}) == {name: "new"}
    assert merge_payload({name: "old"}, nested(name, "new")) == {name: "new"}


@pytest.mark.parametrize(
    ("old", "new", "merged"),
    [
        (1, 2, 2),
        (1, None, None),
        ([1, 2], [3], [3]),
        ([1, 2], [], []),
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"x": [1]}}, {"a": {"x": [2], "y": 1}}, {"a": {"x": [2], "y": 1}}),
        ({"a": {"x": 1}}, {"a": {"y": 1}}, {"a": {"x": 1, "y": 1}}),
        ({"a": 1}, [1], [1]),
        ([1], {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 1}),
    ],
)
def test_values_are_merged(old, new, merged):
    assert merge_payload({"my.field": old}, {"my.field": new}) == {"my.field": merged}


def test_the_document_is_not_changed_in_place():
    document = {"my.obj": {"a": {"b": 1}}, "x": 1}
    merge_payload(document, {"my.obj": {"a": {"c": 2}}, "x": 2, "y": 3})
    assert document == {"my.obj": {"a": {"b": 1}}, "x": 1}


def test_no_payload_gives_an_equal_copy():
    document = {"a": 1}
    merged = merge_payload(document, {})
    assert merged == document
    assert merged is not document


def test_nesting_is_undone_where_framework_fields_may_hide():
    payload = {
        "kibana": {"alert": {"status": "x", "reason": "r", "grouping": {"host": "h"}}},
        "kibana.alert": {"url": "u"},
    }
    assert merge_payload({}, payload) == {
        "kibana.alert.reason": "r",
        "kibana.alert.grouping": {"host": "h"},
        "kibana.alert.url": "u",
    }


def test_a_plain_value_under_the_name_of_a_parent_is_kept():
    assert merge_payload({}, {"event": "x"}) == {"event": "x"}


def test_tags_are_not_merged_here():
    assert merge_payload({"tags": ["a"]}, {"tags": ["b"], "x": 1}) == {"tags": ["a"], "x": 1}


@pytest.mark.parametrize(
    ("payload", "tags"),
    [
        ({}, []),
        ({"tags": None}, []),
        ({"tags": "a"}, ["a"]),
        ({"tags": ["b", "a"]}, ["b", "a"]),
        ({"tags": ("b",)}, ["b"]),
    ],
)
def test_payload_tags(payload, tags):
    assert payload_tags(payload) == tags
