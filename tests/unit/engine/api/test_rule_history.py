"""What rules have done, over the internal routes (rest-api.md 8)."""

from datetime import timedelta
from typing import Any

import pytest

from engine.ports.store import DeliveryReport, RuleKey

RULE = "/internal/alerting/rule/r"
FREQUENCY = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
ACTION = {"id": "log", "group": "threshold met", "params": {"message": "m"}, "frequency": FREQUENCY}


@pytest.fixture
async def ran(served: Any) -> Any:
    """A rule whose alert became active in the first run and recovered in the third."""
    await served.create("r", actions=[ACTION], schedule={"interval": "5m"})
    for hosts in (["web"], ["web"], []):
        at = served.engine.clock.now() - timedelta(seconds=1)
        documents = [{"@timestamp": at.isoformat(), "host": host} for host in hosts]
        if documents:
            await served.engine.add_documents("metrics", documents)
        await served.engine.run_due()
        served.engine.clock.advance(timedelta(minutes=5, seconds=1))
    return served


async def test_what_a_rule_remembers(served: Any) -> None:
    await served.create("r")
    assert (await served("GET", f"{RULE}/state")).status == 204
    await served.engine.run_due()
    assert (await served("GET", f"{RULE}/state")).json == {
        "alerts": {},
        "rule_type_state": {},
        "previous_started_at": "2026-03-01T12:00:00.000Z",
    }


async def test_a_summary(ran: Any) -> None:
    await ran("POST", "/api/alerting/rule/r/alert/never/_mute?validate_alerts_existence=false")
    shown = (await ran("GET", f"{RULE}/_alert_summary")).json
    assert (shown["id"], shown["status"], shown["last_run"]) == ("r", "OK", "2026-03-01T12:10:02.000Z")
    assert shown["status_start_date"] == "2026-03-01T07:15:03.000Z"
    assert shown["execution_duration"]["average"] == 0
    assert len(shown["execution_duration"]["valuesWithTimestamp"]) == 3
    web = shown["alerts"].pop("web")
    assert {name: web[name] for name in ("status", "muted", "flapping", "tracked")} == {
        "status": "OK",
        "muted": False,
        "flapping": False,
        "tracked": True,
    }
    assert shown["alerts"] == {"never": {"status": "OK", "muted": True, "flapping": False, "tracked": True}}
    none = (await ran("GET", f"{RULE}/_alert_summary?date_start=1s")).json
    assert (none["alerts"], "last_run" in none) == ({"never": shown["alerts"]["never"]}, False)


async def test_a_summary_of_very_long_intervals_begins_with_the_epoch(served: Any) -> None:
    await served.create("r", schedule={"interval": "99999999999d"})
    assert (await served("GET", f"{RULE}/_alert_summary")).json["status_start_date"] == "1970-01-01T00:00:00.000Z"


async def test_an_active_alert_makes_the_rule_active(ran: Any) -> None:
    at = ran.engine.clock.now() - timedelta(seconds=1)
    await ran.engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "db"}])
    await ran.engine.run_due()
    shown = (await ran("GET", f"{RULE}/_alert_summary?number_of_executions=1")).json
    assert shown["status"] == "Active"
    assert list(shown["alerts"]) == ["db"]
    assert shown["alerts"]["db"]["actionGroupId"] == "threshold met"
    assert shown["alerts"]["db"]["activeStartDate"] == shown["last_run"]
    state = (await ran("GET", f"{RULE}/state")).json
    assert state["alerts"]["db"]["meta"]["uuid"] == shown["alerts"]["db"]["uuid"]
    assert state["alerts"]["db"]["meta"]["lastScheduledActions"]["group"] == "threshold met"


