"""Notifications over HTTP: listed, sent again, dropped."""

from datetime import timedelta
from typing import Any

import pytest

from engine.ports.store import DeliveryReport

ALL = "/api/tocsin/v1/notifications"
MAPPING = {"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}}
ACTION = {
    "id": "log",
    "group": "threshold met",
    "params": {"message": "m"},
    "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
}


@pytest.fixture
async def dead(served: Any) -> Any:
    """The API over a store that holds one dead letter of each of two rules."""
    engine = served.engine
    at = engine.clock.now() - timedelta(seconds=10)
    await engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "web"}], MAPPING)
    store = engine.parts.store
    for rule_id in ("a", "b"):
        await served.create(rule_id, actions=[ACTION])
        assert (await served("POST", f"/api/tocsin/v1/rule/{rule_id}/_run")).status == 200
    now = engine.clock.now()
    claimed = await store.claim_notifications(now, 10, "test", now + timedelta(minutes=1))
    assert len(claimed) == 2
    await store.finish_notifications([DeliveryReport(each, "dead", now, "refused") for each in claimed])
    return served


async def ids(served: Any, query: str = "") -> dict[str, str]:
    """The ids of what is listed, by rule."""
    listed = (await served("GET", f"{ALL}{query}")).json["notifications"]
    return {each["rule"]: each["id"] for each in listed}


async def test_they_are_listed_with_what_became_of_them(dead: Any) -> None:
    listed = (await dead("GET", ALL)).json["notifications"]
    assert [(each["rule"], each["state"], each["error"]) for each in listed] == [
        ("a", "dead", "refused"),
        ("b", "dead", "refused"),
    ]
    assert listed[0]["params"] == {"message": "m"}
    assert list(await ids(dead, "?rule_id=b")) == ["b"]
    assert list(await ids(dead, "?limit=1")) == ["b"]
    assert await ids(dead, "?state=delivered") == {}
    assert (await dead("GET", f"{ALL}?state=lost")).status == 400


async def test_chosen_ones_are_sent_again(dead: Any) -> None:
    letter = (await ids(dead))["a"]
    retried = await dead("POST", f"{ALL}/_retry", json={"ids": [letter]})
    assert retried.json["notifications"] == [{"id": letter, "outcome": "queued", "state": "pending", "later": None}]
    await dead.engine.run_due()
    states = {sent.notification.id: sent.state for sent in await dead.engine.notifications("a")}
    assert states[letter] == "delivered"


async def test_all_dead_ones_of_a_rule_are_dropped(dead: Any) -> None:
    letter = (await ids(dead))["b"]
    dropped = await dead("POST", f"{ALL}/_drop", json={"all_dead": True, "rule_id": "b"})
    assert dropped.json["notifications"] == [{"id": letter, "dropped": True, "state": "dropped"}]
    assert list(await ids(dead, "?state=dead")) == ["a"]
    again = await dead("POST", f"{ALL}/_drop", json={"all_dead": True, "rule_id": "b"})
    assert (again.status, again.json) == (200, {"notifications": []})


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        ({}, 400),
        ({"ids": []}, 400),
        ({"ids": ["x"], "all_dead": True}, 400),
        ({"ids": ["x"], "rule_id": "a"}, 400),
        ({"ids": ["x"]}, 404),
        ({"ids": None}, 400),
        ({"every": True}, 400),
    ],
)
async def test_what_is_no_choice_changes_nothing(dead: Any, choice: Any, status: int) -> None:
    for verb in ("_retry", "_drop"):
        assert (await dead("POST", f"{ALL}/{verb}", json=choice)).status == status
    assert len(await ids(dead, "?state=dead")) == 2
