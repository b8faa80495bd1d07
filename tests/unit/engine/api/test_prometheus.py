"""Rules and alerts in the form that Prometheus lists them in."""

from datetime import timedelta
from typing import Any

MAPPING = {"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}}


async def test_rules_stand_in_groups_with_their_alerts(served: Any) -> None:
    engine = served.engine
    at = engine.clock.now() - timedelta(seconds=10)
    await engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "web"}], MAPPING)
    await served.create("busy")
    await served.create("slow", schedule={"interval": "5m"}, name="Slow")
    await served.create("off", enabled=False)
    await engine.run_due()
    answered = await served("GET", "/api/v1/rules?type=alert&rule_name[]=CPU")
    assert answered.status == 200
    assert "elastic-api-version" not in answered.headers
    assert answered.json["status"] == "success"
    minutely, slower = answered.json["data"]["groups"]
    assert (minutely["name"], minutely["interval"]) == (".index-threshold every 1m", 60)
    assert (slower["interval"], [rule["name"] for rule in slower["rules"]]) == (300, ["Slow"])
    [rule] = minutely["rules"]
    assert (rule["name"], rule["type"], rule["state"], rule["health"]) == ("CPU", "alerting", "firing", "ok")
    assert rule["labels"] == {"rule_id": "busy", "rule_type": ".index-threshold", "consumer": "alerts"}
    [alert] = rule["alerts"]
    assert alert["labels"] == {
        "alertname": "CPU",
        "rule_id": "busy",
        "alert_id": "web",
        "action_group": "threshold met",
    }
    assert (alert["state"], alert["activeAt"], alert["value"]) == ("firing", "2026-03-01T12:00:00.000Z", "1")
    alerts = (await served("GET", "/api/v1/alerts")).json["data"]["alerts"]
    assert sorted(each["labels"]["rule_id"] for each in alerts) == ["busy", "slow"]


async def test_rules_that_have_not_run_or_failed_say_so(served: Any) -> None:
    await served.create("new")
    [group] = (await served("GET", "/api/v1/rules")).json["data"]["groups"]
    assert [(rule["state"], rule["health"], rule["alerts"]) for rule in group["rules"]] == [("inactive", "unknown", [])]
