"""ECS fields copied from hits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rule_types.es_query.source_fields import grouping_fields, source_fields


def copied(*sources):
    return source_fields([{"_id": "1", "_source": source} for source in sources])


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ({"host": {"name": "a"}}, {"host.name": ["a"]}),
        ({"host.name": "a"}, {"host.name": ["a"]}),
        ({"host.name": "a", "host": {"name": "b"}}, {"host.name": ["a"]}),
        ({"host.name": "", "host": {"name": "b"}}, {}),
        ({"host": {"name": ["a", "b", "a"]}}, {"host.name": ["a", "b"]}),
        ({"host": {"name": [["a"], ["a"], "a"]}}, {"host.name": [["a"], "a"]}),
        ({"host": [{"name": "a"}]}, {}),
        ({"host.os": {"name": "a"}}, {}),
        ({"host": {"os.name": "a"}}, {}),
        ({"client": {"bytes": 5}}, {"client.bytes": [5]}),
        ({"client": {"bytes": 0}}, {}),
        ({"host": {"name": None}}, {}),
        ({"host": {"name": []}}, {}),
        ({"message": "m", "labels": {"k": "v"}}, {"message": ["m"], "labels": [{"k": "v"}]}),
        ({"@timestamp": "t", "event": {"action": "a", "kind": "k", "original": "o"}, "tags": ["x"]}, {}),
        ({"event": {"category": ["web"]}}, {"event.category": ["web"]}),
        ({"kibana": {"alert": {"uuid": "u"}}, "kibana.alert.uuid": "u", "no.ecs": 1, "msg": "a"}, {}),
        ({}, {}),
    ],
)
def test_what_is_copied_from_one_hit(source, fields):
    assert copied(source) == fields


def test_values_of_several_hits_are_joined_without_repetitions_in_order_of_first_occurrence():
    assert copied({"host": {"name": "b"}}, {"host": {"name": ["a", "b"]}}, {"host": {"name": ""}}) == {
        "host.name": ["b", "a"]
    }


def test_values_of_different_types_are_different_and_equal_objects_are_the_same():
    values = [1, True, "1", 1.0, {"a": 1}, {"a": 1}]
    (found,) = copied({"host": {"name": values}}).values()
    assert [(type(value), value) for value in found] == [(int, 1), (bool, True), (str, "1"), (dict, {"a": 1})]


@pytest.mark.parametrize("hit", [{}, {"_source": None}, {"_source": "text"}, {"_source": []}])
def test_hits_without_a_source_have_none(hit):
    assert source_fields([hit]) == {}


def test_grouping_fields_take_the_form_ecs_gives_them():
    grouping = {"host.name": "a", "client.user.roles": "r", "client.bytes": "5", "http.version": 2, "no.ecs": "x"}
    assert grouping_fields(grouping) == {"host.name": "a", "client.user.roles": ["r"]}


names = st.sampled_from(["host", "name", "os", "host.name", "host.os.name", "message", "labels", "tags", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def looked_up_name_by_name(source):
    """The rule as the specification words it: for every name, the literal key, else the path."""
    found = {}
    for name in ("host.name", "host.os.name", "message", "labels"):
        value = source
        if name in source:
            value = source[name]
        else:
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
        if value:
            found[name] = value
    return found


@given(st.dictionaries(names, json_values, max_size=5))
def test_walking_a_hit_once_finds_what_looking_up_every_name_finds(source):
    wanted = {name for name, value in looked_up_name_by_name(source).items()}
    assert set(copied(source)) == wanted
