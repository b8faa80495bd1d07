"""Rules tried over HTTP: dry, now, checked whole, and explained."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

OURS = "/api/tocsin/v1"
MAPPING = {"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}}
ACTION = {
    "id": "log",
    "group": "threshold met",
    "params": {"message": "{{alert.id}} is busy"},
    "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
}


@pytest.fixture
async def busy(served: Any) -> Any:
    """The API over documents that the rule of ``body`` finds something in."""
    at = served.engine.clock.now() - timedelta(seconds=10)
    await served.engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "web"}], MAPPING)
    return served


async def test_a_posted_rule_is_run_dry_and_leaves_nothing(busy: Any, body: Callable[..., Any]) -> None:
    tried = await busy("POST", f"{OURS}/rule/_test", json=body(actions=[ACTION], enabled=False))
    assert tried.status == 200, tried.content
    assert (tried.json["status"], tried.json["error"]) == ("active", None)
    [alert] = tried.json["alerts"]
    assert (alert["id"], alert["status"]) == ("web", "new")
    [sent] = tried.json["notifications"]
    assert (sent["params"]["message"], sent["delivery"]) == ("web is busy", None)
    assert [decision["reason"] for decision in tried.json["decisions"]] == ["notified"]
    await busy.engine.advance("2m")
    assert await busy.engine.notifications() == []
    assert (await busy("GET", f"/api/alerting/rule/{tried.json['rule']['id']}")).status == 404


async def test_maintenance_windows_of_the_space_count_in_a_dry_run(busy: Any, body: Callable[..., Any]) -> None:
    start = busy.engine.clock.now().isoformat().replace("+00:00", ".000Z")
    window = {"title": "work", "schedule": {"custom": {"start": start, "duration": "1h"}}}
    assert (await busy("POST", "/api/maintenance_window", json=window)).status == 200
    tried = (await busy("POST", f"{OURS}/rule/_test", json=body(actions=[ACTION]))).json
    assert tried["notifications"] == []
    assert tried["decisions"][0]["reason"] == "maintenanceWindow"


async def test_a_rule_that_would_be_refused_is_not_tried(served: Any, body: Callable[..., Any]) -> None:
    refused = await served("POST", f"{OURS}/rule/_test", json=body(params={}))
    assert refused.status == 400
    assert refused.message.startswith("[request body.params.")


async def test_all_problems_are_told_at_once(served: Any, body: Callable[..., Any]) -> None:
    assert (await served("POST", f"{OURS}/rules/_validate", json=body())).json == {"valid": True, "problems": []}
    wrong = body(consumer="no", params={}, actions=[{**ACTION, "id": "nowhere"}])
    answered = (await served("POST", f"{OURS}/rules/_validate", json=wrong)).json
    paths = [problem["path"] for problem in answered["problems"]]
    assert not answered["valid"]
    assert {"consumer", "actions.0.id"} <= set(paths)
    assert any(path.startswith("params.") for path in paths)
    assert all(problem["message"] for problem in answered["problems"])


@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b'"text"', b""])
async def test_what_is_no_rule_at_all_is_told_too(served: Any, content: bytes) -> None:
    headers = {"kbn-xsrf": "x", "content-type": "application/json"}
    answered = await served("POST", f"{OURS}/rules/_validate", content=content, headers=headers)
    assert (answered.status, answered.json["valid"]) == (200, False)


async def test_a_rule_is_run_now_with_its_result(busy: Any) -> None:
    await busy.create("r", actions=[ACTION])
    ran = await busy("POST", f"{OURS}/rule/r/_run")
    assert ran.status == 200, ran.content
    assert [alert["id"] for alert in ran.json["alerts"]] == ["web"]
    assert (await busy.rule("r"))["execution_status"]["status"] == "active"
    [audit] = [entry for entry in await busy.engine.parts.store.audit("default") if entry.operation == "run"]
    assert audit.object_id == "r"


async def test_what_cannot_be_run_is_a_conflict(served: Any) -> None:
    await served.create("off", enabled=False)
    assert (await served("POST", f"{OURS}/rule/no/_run")).status == 404
    refused = await served("POST", f"{OURS}/rule/off/_run")
    assert (refused.status, refused.message) == (409, "rule [off] is disabled: enable it, which also runs it")


async def test_a_story_tells_why(busy: Any) -> None:
    await busy.create("r", actions=[ACTION])
    await busy.engine.advance("2m")
    story = (await busy("GET", f"{OURS}/rule/r/_explain")).json
    assert (story["rule"], story["alert"], story["status"]) == ({"id": "r", "name": "CPU"}, None, "1 active: web")
    assert story["chapters"][0]["happened"] == ["alert web is new"]
    [decision] = story["chapters"][0]["decisions"]
    assert (decision["reason"], decision["delivery"]["state"]) == ("notified", "delivered")
    newest = (await busy("GET", f"{OURS}/rule/r/_explain?alert_id=web&runs=1&last=5m")).json
    assert (newest["alert"], newest["runs"], newest["status"]) == ("web", 1, "active")


@pytest.mark.parametrize(
    ("path", "status"),
    [("no/_explain", 404), ("r/_explain?alert_id=no", 404), ("r/_explain?last=soon", 400), ("r/_explain?runs=0", 400)],
)
async def test_what_there_is_no_story_of(served: Any, path: str, status: int) -> None:
    await served.create("r")
    assert (await served("GET", f"{OURS}/rule/{path}")).status == status
