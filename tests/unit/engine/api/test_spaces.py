"""Spaces over HTTP, and that objects of one are not seen from another (rest-api.md 1.1)."""

from typing import Any

import pytest

Served = Any

PATH = "/api/spaces/space"
TEAM = {
    "id": "team",
    "name": "Team",
    "description": "What a team sees",
    "color": "#AABBCC",
    "initials": "TM",
    "imageUrl": "data:image/png;base64,AA==",
    "disabledFeatures": ["ml"],
}
VIEW = {"data_view": {"id": "same", "title": "logs"}}
WINDOW = {"title": "W", "schedule": {"custom": {"start": "2026-03-02T00:00:00.000Z", "duration": "2h"}}}
LOG = {"name": "Log", "connector_type_id": ".server-log"}


async def test_the_life_of_a_space(served: Served) -> None:
    created = await served("POST", PATH, json=TEAM)
    assert (created.status, created.json) == (200, TEAM)
    default = (await served("GET", f"{PATH}/default")).json
    assert (default["name"], default["_reserved"]) == ("Default", True)
    assert (await served("GET", PATH)).json == [default, TEAM]
    renamed = TEAM | {"name": "Renamed"}
    assert (await served("PUT", f"{PATH}/team", json=renamed)).json == renamed
    assert (await served("GET", f"{PATH}/team")).json == renamed
    gone = await served("DELETE", f"{PATH}/team")
    assert (gone.status, gone.content) == (204, b"")
    assert (await served("GET", f"{PATH}/team")).status == 404


async def test_the_default_space_can_be_renamed_and_not_deleted(served: Served) -> None:
    default = (await served("GET", f"{PATH}/default")).json
    assert (await served("PUT", f"{PATH}/default", json=default | {"name": "Main"})).status == 200
    assert (await served("GET", PATH)).json == [default | {"name": "Main"}]
    assert (await served("DELETE", f"{PATH}/default")).status == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", PATH, {}, 400, "[request body.id]"),
        ("POST", PATH, {"id": "Team", "name": "T"}, 400, "[request body.id]"),
        ("POST", PATH, {"id": "t", "name": ""}, 400, "[request body.name]"),
        ("POST", PATH, {"id": "t", "name": "T", "color": "red"}, 400, "[request body.color]"),
        ("POST", PATH, {"id": "t", "name": "T", "color": ""}, 400, "[request body.color]"),
        ("POST", PATH, {"id": "t", "name": "T", "initials": "ABC"}, 400, "[request body.initials]"),
        ("POST", PATH, {"id": "t", "name": "T", "imageUrl": "http://x/"}, 400, "[request body.imageUrl]"),
        ("POST", PATH, {"id": "default", "name": "T"}, 409, "default"),
        ("PUT", f"{PATH}/t", {"id": "other", "name": "T"}, 400, "[request body.id]"),
        ("PUT", f"{PATH}/t", {"id": "t", "name": "T"}, 404, "space [t]"),
        ("GET", f"{PATH}/t", None, 404, "space [t]"),
        ("DELETE", f"{PATH}/t", None, 404, "space [t]"),
    ],
)
async def test_refusals(served: Served, method: str, path: str, body: Any, status: int, message: str) -> None:
    answered = await served(method, path, json=body)
    assert (answered.status, message in answered.message) == (status, True), answered.message


async def test_objects_of_a_space_are_not_seen_from_another_and_go_with_it(served: Served, body: Any) -> None:
    await served("POST", PATH, json=TEAM)
    made = [
        ("/api/alerting/rule/same", await served("POST", "/s/team/api/alerting/rule/same", json=body())),
        ("/api/actions/connector/same", await served("POST", "/s/team/api/actions/connector/same", json=LOG)),
    ]
    window = await served("POST", "/s/team/api/maintenance_window", json=WINDOW)
    made.append((f"/api/maintenance_window/{window.json['id']}", window))
    assert [answered.status for _, answered in made] == [200, 200, 200]
    for path, _ in made:
        assert [(await served("GET", f"{space}{path}")).status for space in ("/s/team", "", "/s/default")] == [
            200,
            404,
            404,
        ], path
        assert (await served("DELETE", path)).status == 404, path
    assert (await served("POST", "/api/alerting/rule/same", json=body(name="Mine"))).status == 200
    assert (await served("GET", "/s/team/api/alerting/rule/same")).json["name"] == "CPU"

    assert (await served("DELETE", f"{PATH}/team")).status == 204
    assert [(await served("GET", f"/s/team{path}")).status for path, _ in made] == [404, 404, 404]
    await served("POST", PATH, json=TEAM)
    assert [(await served("GET", f"/s/team{path}")).status for path, _ in made] == [404, 404, 404]
    assert (await served("GET", "/api/alerting/rule/same")).json["name"] == "Mine"
