"""Rules in responses, and responses read as bodies again (rest-api.md 3, DECISIONS 1)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import AlertsCount, ExecutionStatus, LastRun, RuleStatus, StatusReason
from engine.operations.body import parse_create
from engine.operations.presentation import RESPONSE_ONLY, body_of_response, rule_to_json


async def test_a_new_rule_shows_exactly_the_members_it_has(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    stored = await world.rules.create(body(), at=now, actor=None, rule_id="r")
    assert rule_to_json(stored, at=now) == {
        "id": "r",
        "name": "CPU",
        "rule_type_id": ".level",
        "consumer": "alerts",
        "enabled": True,
        "mute_all": False,
        "tags": [],
        "muted_alert_ids": [],
        "schedule": {"interval": "1m"},
        "params": {"level": 5, "note": "none"},
        "actions": [],
        "created_by": None,
        "updated_by": None,
        "api_key_owner": None,
        "api_key_created_by_user": None,
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_at": "2026-03-01T12:00:00.000Z",
        "execution_status": {"status": "pending", "last_execution_date": "2026-03-01T12:00:00.000Z"},
        "revision": 0,
        "throttle": None,
        "notify_when": None,
        "running": False,
        "scheduled_task_id": "r",
        "next_run": "2026-03-01T12:01:00.000Z",
    }


async def test_optional_members_show_when_set(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    flapping = {"look_back_window": 5, "status_change_threshold": 2}
    artifacts = {"dashboards": [{"id": "d"}]}
    frequency = {"summary": False, "notify_when": "onActiveAlert"}
    given = body(
        enabled=False,
        alert_delay={"active": 1},
        flapping=flapping,
        artifacts=artifacts,
        actions=[action(frequency=frequency, use_alert_data_for_template=False)],
    )
    shown = rule_to_json(await world.rules.create(given, at=now, actor=None), at=now)
    assert (shown["alert_delay"], shown["flapping"], shown["next_run"]) == ({"active": 1}, flapping, None)
    assert "artifacts" not in shown
    assert "scheduled_task_id" not in shown
    assert shown["actions"] == [
        {
            "id": "log",
            "connector_type_id": ".log",
            "params": {"message": "{{alert.id}}"},
            "uuid": "uuid-1",
            "group": "high",
            "frequency": {**frequency, "throttle": None},
            "use_alert_data_for_template": False,
        }
    ]


async def test_an_explicit_null_of_flapping_is_shown(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    assert rule_to_json(await world.rules.create(body(flapping=None), at=now, actor=None), at=now)["flapping"] is None


async def test_how_the_last_run_ended_is_shown(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    stored = await world.rules.create(body(), at=now, actor=None)
    status = RuleStatus(
        ExecutionStatus("error", now, 12, error=StatusReason("execute", "broken")),
        LastRun("failed", "execute", ("broken",), AlertsCount()),
        running=True,
    )
    shown = rule_to_json(replace(stored, status=status), at=now)
    assert shown["execution_status"] == {
        "status": "error",
        "last_execution_date": "2026-03-01T12:00:00.000Z",
        "last_duration": 12,
        "error": {"reason": "execute", "message": "broken"},
    }
    assert shown["last_run"] == {
        "outcome": "failed",
        "outcome_order": 20,
        "warning": "execute",
        "outcome_msg": ["broken"],
        "alerts_count": {"active": 0, "new": 0, "recovered": 0, "ignored": 0},
    }
    assert shown["running"] is True


async def test_dsl_is_never_shown_and_snoozes_only_when_there_are_any(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    stored = await world.rules.create(body(actions=[action()]), at=now, actor=None)
    filtered = replace(stored.rule.actions[0], alerts_filter={"query": {"kql": "a: b", "filters": [], "dsl": "{}"}})
    daily = {"dtstart": iso(now - timedelta(days=3)), "tzid": "UTC", "freq": 3, "interval": 1}
    snooze = {"id": "s", "duration": 3_600_000, "rRule": daily}
    rule = replace(stored.rule, actions=(filtered,), snooze_schedule=(snooze,))
    shown = rule_to_json(replace(stored, rule=rule), at=now)
    assert shown["actions"][0]["alerts_filter"] == {"query": {"kql": "a: b", "filters": []}}
    assert (shown["snooze_schedule"], shown["active_snoozes"]) == ([snooze], ["s"])
    assert shown["is_snoozed_until"] == iso(now + timedelta(hours=1))
    later = rule_to_json(replace(stored, rule=rule), at=now + timedelta(hours=1))
    assert (later["active_snoozes"], later["is_snoozed_until"]) == ([], None)
    members = {"snooze_schedule", "active_snoozes", "is_snoozed_until"}
    assert not members & rule_to_json(stored, at=now).keys()


async def test_a_response_can_be_sent_back_unchanged(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    given = body(actions=[action(), action(group="low")], flapping=None, tags=["a"], alert_delay={"active": 2})
    stored = await world.rules.create(given, at=now, actor=None, rule_id="r")
    again = body_of_response(rule_to_json(stored, at=now))
    applied = await world.rules.apply(again, rule_id="r", at=now + timedelta(minutes=1), actor=None)
    assert applied.outcome == "unchanged"
    other = await world.rules.create(again, at=now, actor=None, rule_id="copy")
    ignored = {"id", "scheduled_task_id"}
    assert {k: v for k, v in rule_to_json(other, at=now).items() if k not in ignored} == {
        k: v for k, v in rule_to_json(stored, at=now).items() if k not in ignored
    }


@pytest.mark.parametrize("member", sorted(RESPONSE_ONLY))
def test_response_only_members_are_ignored_whatever_they_hold(body: Callable[..., JsonObject], member: str) -> None:
    assert body_of_response({**body(), "id": "r", member: {"any": 1}}) == body()


def test_any_other_unknown_member_remains_an_error(
    body: Callable[..., JsonObject], action: Callable[..., JsonObject]
) -> None:
    document = body(executed_at="now", actions=[action(connector_type_id=".log", retries=1), "none"])
    with pytest.raises(InvalidInput) as refusal:
        parse_create(body_of_response(document))
    assert [problem.path for problem in refusal.value.problems] == ["actions.0.retries", "actions.1", "executed_at"]
