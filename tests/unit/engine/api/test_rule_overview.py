"""Rules found, counted and copied over the internal routes (rest-api.md 8)."""

from typing import Any

import pytest

RULES = "/internal/alerting/rules"
FREQUENCY = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
ACTION = {"id": "log", "group": "threshold met", "params": {"message": "m"}, "frequency": FREQUENCY}


@pytest.fixture
async def filled(served: Any) -> Any:
    await served.create("a", name="A", tags=["ops", "x"], actions=[ACTION], artifacts={"dashboards": [{"id": "d"}]})
    await served.create("b", name="B", tags=["ops"], enabled=False, consumer="logs")
    await served.create("c", name="C", tags=["dev"], enabled=False)
    await served("POST", "/api/alerting/rule/a/_mute_all")
    return served


async def test_rules_are_found_by_a_body(filled: Any) -> None:
    async def ids(**body: Any) -> str:
        answered = await filled("POST", f"{RULES}/_find", json=body)
        assert answered.status == 200, answered.content
        return "".join(rule["id"] for rule in answered.json["data"])

    assert await ids() == "abc"
    assert await ids(consumers=["logs"]) == "b"
    assert await ids(rule_type_ids=[".es-query"]) == ""
    assert (
        await ids(filter="alert.attributes.tags: ops", consumers=["alerts"], rule_type_ids=[".index-threshold"]) == "a"
    )
    assert (
        await ids(has_reference={"type": "action", "id": "log"}, per_page=5, search="A", search_fields=["name"]) == "a"
    )
    data = (await filled("POST", f"{RULES}/_find", json={"fields": ["tags"], "per_page": 1.0})).json["data"]
    assert data == [{"id": "a", "tags": ["ops", "x"]}]
    data = (await filled("POST", f"{RULES}/_find", json={"per_page": 1})).json["data"]
    assert data == [(await filled("GET", "/internal/alerting/rule/a")).json]
    refused = await filled("POST", f"{RULES}/_find", json={"page": "1"})
    assert refused.message.startswith("[request body.page]: ")


async def test_what_is_monitored_is_asked_for_by_internal_clients_alone(filled: Any) -> None:
    await filled.engine.run_due()
    monitored = "monitoring.run.calculated_metrics"
    body = {"filter": f"alert.attributes.{monitored}.success_ratio >= 1", "sort_field": f"{monitored}.p50"}
    found = await filled("POST", f"{RULES}/_find", json=body)
    assert (found.status, [rule["id"] for rule in found.json["data"]]) == (200, ["a"])
    for query in (f"sort_field={monitored}.p50", f"filter=alert.attributes.{monitored}.p50>1"):
        assert (await filled("GET", f"/api/alerting/rules/_find?{query}")).status == 400
    refused = await filled("POST", f"{RULES}/_find", json={"sort_field": "mapped_params.risk_score"})
    assert refused.message.startswith("[request body.sort_field]: ")


async def test_rules_are_counted_by_state(filled: Any) -> None:
    await filled.engine.run_due()
    assert (await filled("POST", f"{RULES}/_aggregate")).json == {
        "rule_execution_status": {"ok": 1, "active": 0, "error": 0, "pending": 2, "unknown": 0, "warning": 0},
        "rule_last_run_outcome": {"succeeded": 1, "warning": 0, "failed": 0},
        "rule_enabled_status": {"enabled": 1, "disabled": 2},
        "rule_muted_status": {"muted": 1, "unmuted": 2},
        "rule_snoozed_status": {"snoozed": 0},
        "rule_tags": ["dev", "ops", "x"],
    }
    counted = (await filled("POST", f"{RULES}/_aggregate", json={"filter": "alert.attributes.tags: dev"})).json
    assert counted["rule_enabled_status"] == {"enabled": 0, "disabled": 1}


async def test_tags_are_listed_page_by_page(filled: Any) -> None:
    found = (await filled("GET", f"{RULES}/_tags?per_page=2&page=2")).json
    assert found == {"total": 3, "page": 2, "per_page": 2, "data": ["x"]}
    assert (await filled("GET", f"{RULES}/_tags?search=o")).json["data"] == ["ops"]


async def test_how_often_rules_run(filled: Any) -> None:
    answered = (await filled("GET", f"{RULES}/_schedule_frequency")).json
    assert answered == {"total_scheduled_per_minute": 1.0, "remaining_schedules_per_minute": 31_999.0}


async def test_a_copy_is_disabled_and_has_uuids_of_its_own(filled: Any) -> None:
    copied = await filled("POST", "/internal/alerting/rule/a/_clone/d")
    original, copy = await filled.rule("a"), copied.json
    assert (copy["id"], copy["name"], copy["enabled"], copy["revision"]) == ("d", "A [Clone]", False, 0)
    assert (copy["tags"], copy["params"], copy["mute_all"]) == (original["tags"], original["params"], False)
    assert copy["actions"][0]["uuid"] != original["actions"][0]["uuid"]
    assert (await filled("GET", "/internal/alerting/rule/d")).json["artifacts"] == {"dashboards": [{"id": "d"}]}
    assert (await filled("POST", "/internal/alerting/rule/a/_clone/d")).status == 409
    assert (await filled("POST", "/internal/alerting/rule/nope/_clone")).status == 404
    assert (await filled("POST", "/internal/alerting/rule/a/_clone")).status == 200
