"""The routes of rules over the real operations (rest-api.md 4)."""

from typing import Any

import pytest

ACTION = {
    "id": "log",
    "group": "threshold met",
    "params": {"message": "hot"},
    "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
}
ONCE = {"schedule": {"custom": {"start": "2026-03-01T13:00:00.000Z", "duration": "2h"}}}


async def test_a_rule_is_created_read_changed_and_deleted(served: Any, body: Any) -> None:
    created = await served("POST", "/api/alerting/rule", json=body(tags=["a"], actions=[ACTION]))
    assert (created.status, created.json["revision"], created.json["created_by"]) == (200, 0, None)
    rule_id = created.json["id"]
    assert await served.rule(rule_id) == created.json

    edit = body(name="Memory")
    for name in ("rule_type_id", "consumer"):
        del edit[name]
    changed = await served("PUT", f"/api/alerting/rule/{rule_id}", json=edit)
    assert (changed.status, changed.json["name"], changed.json["tags"], changed.json["revision"]) == (
        *(200, "Memory", [], 1),
    )
    deleted = await served("DELETE", f"/api/alerting/rule/{rule_id}")
    assert (deleted.status, deleted.content) == (204, b"")
    gone = await served("GET", f"/api/alerting/rule/{rule_id}")
    assert (gone.status, gone.message) == (404, f"rule [{rule_id}] not found")


async def test_create_takes_an_id_of_the_caller_once(served: Any, body: Any) -> None:
    path = "/api/alerting/rule/my%20rule%2F1/"
    assert (await served("POST", path, json=body())).json["id"] == "my rule/1"
    assert (await served("POST", path, json=body())).status == 409
    assert (await served("POST", path, json=body(schedule={"interval": "0s"}))).status == 400


@pytest.mark.parametrize(
    ("method", "path", "content", "place"),
    [
        ("POST", "", {}, "[request body.name]: "),
        ("POST", "", {"schedule": {"interval": "10x"}}, "[request body.schedule.interval]: "),
        ("POST", "", {"actions": [{"group": "g"}]}, "[request body.actions.0.id]: "),
        ("POST", "", {"rule_type_id": ".no"}, "[request body.rule_type_id]: "),
        ("POST", "", {"id": "x"}, "[request body.id]: "),
        ("POST", "", [], "[request body]: "),
        ("PUT", "/unknown", {"name": "n", "schedule": {"interval": "1w"}}, "[request body.schedule.interval]: "),
        ("PUT", "/unknown", {"name": "n", "schedule": {"interval": "1m"}, "enabled": True}, "[request body.enabled]: "),
        ("POST", "/unknown/_disable", {"untrack": "true"}, "[request body.untrack]: "),
        ("POST", "/unknown/_disable", {"other": True}, "[request body.other]: "),
        ("POST", "/unknown/snooze_schedule", {}, "[request body.schedule]: "),
        ("POST", "/unknown/alert/a/_mute", {"expires_at": "soon"}, "[request body.expires_at]: "),
        ("POST", "/unknown/alert/a/_mute", {"conditions": []}, "[request body]: "),
        ("POST", "/unknown/alert/a/_mute?validate_alerts_existence=1", None, "[request query.validate_alerts_ex"),
        ("POST", "/unknown/alert/a/_mute?other=1", None, "[request query.other]: "),
    ],
)
async def test_what_does_not_fit_the_schema_is_told_before_the_rule_is_looked_for(
    served: Any, body: Any, method: str, path: str, content: Any, place: str
) -> None:
    is_part = method == "POST" and not path and isinstance(content, dict) and content
    answered = await served(method, f"/api/alerting/rule{path}", json=body(**content) if is_part else content)
    assert answered.status == 400
    assert answered.message.startswith(place)


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "", None),
        ("PUT", "", {"name": "n", "schedule": {"interval": "1m"}}),
        ("DELETE", "", None),
        ("POST", "/_enable", None),
        ("POST", "/_disable", None),
        ("POST", "/_mute_all", None),
        ("POST", "/_unmute_all", None),
        ("POST", "/alert/a/_mute", None),
        ("POST", "/alert/a/_unmute", None),
        ("POST", "/_update_api_key", None),
        ("POST", "/snooze_schedule", ONCE),
        ("DELETE", "/snooze_schedule/x", None),
    ],
)
async def test_an_unknown_rule_is_named(served: Any, method: str, path: str, content: Any) -> None:
    answered = await served(method, f"/api/alerting/rule/nope{path}", json=content)
    assert (answered.status, answered.message) == (404, "rule [nope] not found")


