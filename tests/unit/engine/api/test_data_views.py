"""Data views over HTTP: answers, status codes and their order (data-views.md 1 to 7)."""

from typing import Any
from urllib.parse import quote

import pytest

from engine.model.jsonvalue import JsonObject

Served = Any

BASE = "/api/data_views"
VIEWS = f"{BASE}/data_view"
LEGACY = "/api/index_patterns"
HOUR = {"type": "long", "script": {"source": "emit(1)"}}
NO_INDEX = '299 tocsin "no index matches the title of the data view: only its runtime fields are listed"'


async def create(served: Served, view_id: str = "v", **spec: Any) -> JsonObject:
    made = await served("POST", VIEWS, json={"data_view": {"id": view_id, "title": f"{view_id}-*", **spec}})
    assert made.status == 200, made.content
    view: JsonObject = made.json["data_view"]
    return view


async def test_the_life_of_a_data_view(served: Served) -> None:
    body = {"data_view": {"id": "v", "title": "logs-*", "timeFieldName": "@timestamp", "name": "Logs"}}
    created = await served("POST", VIEWS, json=body)
    assert created.json == {
        "data_view": {
            "id": "v",
            "version": "WzEsMV0=",
            "title": "logs-*",
            "name": "Logs",
            "timeFieldName": "@timestamp",
            "fields": {},
            "fieldFormats": {},
            "runtimeFieldMap": {},
            "fieldAttrs": {},
            "allowNoIndex": False,
            "namespaces": ["default"],
        }
    }
    assert (created.status, created.headers["warning"]) == (200, NO_INDEX)
    assert (await served("GET", f"{VIEWS}/v")).json == created.json
    changed = await served("POST", f"{VIEWS}/v", json={"data_view": {"name": "New", "timeFieldName": ""}})
    expected = created.json["data_view"] | {"name": "New", "version": "WzIsMV0="}
    expected.pop("timeFieldName")
    assert (changed.status, changed.json) == (200, {"data_view": expected})
    assert (await served("POST", f"{VIEWS}/v", json={"data_view": {"name": "New"}})).json == changed.json
    gone = await served("DELETE", f"{VIEWS}/v")
    assert (gone.status, gone.content) == (200, b"")
    missing = await served("GET", f"{VIEWS}/v")
    assert missing.json == {"statusCode": 404, "error": "Not Found", "message": missing.message}
    assert "[index-pattern/v]" in missing.message


async def test_views_are_listed_with_what_lists_show(served: Served) -> None:
    assert (await served("GET", BASE)).json == {"data_view": []}
    await create(served, "b", name="B", type="rollup", typeMeta={"aggs": {}}, timeFieldName="t")
    await create(served, "a", name="B2", fieldAttrs={"f": {"count": 1}})
    assert (await served("GET", BASE)).json == {
        "data_view": [
            {
                "id": "b",
                "namespaces": ["default"],
                "title": "b-*",
                "name": "B",
                "type": "rollup",
                "typeMeta": {"aggs": {}},
                "timeFieldName": "t",
            },
            {"id": "a", "namespaces": ["default"], "title": "a-*", "name": "B2"},
        ]
    }


async def test_the_fields_of_the_indices_are_told(served: Served) -> None:
    mapping = {"properties": {"host": {"type": "keyword"}}}
    await served.engine.add_documents("v-1", [{"host": "web-1"}], mapping=mapping)
    made = await served("POST", VIEWS, json={"data_view": {"id": "v", "title": "v-*"}})
    assert "warning" not in made.headers
    field = made.json["data_view"]["fields"]["host"]
    assert (field["type"], field["esTypes"], field["format"]) == ("string", ["keyword"], {"id": "string"})
    body = {"data_view": {"title": "v-1", "name": "One"}, "refresh_fields": False}
    assert "fields" not in (await served("POST", VIEWS, json=body)).json["data_view"]
    taken = await served("POST", f"{VIEWS}/v/runtime_field", json={"name": "host", "runtimeField": HOUR})
    assert (taken.status, "field [host]" in taken.message) == (400, True)