async def test_a_log_of_runs(ran: Any) -> None:
    answered = (await ran("GET", f"{RULE}/_execution_log?date_start=2026-03-01T12:00:00Z&per_page=2")).json
    assert answered["total"] == 3
    assert [entry["timestamp"] for entry in answered["data"]] == [
        "2026-03-01T12:10:02.000Z",
        "2026-03-01T12:05:01.000Z",
    ]
    last = answered["data"][0]
    assert (last["status"], last["num_recovered_alerts"], last["num_active_alerts"]) == ("success", 1, 0)
    assert (last["rule_id"], last["rule_name"], last["space_ids"]) == ("r", "CPU", ["default"])
    sort = '[{"num_new_alerts":{"order":"desc"}},{"timestamp":{"order":"asc"}}]'
    found = (await ran("GET", f"{RULE}/_execution_log?date_start=now-1d&sort={sort}")).json["data"]
    assert [entry["num_new_alerts"] for entry in found] == [1, 0, 0]
    assert found[0]["num_generated_actions"] == 1
    query = "date_start=now-1d&date_end=2026-03-01T12:05:01Z&filter=kibana.alerting.outcome:success"
    assert (await ran("GET", f"{RULE}/_execution_log?{query}")).json["total"] == 2
    query = "date_start=now-1d&filter=event.outcome:failure"
    assert (await ran("GET", f"{RULE}/_execution_log?{query}")).json == {"total": 0, "data": []}
    of_all = (await ran("GET", "/internal/alerting/_global_execution_logs?date_start=now-1d")).json
    assert [entry["rule_id"] for entry in of_all["data"]] == ["r", "r", "r"]


async def test_counts_of_runs(ran: Any) -> None:
    counts = (await ran("GET", f"{RULE}/_execution_kpi?date_start=now-1d")).json
    assert counts == {
        "success": 3,
        "unknown": 0,
        "failure": 0,
        "warning": 0,
        "activeAlerts": 2,
        "newAlerts": 1,
        "recoveredAlerts": 1,
        "erroredActions": 0,
        "triggeredActions": 2,
    }
    assert (await ran("GET", "/internal/alerting/_global_execution_kpi?date_start=now-1d")).json == counts


async def test_a_log_of_messages_that_were_given_up(ran: Any) -> None:
    store, now = ran.engine.parts.store, ran.engine.clock.now()
    none = (await ran("GET", f"{RULE}/_action_error_log?date_start=now-1d")).json
    assert none == {"totalErrors": 0, "errors": []}
    at = now - timedelta(seconds=1)
    await ran.engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "db"}])
    (run,) = await ran.engine.parts.service.run_rules([RuleKey("default", "r")], now)
    claimed = await store.claim_notifications(now, 10, "test", now + timedelta(minutes=1))
    await store.finish_notifications([DeliveryReport(each, "dead", now, "refused") for each in claimed])
    (error,) = (await ran("GET", f"{RULE}/_action_error_log?date_start=now-1d&per_page=1")).json["errors"]
    assert error["type"] == "actions"
    assert error["message"] == "action [.server-log:log] failed - refused"
    assert error["id"] == run.record.trace.execution_uuid
    empty = (await ran("GET", f"{RULE}/_action_error_log?date_start=now-1d&date_end=now-1h")).json
    assert empty["totalErrors"] == 0


@pytest.mark.parametrize(
    ("path", "status", "start"),
    [
        ("_alert_summary?date_start=gestern", 400, "[request query.date_start]: "),
        ("_alert_summary?number_of_executions=0", 400, "[request query.number_of_executions]: "),
        ("_execution_log", 400, "[request query.date_start]: "),
        ("_execution_log?date_start=x", 400, "[request query.date_start]: "),
        ("_execution_log?date_start=now&sort=x", 400, "[request query.sort]: "),
        ("_execution_log?date_start=now&filter=(", 400, "[request query.filter]: "),
        ("_execution_log?date_start=now&per_page=0", 400, "[request query.per_page]: "),
    ],
)
async def test_what_cannot_be_asked_is_refused(served: Any, path: str, status: int, start: str) -> None:
    await served.create("r")
    answered = await served("GET", f"{RULE}/{path}")
    assert (answered.status, answered.message[: len(start)]) == (status, start)


@pytest.mark.parametrize(
    "path", ["state", "_alert_summary", "_execution_log?date_start=now", "_execution_kpi?date_start=now"]
)
async def test_unknown_rules_are_not_found(served: Any, path: str) -> None:
    answered = await served("GET", f"/internal/alerting/rule/nope/{path}")
    assert (answered.status, answered.message) == (404, "rule [nope] not found")
