"""The internal routes of rules (rest-api.md 8)."""

from datetime import timedelta
from typing import Any

STARTS = {"dtstart": "2026-03-01T11:30:00.000Z", "tzid": "UTC"}
SNOOZE = {"id": "lunch", "duration": 3_600_000, "rRule": STARTS}
RULE = "/internal/alerting/rule/r"


async def test_a_rule_is_shown_whole(served: Any) -> None:
    public = await served.create("r", artifacts={"investigation_guide": {"blob": "look"}})
    whole = (await served("GET", RULE)).json
    assert {name: whole[name] for name in public.json} == public.json
    assert whole["artifacts"] == {"investigation_guide": {"blob": "look"}}
    assert whole["snooze_schedule"] == []
    assert whole["monitoring"]["run"]["history"] == []
    assert "view_in_app_relative_url" in whole
    assert (await served("GET", f"{RULE}/_resolve")).json == {**whole, "outcome": "exactMatch"}


async def test_a_rule_is_snoozed_in_the_stored_form(served: Any) -> None:
    await served.create("r")
    assert (await served("POST", f"{RULE}/_snooze", json={"snooze_schedule": SNOOZE})).status == 204
    assert (await served("GET", RULE)).json["active_snoozes"] == ["lunch"]
    refused = await served("POST", f"{RULE}/_snooze", json={"snooze_schedule": {"duration": 1}})
    assert refused.message.startswith("[request body.snooze_schedule.rRule]: ")
    past = {**SNOOZE, "rRule": {**STARTS, "until": "2026-01-01T00:00:00.000Z"}}
    refused = await served("POST", f"{RULE}/_snooze", json={"snooze_schedule": past})
    assert refused.message.startswith("[request body.snooze_schedule.rRule.until]: ")
    assert (await served("POST", f"{RULE}/_unsnooze", json={"schedule_ids": ["lunch"]})).status == 204
    assert (await served("GET", RULE)).json["snooze_schedule"] == []


async def test_unsnoozing_without_ids_ends_what_silences_now(served: Any) -> None:
    await served.create("r")
    await served("POST", f"{RULE}/_snooze", json={"snooze_schedule": {**SNOOZE, "duration": -1}})
    assert (await served.rule("r"))["mute_all"] is True
    assert (await served("POST", f"{RULE}/_unsnooze")).status == 204
    assert (await served.rule("r"))["mute_all"] is False


async def test_a_rule_runs_now_if_asked_to(served: Any) -> None:
    await served.create("r", schedule={"interval": "1d"})
    await served.engine.run_due()
    assert (await served("POST", f"{RULE}/_run_soon")).status == 204
    (run,) = await served.engine.run_due()
    assert run.record.claim.key.id == "r"
    assert await served.engine.run_due() == []


async def test_why_a_rule_does_not_run_now_is_told_in_words(served: Any) -> None:
    await served.create("r", enabled=False)
    told = await served("POST", f"{RULE}/_run_soon")
    assert (told.status, told.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert told.content == b"the rule is disabled: enable it, which also runs it"
    assert (await served("POST", "/internal/alerting/rule/nope/_run_soon")).status == 404


async def test_a_running_rule_runs_once_more_by_force_alone(served: Any) -> None:
    await served.create("r")
    parts = served.engine.parts
    at = served.engine.clock.now()
    (claim,) = await parts.store.claim_due(at, 1, "somebody", at.replace(hour=13))
    assert (await served("POST", f"{RULE}/_run_soon")).content == b"the rule is running already"
    assert (await served("POST", f"{RULE}/_run_soon?force=true")).status == 204
    await parts.store.release([claim])
    assert len(await served.engine.run_due()) == 1


async def test_a_mute_ends_when_a_field_of_the_alert_changes(served: Any) -> None:
    engine = served.engine

    async def see(mapping: Any = None) -> None:
        at = engine.clock.now() - timedelta(seconds=10)
        await engine.add_documents("metrics", [{"@timestamp": at.isoformat(), "host": "web"}], mapping)

    await see({"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}})
    frequency = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
    action = {"id": "log", "group": "threshold met", "params": {"message": "m"}, "frequency": frequency}
    await served.create("r", actions=[action])
    assert len((await engine.run_due())[0].record.notifications) == 1
    conditions = [{"type": "field_change", "field": "kibana.alert.evaluation.value"}]
    muted = await served("POST", "/api/alerting/rule/r/alert/web/_mute", json={"conditions": conditions})
    assert muted.status == 204, muted.content
    (shown,) = (await served("GET", RULE)).json["snoozed_alert_instances"]
    assert (shown["instance_id"], shown["conditions"], shown["condition_operator"]) == ("web", conditions, "any")
    assert "expires_at" not in shown
    assert [len(run.record.notifications) for run in await engine.advance("1m")] == [0]
    await see()
    assert [len(run.record.notifications) for run in await engine.advance("2m")] == [1, 1]
    assert (await served("GET", RULE)).json["snoozed_alert_instances"] == []
