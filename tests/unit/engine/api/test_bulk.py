"""Many rules at once, over the internal routes (rest-api.md 8, 8.1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tocsin.http_api import ApiContext, build_api

RULES = "/internal/alerting/rules"
FREQUENCY = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
ACTION = {"id": "log", "group": "threshold met", "params": {"message": "m"}, "frequency": FREQUENCY}
STARTS = {"dtstart": "2026-03-01T11:30:00.000Z", "tzid": "UTC"}


@pytest.fixture
async def filled(served: Any) -> Any:
    await served.create("a", name="A", tags=["ops", "x"])
    await served.create("b", name="B", tags=["ops"], enabled=False)
    await served.create("c", name="C", tags=[], enabled=False, schedule={"interval": "5m"})
    return served


def shown(answered: Any) -> dict[str, Any]:
    assert answered.status == 200, answered.content
    body = answered.json
    return {**body, "rules": [rule["id"] for rule in body["rules"]]}


async def edit(served: Any, *operations: dict[str, Any], **chosen: Any) -> dict[str, Any]:
    return shown(await served("POST", f"{RULES}/_bulk_edit", json={"operations": list(operations), **chosen}))


def change(field: str, operation: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operation": operation} | ({} if value is None else {"value": value})


async def test_rules_are_enabled_disabled_and_deleted(filled: Any) -> None:
    answered = shown(await filled("PATCH", f"{RULES}/_bulk_enable", json={"ids": ["a", "b", "nope"]}))
    assert answered == {"rules": ["a", "b"], "errors": [], "total": 2, "task_ids_failed_to_be_enabled": []}
    assert (await filled.rule("b"))["enabled"]
    ops = {"filter": "alert.attributes.tags: ops"}
    answered = shown(await filled("PATCH", f"{RULES}/_bulk_disable", json={**ops, "untrack": True}))
    assert answered == {"rules": ["a", "b"], "errors": [], "total": 2}
    assert not (await filled.rule("b"))["enabled"]
    answered = shown(await filled("PATCH", f"{RULES}/_bulk_delete", json=ops))
    assert answered == {"rules": ["a", "b"], "errors": [], "total": 2, "task_ids_failed_to_be_deleted": []}
    assert (await filled("GET", "/api/alerting/rules/_find")).json["total"] == 1


async def test_tags_are_added_deleted_and_set_in_order(filled: Any) -> None:
    answered = await edit(filled, change("tags", "add", ["x", "y"]), change("tags", "delete", ["ops"]), ids=["a", "b"])
    assert (answered["rules"], answered["skipped"], answered["total"]) == (["a", "b"], [], 2)
    assert [(await filled.rule(rule))["tags"] for rule in "ab"] == [["x", "y"], ["x", "y"]]
    answered = await edit(filled, change("tags", "add", ["y"]), ids=["a"])
    assert answered["skipped"] == [{"id": "a", "name": "A", "skip_reason": "RULE_NOT_MODIFIED"}]
    await edit(filled, change("tags", "set", ["z"]), filter="alert.attributes.tags: x")
    assert [(await filled.rule(rule))["revision"] for rule in "abc"] == [2, 2, 0]


async def test_actions_schedules_and_throttles_are_changed(filled: Any) -> None:
    camel = {**ACTION, "frequency": {"summary": False, "notifyWhen": "onActiveAlert", "throttle": None}}
    await edit(filled, change("actions", "add", [ACTION]), change("actions", "add", [camel]), ids=["a"])
    rule = await filled.rule("a")
    assert [action["frequency"] for action in rule["actions"]] == [FREQUENCY, FREQUENCY]
    assert rule["revision"] == 1
    await edit(filled, change("actions", "set", [ACTION]), change("schedule", "set", {"interval": "7m"}))
    assert [len((await filled.rule(rule))["actions"]) for rule in "abc"] == [1, 1, 1]
    assert {(await filled.rule(rule))["schedule"]["interval"] for rule in "abc"} == {"7m"}
    changes = change("throttle", "set", "5m"), change("notifyWhen", "set", "onThrottleInterval")
    answered = await edit(filled, change("actions", "set", []), *changes, ids=["c"])
    assert answered["errors"] == []
    rule = await filled.rule("c")
    assert (rule["throttle"], rule["notify_when"], rule["actions"]) == ("5m", "onThrottleInterval", [])


async def test_snoozes_and_keys_change_without_a_revision(filled: Any) -> None:
    snooze = {"id": "lunch", "duration": 3_600_000, "rRule": STARTS}
    await edit(filled, change("snoozeSchedule", "set", snooze), change("apiKey", "set"))
    rule = await filled.rule("b")
    assert (rule["active_snoozes"], rule["revision"]) == (["lunch"], 0)
    await edit(filled, change("snoozeSchedule", "delete", ["lunch"]), ids=["a"])
    await edit(filled, change("snoozeSchedule", "delete"), ids=["b"])
    assert ["snooze_schedule" in await filled.rule(rule) for rule in "abc"] == [False, False, True]


async def test_a_rule_that_fails_leaves_the_others_be(filled: Any) -> None:
    await edit(filled, change("actions", "add", [ACTION]), ids=["b"])
    answered = await edit(filled, change("throttle", "set", "5m"), change("tags", "set", ["t"]))
    assert (answered["rules"], answered["total"]) == (["a", "c"], 3)
    (error,) = answered["errors"]
    assert (error["status"], error["rule"]) == (400, {"id": "b", "name": "B"})
    assert error["message"].startswith("actions.0.frequency: ")
    assert (await filled.rule("b"))["tags"] == ["ops"]


async def test_what_all_together_have_no_room_for_fails_as_a_whole(filled: Any) -> None:
    parts = filled.engine.parts
    filled.app = build_api(replace(parts, settings=replace(parts.settings, max_scheduled_per_minute=2)), ApiContext())
    refused = await filled("PATCH", f"{RULES}/_bulk_enable", json={"ids": ["b", "c"]})
    assert (refused.status, refused.message[:32]) == (400, "[request body.schedule.interval]")
    refused = await filled(
        "POST", f"{RULES}/_bulk_edit", json={"operations": [change("schedule", "set", {"interval": "10s"})]}
    )
    assert refused.status == 400
    assert (await filled.rule("c"))["schedule"]["interval"] == "5m"


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("_bulk_enable", {}, ""),
        ("_bulk_enable", {"ids": ["a"], "filter": "x"}, ""),
        ("_bulk_enable", {"ids": []}, "[request body.ids]"),
        ("_bulk_enable", {"ids": ["nope"]}, ""),
        ("_bulk_disable", {"filter": "name: x"}, "[request body.filter]"),
        ("_bulk_delete", {"ids": ["a"], "untrack": True}, "[request body.untrack]"),
        ("_bulk_edit", {"ids": ["a"], "operations": []}, "[request body.operations]"),
        ("_bulk_edit", {"operations": [change("tags", "add", "x")]}, "[request body.operations.0.value]"),
        ("_bulk_edit", {"operations": [change("tags", "add", [1])]}, "[request body.operations.0.value.0]"),
        ("_bulk_edit", {"operations": [change("schedule", "add", {})]}, "[request body.operations.0.operation]"),
        ("_bulk_edit", {"operations": [change("name", "set", "x")]}, "[request body.operations.0.field]"),
        (
            "_bulk_edit",
            {"operations": [change("schedule", "set", {"interval": "1w"})]},
            "[request body.operations.0.value.interval]",
        ),
    ],
)
async def test_what_cannot_be_asked_is_refused(filled: Any, path: str, body: Any, place: str) -> None:
    answered = await filled("POST" if path == "_bulk_edit" else "PATCH", f"{RULES}/{path}", json=body)
    assert answered.status == 400, answered.content
    assert answered.message.startswith(place)


async def test_alerts_are_let_go_by_uuid(served: Any) -> None:
    await served.create("r")
    at = served.engine.clock.now() - timedelta(seconds=1)
    documents = [{"@timestamp": at.isoformat(), "host": host} for host in ("web", "db")]
    await served.engine.add_documents("metrics", documents)
    await served.engine.run_due()
    state = (await served("GET", "/internal/alerting/rule/r/state")).json
    uuids = [state["alerts"]["web"]["meta"]["uuid"], "unknown"]
    body = {"indices": [".alerts"], "alert_uuids": uuids}
    assert (await served("POST", "/internal/alerting/alerts/_bulk_untrack", json=body)).status == 204
    assert list((await served("GET", "/internal/alerting/rule/r/state")).json["alerts"]) == ["db"]
    (left,) = await served.engine.parts.store.documents("default", status="untracked")
    assert left["kibana.alert.instance.id"] == "web"
