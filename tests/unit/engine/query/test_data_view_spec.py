"""Data views read from specs and exports, and written again (data-views.md 2 and 5)."""

from typing import Any

import pytest

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput
from engine.query.data_view_spec import read_data_view, runtime_mappings, spec_of, spec_of_export

WHOLE: dict[str, Any] = {
    "id": "v",
    "title": "logs-*",
    "name": "Logs",
    "version": "WzEsMV0=",
    "timeFieldName": "@timestamp",
    "type": "rollup",
    "typeMeta": {"aggs": {}},
    "sourceFilters": [{"value": "secret.*", "clientId": 1}],
    "fieldFormats": {"bytes": {"id": "bytes"}},
    "fieldAttrs": {"bytes": {"customLabel": "Size"}},
    "runtimeFieldMap": {"r": {"type": "long", "script": {"source": "emit(1)"}}},
    "allowNoIndex": True,
    "allowHidden": True,
}


def problems(spec: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidInput) as refused:
        read_data_view(spec)
    return [(problem.path, problem.message, problem.remedy) for problem in refused.value.problems]


def problems_with(**members: Any) -> list[tuple[str, str, str]]:
    return problems({"id": "v", "title": "a", **members})


def test_every_member_is_read() -> None:
    assert read_data_view(WHOLE, space="ops") == DataView(
        id="v",
        title="logs-*",
        name="Logs",
        time_field="@timestamp",
        runtime_fields={"r": {"type": "long", "script": {"source": "emit(1)"}}},
        source_filters=({"value": "secret.*", "clientId": 1},),
        field_formats={"bytes": {"id": "bytes"}},
        field_attrs={"bytes": {"customLabel": "Size"}},
        type="rollup",
        type_meta={"aggs": {}},
        allow_no_index=True,
        allow_hidden=True,
        space="ops",
    )


def test_what_was_read_is_written_again() -> None:
    assert spec_of(read_data_view(WHOLE, space="ops")) == WHOLE | {"version": "WzEsMV0=", "namespaces": ["ops"]}


def test_a_title_and_an_id_are_enough() -> None:
    view = read_data_view({"title": "logs-*"}, new_id="made")
    assert view == DataView(id="made", title="logs-*", name="logs-*")
    assert spec_of(view) == {
        "id": "made",
        "version": "WzEsMV0=",
        "title": "logs-*",
        "name": "logs-*",
        "fieldFormats": {},
        "runtimeFieldMap": {},
        "fieldAttrs": {},
        "allowNoIndex": False,
        "namespaces": ["default"],
    }


def test_an_id_of_its_own_goes_before_a_new_one() -> None:
    assert read_data_view({"id": "x" * 1000, "title": "a"}, new_id="made").id == "x" * 1000


def test_what_people_see_of_a_runtime_field_joins_formats_and_attributes() -> None:
    seen = {"format": {"id": "bytes"}, "customLabel": "L", "customDescription": "D", "popularity": 0}
    view = read_data_view(
        {
            "id": "v",
            "title": "a",
            "fieldAttrs": {"r": {"customLabel": "old", "count": "7"}, "f": {"count": 2}},
            "fieldFormats": {"f": {"id": "url"}},
            "runtimeFieldMap": {
                "r": {"type": "long", **seen},
                "c": {"type": "composite", "script": {"source": "s"}, "fields": {"s": {"type": "ip", **seen}}},
                "empty": {"type": "composite"},
            },
        }
    )
    assert view.field_attrs == {
        "r": {"customLabel": "L", "customDescription": "D", "count": 0},
        "c.s": {"customLabel": "L", "customDescription": "D", "count": 0},
        "f": {"count": 2},
    }
    assert view.field_formats == {"f": {"id": "url"}, "r": {"id": "bytes"}, "c.s": {"id": "bytes"}}
    assert runtime_mappings(view) == {
        "r": {"type": "long"},
        "c": {"type": "composite", "script": {"source": "s"}, "fields": {"s": {"type": "ip"}}},
        "empty": {"type": "composite", "fields": {}},
    }


@pytest.mark.parametrize(("count", "read_as"), [("12", 12), ("many", 0), (3, 3)])
def test_counts_of_old_exports_are_texts(count: object, read_as: int) -> None:
    view = read_data_view({"id": "v", "title": "a", "fieldAttrs": {"f": {"count": count, "customLabel": "L"}}})
    assert view.field_attrs == {"f": {"count": read_as, "customLabel": "L"}}


def test_title_and_id_are_missed_together() -> None:
    assert problems({"rogue": 1, "title": ""}) == [
        (
            "rogue",
            "is not a known member",
            "known here: id, title, name, version, timeFieldName, type, typeMeta, sourceFilters, fieldFormats, "
            "fieldAttrs, fields, runtimeFieldMap, allowNoIndex, allowHidden, namespaces",
        ),
        ("title", "is required", "write the index pattern, like logs-*"),
        ("id", "is required here", "give the view the id that rules use for it"),
    ]


