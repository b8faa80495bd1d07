"""Rules over HTTP as their files have them: listed, exported, planned, applied."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

OURS = "/api/tocsin/v1"
MAPPING = {"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}}
Body = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["b", "a", "c"]),
        ("?enabled=false", ["c"]),
        ("?tag=web", ["a"]),
        ("?name=PHA", ["b"]),
        ("?status=pending&rule_type_id=.index-threshold", ["b", "a", "c"]),
        ("?status=error", []),
        ("?per_page=1&page=2", ["a"]),
    ],
)
async def test_rules_are_listed_by_name(served: Any, query: str, ids: list[str]) -> None:
    await served.create("a", name="Beta", tags=["web"])
    await served.create("b", name="Alpha")
    await served.create("c", name="Gamma", enabled=False)
    page = (await served("GET", f"{OURS}/rules{query}")).json
    assert [rule["id"] for rule in page["rules"]] == ids
    whole = (await served("GET", f"{OURS}/rules{query.partition('&')[0].replace('per_page=1', '')}")).json
    assert page["total"] == whole["total"]


@pytest.mark.parametrize("query", ["enabled=1", "status=fine", "page=0", "per_page=10001", "sort=name"])
async def test_what_cannot_be_asked_of_the_list(served: Any, query: str) -> None:
    answered = await served("GET", f"{OURS}/rules?{query}")
    assert (answered.status, answered.message.startswith("[request query.")) == (400, True)


async def test_what_is_exported_is_applied_to_the_same_rule(served: Any, body: Body) -> None:
    await served.create("a", name="Beta", tags=["x"])
    await served.create("b", name="Alpha")
    every = (await served("POST", f"{OURS}/rules/_export")).json["rules"]
    assert [rule["id"] for rule in every] == ["b", "a"]
    [alone] = (await served("POST", f"{OURS}/rules/_export", json={"ids": ["a", "no"]})).json["rules"]
    assert alone == every[1]
    definition = {name: value for name, value in alone.items() if name != "id"}
    for rule_id, outcome in (("a", "unchanged"), ("c", "created")):
        planned = (await served("POST", f"{OURS}/rule/{rule_id}/_plan", json=definition)).json
        assert (planned["outcome"], planned["problems"]) == (outcome, [])
        applied = (await served("POST", f"{OURS}/rule/{rule_id}/_apply", json=definition)).json
        assert (applied["outcome"], applied["rule"]["tags"]) == (outcome, ["x"])
    assert (await served.rule("c"))["name"] == "Beta"


async def test_a_plan_tells_what_would_change_and_changes_nothing(served: Any, body: Body) -> None:
    await served.create("a")
    planned = (await served("POST", f"{OURS}/rule/a/_plan", json=body(name="New", enabled=False))).json
    assert planned["outcome"] == "updated"
    assert [(each["path"], each["before"], each["after"]) for each in planned["changes"]] == [
        ("name", "CPU", "New"),
        ("enabled", True, False),
    ]
    assert planned["before"] == await served.rule("a")
    assert (planned["before"]["name"], planned["before"]["enabled"]) == ("CPU", True)


async def test_a_definition_that_does_not_say_enabled_leaves_the_switch(served: Any, body: Body) -> None:
    await served.create("a", enabled=False)
    applied = (await served("POST", f"{OURS}/rule/a/_apply?in_bulk=true", json=body(name="New"))).json
    assert (applied["outcome"], applied["rule"]["enabled"]) == ("updated", False)
    applied = (await served("POST", f"{OURS}/rule/a/_apply", json=body(name="New", enabled=True))).json
    assert (applied["outcome"], applied["rule"]["enabled"]) == ("enabled", True)


@pytest.mark.parametrize(
    ("members", "path"),
    [({"params": {}}, "params.index"), ({"rule_type_id": ".es-query"}, "rule_type_id"), ({"nme": 1}, "nme")],
)
async def test_what_would_be_refused_is_told_with_its_place(
    served: Any, body: Body, members: dict[str, Any], path: str
) -> None:
    await served.create("a")
    planned = (await served("POST", f"{OURS}/rule/a/_plan", json=body(**members))).json
    assert planned["outcome"] is None
    assert path in [problem["path"] for problem in planned["problems"]]
    refused = await served("POST", f"{OURS}/rule/a/_apply", json=body(**members))
    assert (refused.status, refused.message.startswith(f"[request body.{path}]")) == (400, True), refused.message


async def test_alerts_are_listed_with_what_holds_of_their_rules(served: Any) -> None:
    at = served.engine.clock.now() - timedelta(seconds=10)
    await served.engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "web"}], MAPPING)
    for rule_id, name in (("a", "Beta"), ("b", "Alpha")):
        await served.create(rule_id, name=name)
    await served.engine.advance("2m")
    listed = (await served("GET", f"{OURS}/alerts?status=active")).json["alerts"]
    assert {alert["rule"]["name"] for alert in listed} == {"Alpha", "Beta"}
    assert (await served("POST", "/api/alerting/rule/a/_mute_all")).status == 204
    [muted] = (await served("GET", f"{OURS}/alerts?rule_id=a&limit=1")).json["alerts"]
    assert (muted["id"], muted["muted"], muted["status"]) == ("web", True, "active")
    assert (await served("GET", f"{OURS}/alerts?status=untracked")).json == {"alerts": []}
    for query in ("limit=0", "status=new", "rule=a"):
        assert (await served("GET", f"{OURS}/alerts?{query}")).status == 400


async def test_data_views_are_told_as_they_are_stored(served: Any) -> None:
    view = {"id": "w", "title": "web-*", "name": "Web"}
    assert (await served("POST", "/api/data_views/data_view", json={"data_view": view})).status == 200
    [listed] = (await served("GET", f"{OURS}/data_views")).json["data_views"]
    assert listed == (await served("GET", f"{OURS}/data_views/w")).json
    assert (listed["data_view"]["title"], "fields" in listed["data_view"]) == ("web-*", False)
    assert (await served("GET", f"{OURS}/data_views/no")).status == 404


async def test_a_window_has_the_id_that_was_chosen_once(served: Any) -> None:
    body = {"title": "Work", "schedule": {"custom": {"start": "2026-03-02T00:00:00.000Z", "duration": "1h"}}}
    assert (await served("POST", f"{OURS}/maintenance_window/work", json=body)).json["id"] == "work"
    assert (await served("GET", "/api/maintenance_window/work")).json["title"] == "Work"
    assert (await served("POST", f"{OURS}/maintenance_window/work", json=body)).status == 409