async def test_an_unknown_consumer_is_forbidden(served: Any, body: Any) -> None:
    assert (await served("POST", "/api/alerting/rule", json=body(consumer="nobody"))).status == 403


async def test_a_rule_is_switched_off_and_on(served: Any) -> None:
    await served.create("r")
    for content in (None, {}, {"untrack": True}):
        assert (await served("POST", "/api/alerting/rule/r/_disable", json=content)).status == 204
        assert (await served.rule("r"))["enabled"] is False
    assert (await served("POST", "/api/alerting/rule/r/_disable", content=b"null")).status == 204
    assert (await served("POST", "/api/alerting/rule/r/_enable", json={})).status == 204
    assert (await served.rule("r"))["enabled"] is True


async def test_alerts_are_muted_by_ids_of_any_kind(served: Any) -> None:
    await served.engine.add_documents("metrics", [{"@timestamp": "2026-03-01T11:59:00Z", "host": "host a/b"}])
    await served.create("r")
    await served.engine.run_due()
    path = "/api/alerting/rule/r/alert"
    assert (await served("POST", f"{path}/host%20a%2Fb/_mute", json={})).status == 204
    unknown = await served("POST", f"{path}/other/_mute")
    assert (unknown.status, unknown.message) == (404, "alert [other] not found")
    assert (await served("POST", f"{path}/other/_mute?validate_alerts_existence=false")).status == 204
    assert (await served.rule("r"))["muted_alert_ids"] == ["host a/b", "other"]
    assert (await served("POST", f"{path}/host%20a%2Fb/_unmute")).status == 204
    assert (await served.rule("r"))["muted_alert_ids"] == ["other"]
    assert (await served("POST", "/api/alerting/rule/r/_mute_all")).status == 204
    assert (await served.rule("r"))["mute_all"] is True
    assert (await served("POST", "/api/alerting/rule/r/_unmute_all")).status == 204
    assert (await served.rule("r"))["mute_all"] is False


async def test_snoozes_are_added_shown_and_deleted(served: Any) -> None:
    await served.create("r")
    nothing = await served("DELETE", "/api/alerting/rule/r/snooze_schedule/x")
    assert (nothing.status, nothing.message.split(" (")[0]) == (400, "rule [r] has no snooze schedules")
    added = await served("POST", "/api/alerting/rule/r/snooze_schedule", json=ONCE)
    assert added.status == 200
    assert added.json["schedule"]["custom"] == {**ONCE["schedule"]["custom"], "timezone": "UTC"}
    snooze_id = added.json["schedule"]["id"]
    assert [snooze["id"] for snooze in (await served.rule("r"))["snooze_schedule"]] == [snooze_id]
    assert (await served("DELETE", "/api/alerting/rule/r/snooze_schedule/other")).status == 404
    assert (await served("DELETE", f"/api/alerting/rule/r/snooze_schedule/{snooze_id}")).status == 204
    assert "snooze_schedule" not in await served.rule("r")


async def test_a_new_key_changes_no_revision(served: Any) -> None:
    await served.create("r", enabled=False)
    assert (await served("POST", "/api/alerting/rule/r/_update_api_key")).status == 204
    assert (await served.rule("r"))["revision"] == 0
    assert "update_api_key" in [entry.operation for entry in await served.engine.parts.store.audit("default")]


async def test_an_alert_is_silent_until_its_mute_ends(served: Any, body: Any) -> None:
    documents = [{"@timestamp": f"2026-03-01T11:{minute}:00Z", "host": "a"} for minute in range(50, 60)]
    await served.engine.add_documents("metrics", documents)
    params = {**body()["params"], "timeWindowSize": 1, "timeWindowUnit": "h"}
    await served.create("r", actions=[ACTION], params=params)
    path = "/api/alerting/rule/r/alert/a/_mute?validate_alerts_existence=false"
    assert (await served("POST", path, json={"expires_at": "2026-03-01T12:01:30.000Z"})).status == 204
    (shown,) = (await served("GET", "/internal/alerting/rule/r")).json["snoozed_alert_instances"]
    assert shown == {
        "instance_id": "a",
        "expires_at": "2026-03-01T12:01:30.000Z",
        "snoozed_at": "2026-03-01T12:00:00.000Z",
        "snoozed_by": None,
    }
    await served.engine.advance("1m")
    assert await served.engine.notifications() == []
    await served.engine.advance("1m")
    assert len(await served.engine.notifications()) == 1
    assert (await served("GET", "/internal/alerting/rule/r")).json["snoozed_alert_instances"] == []
