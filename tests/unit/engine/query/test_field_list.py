"""Field lists as answers show them (data-views.md 4 and 5)."""

from typing import Any

import pytest

from engine.query.data_view_spec import read_data_view
from engine.query.field_list import listed_fields, mapped_fields, yielded_fields

META = {"_id", "_ignored", "_index", "_score", "_source"}


def capability(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "searchable": True, "aggregatable": True, **more}


def answer(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"indices": ["logs"], "fields": fields}


def mapped(**kinds: str) -> dict[str, Any]:
    """Specs of fields with these Elasticsearch types, several parted by blanks."""
    return mapped_fields(answer(**{name: {kind: capability(kind) for kind in kinds[name].split()} for name in kinds}))


def test_a_mapped_field_whole() -> None:
    assert mapped(host="keyword")["host"] == {
        "name": "host",
        "type": "string",
        "esTypes": ["keyword"],
        "searchable": True,
        "aggregatable": True,
        "isMapped": True,
        "readFromDocValues": True,
    }


@pytest.mark.parametrize(
    ("kinds", "kind", "reads_doc_values"),
    [
        ("long", "number", True),
        ("long double", "number", True),
        ("text", "string", False),
        ("geo_shape", "geo_shape", False),
        ("date_nanos", "date", True),
        ("dense_vector", "unknown", True),
        ("keyword long", "conflict", False),
        ("object keyword", "conflict", False),
    ],
)
def test_the_type_of_a_field(kinds: str, kind: str, reads_doc_values: bool) -> None:
    found = mapped(f=kinds)["f"]
    assert (found["type"], found["esTypes"], found["readFromDocValues"]) == (kind, kinds.split(), reads_doc_values)


def test_a_conflict_says_which_indices_disagree() -> None:
    kinds = {"long": capability("long", indices=["a", "b"]), "ip": capability("ip", indices=["c"])}
    assert mapped_fields(answer(f=kinds))["f"]["conflictDescriptions"] == {"long": ["a", "b"], "ip": ["c"]}
    assert "conflictDescriptions" not in mapped(f="long double")["f"]


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([{"searchable": False, "aggregatable": False}], (False, False)),
        ([{"searchable": False, "non_searchable_indices": ["a"], "aggregatable": False}], (True, False)),
        ([{"searchable": False, "aggregatable": False, "non_aggregatable_indices": ["a"]}], (False, True)),
        ([{"searchable": False, "aggregatable": False}, {}], (True, True)),
    ],
)
def test_what_some_indices_can_counts(capabilities: list[dict[str, Any]], expected: tuple[bool, bool]) -> None:
    kinds = {kind: capability(kind, **each) for kind, each in zip(("long", "double"), capabilities, strict=False)}
    found = mapped_fields(answer(f=kinds))["f"]
    assert (found["searchable"], found["aggregatable"]) == expected


def test_multi_fields_name_their_parent_and_nested_fields_their_path() -> None:
    found = mapped(
        **{"a": "text", "a.raw": "keyword", "o": "object", "o.n": "nested", "o.n.x": "text", "o.n.x.raw": "keyword"}
    )
    assert {name: spec.get("subType") for name, spec in found.items() if name not in META} == {
        "a": None,
        "a.raw": {"multi": {"parent": "a"}},
        "o.n.x": {"nested": {"path": "o.n"}},
        "o.n.x.raw": {"multi": {"parent": "o.n.x"}, "nested": {"path": "o.n"}},
    }


def test_fields_of_every_index_are_added_and_others_of_their_kind_left_out() -> None:
    meta = {"metadata_field": True}
    found = mapped_fields(
        answer(
            _id={"_id": capability("_id", aggregatable=False, **meta)},
            _routing={"_routing": capability("_routing", **meta)},
            z={"long": capability("long", metadata_field=False)},
        )
    )
    assert list(found) == [*sorted(META), "z"]
    assert (found["_id"]["type"], found["_id"]["esTypes"], found["_id"]["searchable"]) == ("string", ["_id"], True)
    assert found["_score"] == {
        "name": "_score",
        "type": "number",
        "searchable": False,
        "aggregatable": False,
        "readFromDocValues": False,
        "isMapped": True,
    }
    assert {name: found[name]["type"] for name in ("_source", "_index", "_ignored")} == {
        "_source": "_source",
        "_index": "string",
        "_ignored": "string",
    }


def test_where_no_index_matches_there_are_no_fields() -> None:
    assert mapped_fields({"indices": [], "fields": {}}) == {}
    assert set(mapped_fields({"indices": ["empty"], "fields": {}})) == META


VIEW = read_data_view(
    {
        "id": "v",
        "title": "logs",
        "fieldAttrs": {"a": {"customLabel": "A", "customDescription": "about", "count": 4}},
        "fieldFormats": {"a": {"id": "bytes"}},
        "runtimeFieldMap": {
            "a": {"type": "keyword"},
            "r": {"type": "long", "script": {"source": "emit(1)"}, "customLabel": "R", "format": {"id": "url"}},
            "c": {
                "type": "composite",
                "script": {"source": "s"},
                "fields": {"y": {"type": "ip"}, "x": {"type": "date"}},
            },
        },
    }
)


def test_the_list_has_mapped_and_runtime_fields_with_what_the_view_says_of_them() -> None:
    found = listed_fields(VIEW, mapped(a="long", z="date"))
    assert list(found) == sorted(META | {"a", "r", "c.x", "c.y", "z"})
    assert found["a"] == mapped(a="long")["a"] | {
        "customLabel": "A",
        "customDescription": "about",
        "count": 4,
        "format": {"id": "bytes"},
        "scripted": False,
        "shortDotsEnable": False,
    }, "a mapped field goes before a runtime field"
    assert found["r"] == {
        "name": "r",
        "type": "number",
        "esTypes": ["long"],
        "searchable": True,
        "aggregatable": True,
        "readFromDocValues": False,
        "runtimeField": {"type": "long", "script": {"source": "emit(1)"}},
        "customLabel": "R",
        "count": 0,
        "format": {"id": "url"},
        "scripted": False,
        "shortDotsEnable": False,
    }
    assert found["c.x"]["runtimeField"] == VIEW.runtime_fields["c"]


@pytest.mark.parametrize(
    ("kind", "shown_as"),
    [
        ("keyword", "string"),
        ("long", "number"),
        ("date", "date"),
        ("date_nanos", "date_nanos"),
        ("boolean", "boolean"),
        ("ip", "ip"),
        ("geo_point", "geo_point"),
        ("geo_shape", "string"),
        ("keyword long", "string"),
    ],
)
def test_each_type_has_its_format(kind: str, shown_as: str) -> None:
    assert listed_fields(VIEW, mapped(f=kind))["f"]["format"] == {"id": shown_as}


def test_a_runtime_field_yields_itself_and_a_composite_one_its_fields() -> None:
    assert [(each["name"], "format" in each) for each in yielded_fields(VIEW, "c")] == [("c.x", False), ("c.y", False)]
    assert [(each["name"], each["customLabel"]) for each in yielded_fields(VIEW, "r")] == [("r", "R")]