async def test_the_life_of_a_runtime_field(served: Served) -> None:
    await create(served)
    path = f"{VIEWS}/v/runtime_field"
    made = await served("POST", path, json={"name": "hour", "runtimeField": {**HOUR, "customLabel": "Hour"}})
    view, (field,) = made.json["data_view"], made.json["fields"]
    assert (made.status, view["runtimeFieldMap"], view["fieldAttrs"]) == (
        200,
        {"hour": HOUR},
        {"hour": {"customLabel": "Hour"}},
    )
    assert field == {name: value for name, value in view["fields"]["hour"].items() if name != "format"}
    assert (field["type"], field["runtimeField"], field["customLabel"]) == ("number", HOUR, "Hour")
    assert (await served("GET", f"{path}/hour")).json == made.json
    subs = {"a": {"type": "ip"}, "b": {"type": "date"}}
    composite = {"name": "c", "runtimeField": {"type": "composite", "script": {"source": "s"}, "fields": subs}}
    put = await served("PUT", path, json=composite)
    assert [(each["name"], each["type"]) for each in put.json["fields"]] == [("c.a", "ip"), ("c.b", "date")]
    changed = await served("POST", f"{path}/hour", json={"runtimeField": {"type": "keyword"}})
    assert changed.json["fields"][0]["type"] == "string"
    gone = await served("DELETE", f"{path}/hour")
    assert (gone.status, gone.content) == (200, b"")
    missing = await served("GET", f"{path}/hour")
    assert missing.status == 404
    assert "[index-pattern/v]" in missing.message
    assert "[hour]" in missing.message


async def test_fields_are_described(served: Served) -> None:
    await create(served)
    body = {"fields": {"f": {"customLabel": "F", "format": {"id": "bytes"}}}}
    made = await served("POST", f"{VIEWS}/v/fields", json=body)
    assert (made.status, made.json["acknowledged"]) == (200, True)
    view = made.json["data_view"]
    assert (view["fieldAttrs"], view["fieldFormats"]) == ({"f": {"customLabel": "F"}}, {"f": {"id": "bytes"}})


async def test_the_default_data_view(served: Served) -> None:
    path = f"{BASE}/default"
    assert (await served("GET", path)).json == {"data_view_id": None}
    await create(served)
    for body, expected in (
        ({"data_view_id": "v"}, "v"),
        ({"data_view_id": "w"}, "v"),
        ({"data_view_id": "w", "force": True}, "w"),
        ({"force": True}, None),
        ({"data_view_id": "v"}, "v"),
    ):
        assert (await served("POST", path, json=body)).json == {"acknowledged": True}
        assert (await served("GET", path)).json == {"data_view_id": expected}
    await served("DELETE", f"{VIEWS}/v")
    assert (await served("GET", path)).json == {"data_view_id": None}


GEO = {
    "index": "i",
    "indexId": "v",
    "geoField": "g",
    "entity": "e",
    "dateField": "d",
    "boundaryType": "entireIndex",
    "boundaryIndexTitle": "b",
    "boundaryIndexId": "v",
    "boundaryGeoField": "bg",
}


async def test_references_are_swapped_after_a_preview(served: Served) -> None:
    for view_id in ("v", "w"):
        await create(served, view_id)
    await served.create("r", rule_type_id=".geo-containment", params=GEO)
    before = await served.rule("r")
    swap = {"fromId": "v", "toId": "w", "delete": True}
    found = [{"id": "r", "type": "alert"}]
    preview = await served("POST", f"{BASE}/swap_references/_preview", json=swap)
    assert (preview.status, preview.json) == (200, {"result": found})
    assert await served.rule("r") == before
    swapped = await served("POST", f"{BASE}/swap_references", json=swap)
    assert swapped.json == {"result": found, "deleteStatus": {"remainingRefs": 0, "deletePerformed": True}}
    after = await served.rule("r")
    assert after["params"] == GEO | {"indexId": "w", "boundaryIndexId": "w"}
    assert after["revision"] == before["revision"]
    assert (await served("GET", f"{VIEWS}/v")).status == 404