def test_a_long_id_is_refused() -> None:
    assert problems_with(id="x" * 1001) == [("id", "is longer than 1000 characters", "use a shorter one")]


@pytest.mark.parametrize(
    ("member", "words"),
    [
        *((name, "a text") for name in ("id", "title", "name", "version", "timeFieldName", "type")),
        *((name, "an object") for name in ("typeMeta", "fieldFormats", "fieldAttrs", "runtimeFieldMap")),
        *((name, "a list") for name in ("sourceFilters", "namespaces")),
        *((name, "true or false") for name in ("allowNoIndex", "allowHidden")),
    ],
)
def test_each_member_has_its_type(member: str, words: str) -> None:
    assert problems_with(**{member: 1}) == [(member, f"must be {words}", f"write {words}, or leave it out")]


@pytest.mark.parametrize("wrong", ["secret", {}, {"value": 1}, {"value": "a", "more": 1}])
def test_a_source_filter_is_an_object_with_its_pattern(wrong: object) -> None:
    assert problems_with(sourceFilters=[{"value": "a"}, wrong]) == [
        ("sourceFilters.1", "must be an object with the text `value`", 'write {"value": "secret.*"}')
    ]


_KNOWN = "use one of keyword, long, double, date, ip, boolean, geo_point"
_NO_SCRIPT = ("must be an object with the text `source`", "write the script")


@pytest.mark.parametrize(
    ("runtime", "found"),
    [
        ("x", ("r.type", "is None", f"{_KNOWN}, composite")),
        ({}, ("r.type", "is None", f"{_KNOWN}, composite")),
        ({"type": "text"}, ("r.type", "is 'text'", f"{_KNOWN}, composite")),
        ({"type": "long", "script": "emit(1)"}, ("r.script", *_NO_SCRIPT)),
        ({"type": "long", "script": {"source": 1}}, ("r.script", *_NO_SCRIPT)),
        ({"type": "composite", "fields": [1]}, ("r.fields", "must be an object", "name each field with its type")),
        ({"type": "composite", "fields": {"s": {"type": "composite"}}}, ("r.fields.s.type", "is 'composite'", _KNOWN)),
        ({"type": "composite", "fields": {"s": 1}}, ("r.fields.s.type", "is None", _KNOWN)),
        (
            {"type": "composite", "fields": {"s": {"type": "ip", "script": []}}},
            ("r.fields.s.script", *_NO_SCRIPT),
        ),
    ],
)
def test_a_runtime_field_has_a_known_type_and_a_script(runtime: object, found: tuple[str, str, str]) -> None:
    path, message, remedy = found
    fine = {"type": "ip", "script": {"source": ""}}
    assert problems_with(runtimeFieldMap={"fine": fine, "r": runtime}) == [(f"runtimeFieldMap.{path}", message, remedy)]


def test_attributes_are_objects_with_short_descriptions() -> None:
    given = {"a": 1, "b": {"customDescription": "x" * 300}, "c": {"customDescription": "x" * 301}}
    assert problems_with(fieldAttrs=given) == [
        ("fieldAttrs.a", "must be an object", "write customLabel, customDescription or count"),
        ("fieldAttrs.c.customDescription", "is longer than 300 characters", "shorten it"),
    ]


def test_the_maps_of_an_export_are_json_texts() -> None:
    exported = {
        "id": "v",
        "type": "index-pattern",
        "attributes": {
            "title": "logs-*",
            "timeFieldName": "t",
            "fields": "[]",
            "sourceFilters": '[{"value": "s"}]',
            "fieldFormatMap": '{"f": {"id": "url"}}',
            "typeMeta": '{"aggs": {}}',
            "fieldAttrs": '{"f": {"count": 1}}',
            "runtimeFieldMap": {"r": {"type": "ip"}},
        },
    }
    assert spec_of_export(exported) == {
        "id": "v",
        "title": "logs-*",
        "timeFieldName": "t",
        "sourceFilters": [{"value": "s"}],
        "fieldFormats": {"f": {"id": "url"}},
        "typeMeta": {"aggs": {}},
        "fieldAttrs": {"f": {"count": 1}},
        "runtimeFieldMap": {"r": {"type": "ip"}},
    }


def test_what_an_export_lacks_stays_away() -> None:
    assert spec_of_export({"id": 7, "attributes": {"title": "a", "typeMeta": None}}) == {"title": "a"}


def test_a_spec_is_no_export() -> None:
    assert spec_of_export({"title": "a", "type": "rollup"}) == {"title": "a", "type": "rollup"}


@pytest.mark.parametrize("text", ["{", "[" * 100_000])
def test_an_export_with_broken_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        spec_of_export({"attributes": {"title": "a", "fieldFormatMap": text}})
    assert str(refused.value) == "attributes.fieldFormatMap: is no JSON text (export the data view again)"


def test_an_export_of_something_else_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        spec_of_export({"type": "dashboard", "attributes": {}})
    assert str(refused.value) == "type: is 'dashboard' (only objects of type index-pattern are views)"
