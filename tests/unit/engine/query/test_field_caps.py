"""From field capabilities to fields (data-views.md 4)."""

from typing import Any

import pytest

from engine.query.field import Field
from engine.query.field_caps import kibana_type, read_field_caps, with_surrounding_objects


def answer(**types: str) -> dict[str, Any]:
    return {"fields": {name: {kind: {"type": kind} for kind in kinds.split()} for name, kinds in types.items()}}


@pytest.mark.parametrize(
    ("es_type", "kind"),
    [
        ("keyword", "string"),
        ("version", "string"),
        ("scaled_float", "number"),
        ("date_nanos", "date"),
        ("long_range", "number_range"),
        ("date_range", "date_range"),
        ("geo_shape", "geo_shape"),
        ("flattened", "unknown"),
    ],
)
def test_types_are_those_of_data_views(es_type: str, kind: str) -> None:
    assert kibana_type(es_type) == kind


def test_objects_are_left_out_and_nested_ones_known_as_paths() -> None:
    caps = answer(**{"a": "object", "a.b": "nested", "a.b.c": "object", "a.b.c.d": "long", "a.x": "text"})
    found = read_field_caps(caps)
    assert found.named("a.b.c.d") == Field("a.b.c.d", "number", ("long",), "a.b")
    assert found.named("a.x") == Field("a.x", "string", ("text",))
    assert all(found.named(name) is None for name in ("a", "a.b", "a.b.c"))


def test_types_of_one_kind_agree_and_others_conflict() -> None:
    found = read_field_caps(answer(n="long double", c="keyword long", o="date object"))
    assert found.named("n") == Field("n", "number", ("long", "double"))
    assert found.named("c") == Field("c", "conflict", ("keyword", "long"))
    assert found.named("o") == Field("o", "conflict", ("date", "object"))


def test_a_mapped_field_goes_before_a_runtime_field() -> None:
    found = read_field_caps(answer(a="text"), {"a": "long", "b": "long"})
    assert (found.named("a"), found.named("b")) == (Field("a", "string", ("text",)), Field("b", "number", ("long",)))


def test_fields_are_in_order_and_those_of_every_index_among_them() -> None:
    names = [field.name for field in read_field_caps(answer(z="ip", B="ip")).fields]
    assert names == sorted(names)
    assert {"_id", "_index", "_source", "_score", "_ignored", "z", "B"} == set(names)


@pytest.mark.parametrize("answered", [{}, {"fields": None}, {"fields": {"a": None}}])
def test_an_answer_without_fields_tells_of_none(answered: dict[str, Any]) -> None:
    assert read_field_caps(answered).named("a") is None


def test_surrounding_objects_are_asked_for_too() -> None:
    assert with_surrounding_objects(["a.b.c", "a.x", "y*"]) == ("a.b.c", "a.b", "a", "a.x", "y*")


@pytest.mark.parametrize("fields", [None, 5, "x", ["a"], {"a": 5}])
def test_what_is_no_list_of_fields_tells_none(fields: Any) -> None:
    assert read_field_caps({"fields": fields}).fields == read_field_caps({}).fields