LONG = "x" * 1001
FIELD = {"name": "hour", "runtimeField": HOUR}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", VIEWS, {}, 400, "[request body.data_view]"),
        ("POST", VIEWS, {"data_view": {}}, 400, "[request body.data_view.title]"),
        ("POST", VIEWS, {"data_view": {"title": "a", "bogus": 1}}, 400, "[request body.data_view.bogus]"),
        ("POST", VIEWS, {"data_view": {"title": "a", "id": LONG}}, 400, "[request body.data_view.id]"),
        ("POST", VIEWS, {"data_view": {"title": "x", "name": "v-*"}}, 400, "name [v-*] exists already: [v]"),
        ("POST", VIEWS, {"data_view": {"title": "x", "id": "v"}}, 400, "id [v] exists already"),
        ("GET", f"{VIEWS}/no", None, 404, "[index-pattern/no]"),
        ("GET", f"{VIEWS}/{LONG}", None, 400, "[request params.id]"),
        ("GET", f"{VIEWS}/{quote('a/ü', safe='')}", None, 404, "[index-pattern/a/ü]"),
        ("POST", f"{VIEWS}/no", {"data_view": {}}, 404, "[index-pattern/no]"),
        ("POST", f"{VIEWS}/no", {"data_view": {"id": "x"}}, 400, "[request body.data_view.id]"),
        ("POST", f"{VIEWS}/v", {"data_view": {"timeFieldName": None}}, 400, "[request body.data_view.timeFieldName]"),
        ("DELETE", f"{VIEWS}/no", None, 404, "[index-pattern/no]"),
        ("POST", f"{VIEWS}/v/fields", {"fields": {}}, 400, "[request body.fields]"),
        ("POST", f"{VIEWS}/v/fields", {"fields": {"f": {}}}, 400, "[request body.fields]"),
        ("POST", f"{VIEWS}/no/fields", {"fields": {"f": {"count": 1}}}, 404, "[index-pattern/no]"),
        ("POST", f"{VIEWS}/v/runtime_field", {"name": "x"}, 400, "[request body.runtimeField]"),
        ("POST", f"{VIEWS}/no/runtime_field", FIELD, 404, "[index-pattern/no]"),
        ("PUT", f"{VIEWS}/no/runtime_field", FIELD, 404, "[index-pattern/no]"),
        ("GET", f"{VIEWS}/v/runtime_field/no", None, 404, "runtime field [no] of data view [index-pattern/v]"),
        ("GET", f"{VIEWS}/v/runtime_field/{LONG}", None, 400, "[request params.name]"),
        ("POST", f"{VIEWS}/v/runtime_field/no", FIELD, 400, "[request body.name]"),
        ("POST", f"{VIEWS}/v/runtime_field/no", {"runtimeField": {}}, 404, "runtime field [no]"),
        ("DELETE", f"{VIEWS}/v/runtime_field/no", None, 404, "runtime field [no]"),
        ("POST", f"{BASE}/default", {"data_view_id": ""}, 400, "[request body.data_view_id]"),
        ("POST", f"{BASE}/swap_references", {"fromId": "v"}, 400, "[request body.toId]"),
        ("POST", f"{BASE}/swap_references", {"fromId": "v", "toId": "no"}, 400, "[index-pattern/no]"),
        ("POST", f"{BASE}/swap_references/_preview", {"fromId": "v", "toId": "no"}, 400, "[index-pattern/no]"),
        ("GET", f"{VIEWS}/v/scripted_field/x", None, 404, "Not Found"),
        ("GET", LEGACY, None, 404, "Not Found"),
        ("POST", f"{LEGACY}/swap_references", {"fromId": "v", "toId": "v"}, 404, "Not Found"),
        ("POST", f"{LEGACY}/index_pattern", {"data_view": {"title": "a"}}, 400, "[request body.index_pattern]"),
    ],
)
async def test_what_is_refused(
    served: Served, method: str, path: str, body: JsonObject | None, status: int, message: str
) -> None:
    await create(served)
    refused = await served(method, path, json=body)
    assert refused.status == status
    assert message in refused.message
    assert refused.json["statusCode"] == status


async def test_clients_from_before_the_name_find_the_same_views(served: Served) -> None:
    made = await served("POST", f"{LEGACY}/index_pattern", json={"index_pattern": {"id": "v", "title": "logs"}})
    assert made.json["index_pattern"] == (await served("GET", f"{VIEWS}/v")).json["data_view"]
    one = f"{LEGACY}/index_pattern/v"
    changed = await served("POST", one, json={"index_pattern": {"title": "other"}})
    assert (await served("GET", one)).json == changed.json
    assert changed.json["index_pattern"]["title"] == "other"
    field = (await served("POST", f"{one}/runtime_field", json=FIELD)).json
    assert (field["field"]["name"], "fields" in field) == ("hour", False)
    await served("POST", f"{LEGACY}/default", json={"index_pattern_id": "v", "force": True})
    assert (await served("GET", f"{LEGACY}/default")).json == {"index_pattern_id": "v"}
    assert (await served("DELETE", one)).status == 200
    assert (await served("GET", f"{VIEWS}/v")).status == 404


async def test_a_view_keeps_within_its_space(served: Served) -> None:
    await create(served)
    listed = (await served("GET", f"/s/default{BASE}")).json
    assert [view["id"] for view in listed["data_view"]] == ["v"]
    assert (await served("GET", f"/s/other{BASE}")).status == 404, "there is no such space"
