"""Creating rules: what is stored, and the order of the checks (rest-api.md 1.4, 2.1, 2.7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.model.errors import Conflict, Forbidden, InvalidInput, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings, FlappingSettings, SpaceSettings
from engine.ports.store import RuleQuery

MINUTE = timedelta(minutes=1)
SWITCHED_OFF = SpaceSettings(flapping=FlappingSettings(enabled=False))


async def test_a_new_rule_has_validated_params_and_runs_at_once(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    stored = await world.rules.create(body(), at=now, actor="ann", rule_id="r")
    assert stored == await world.rules.get("r")
    rule = stored.rule
    assert rule.params == {"level": 5, "note": "none"}
    assert (rule.revision, rule.scheduled_task_id, rule.created_by, rule.updated_by) == (0, "r", "ann", "ann")
    assert (rule.api_key_owner, rule.api_key_created_by_user) == (None, None)
    assert rule.created_at == rule.updated_at == now
    assert (stored.schedule.next_run, stored.schedule.shown_next_run) == (now, now + MINUTE)
    assert stored.status.execution_status.status == "pending"
    assert stored.status.execution_status.last_duration is None
    assert await world.audited() == ["create"]


async def test_a_disabled_rule_has_no_schedule_and_no_task(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    stored = await world.rules.create(body(enabled=False), at=now, actor="ann")
    assert stored.rule.id == "uuid-1"
    assert stored.schedule.next_run is None
    assert stored.rule.scheduled_task_id is None


async def test_rules_created_in_bulk_start_at_a_stable_offset(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    firsts = [
        (await world.rules.create(body(), at=now, actor=None, rule_id=f"r{at}", in_bulk=True)).schedule.next_run
        for at in range(8)
    ]
    assert all(now < first <= now + MINUTE for first in firsts)
    assert len(set(firsts)) > 4


@pytest.mark.parametrize(
    ("given", "stored_as"),
    [
        ({}, None),
        ({"throttle": "5m"}, "onThrottleInterval"),
        ({"throttle": "5m", "notify_when": "onActiveAlert"}, "onActiveAlert"),
        ({"notify_when": "onThrottleInterval"}, "onThrottleInterval"),
        ({"throttle": "5m", "notify_when": None}, "onThrottleInterval"),
    ],
)
async def test_notify_when_follows_from_a_throttle(
    world: Any, body: Callable[..., JsonObject], now: Any, given: JsonObject, stored_as: str | None
) -> None:
    stored = await world.rules.create(body(**given), at=now, actor=None)
    assert (stored.rule.notify_when, stored.rule.throttle) == (stored_as, given.get("throttle"))


async def test_an_id_is_taken_only_in_its_space(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    await world.rules.create(body(), at=now, actor=None, rule_id="r", space="other")
    with pytest.raises(Conflict, match=r"\[r\]"):
        await world.rules.create(body(), at=now, actor=None, rule_id="r")


def failing(stage: int) -> tuple[JsonObject, str]:
    """A body that fails the checks from a stage on, and what the refusal is recognised by."""
    frequency = {"summary": False, "notify_when": "onActiveAlert"}
    stages: list[tuple[JsonObject, str]] = [
        ({"tags": 1}, "tags"),
        ({"actions": [{"id": "nobody", "frequency": frequency}]}, "actions.0.group"),
        ({"flapping": {"look_back_window": 5, "status_change_threshold": 6}}, "flapping.status_change_threshold"),
        ({"rule_type_id": ".nothing"}, "rule_type_id"),
        ({"schedule": {"interval": "1s"}}, "schedule.interval: 60 runs"),
        ({"consumer": "me"}, "consumer"),
        ({"params": {}}, "params.level"),
        ({"actions": [{"id": "nobody", "group": "high", "frequency": frequency}]}, "actions.0.id"),
        ({"schedule": {"interval": "1s"}}, "schedule.interval: 1s"),
        ({"actions": [{"id": "system", "frequency": frequency}]}, "actions.0.id: system"),
    ]
    members: JsonObject = {}
    for later, _ in reversed(stages[stage:]):
        members |= later
    return members, stages[stage][1]


@pytest.mark.parametrize("stage", range(10))
async def test_the_checks_have_a_fixed_order(world: Any, body: Callable[..., JsonObject], now: Any, stage: int) -> None:
    limit = 3 if stage <= 4 else 1000
    world.use(EngineSettings(max_scheduled_per_minute=limit, enforce_minimum_schedule_interval=True))
    await world.store.put_space_settings("default", SpaceSettings(), None)
    members, expected = failing(stage)
    with pytest.raises(TocsinError, match=f"^{expected}") as refusal:
        await world.rules.create(body(**members), at=now, actor=None)
    assert isinstance(refusal.value, Forbidden if expected == "consumer" else InvalidInput)
    assert (await world.store.find_rules("default", RuleQuery())).total == 0


async def test_a_bad_body_is_told_before_a_taken_id(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    with pytest.raises(InvalidInput):
        await world.rules.create(body(params={}), at=now, actor=None, rule_id="r")


@pytest.mark.parametrize("consumer", ["alerts", "stackAlerts", "discover", "uptime", "mine"])
async def test_known_and_configured_consumers_may_own_rules(
    world: Any, body: Callable[..., JsonObject], now: Any, consumer: str
) -> None:
    world.use(EngineSettings(consumers=("mine",)))
    assert (await world.rules.create(body(consumer=consumer), at=now, actor=None)).rule.consumer == consumer


async def test_a_rule_cannot_set_flapping_where_the_space_switched_it_off(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.store.put_space_settings("default", SWITCHED_OFF, None)
    chosen = {"look_back_window": 5, "status_change_threshold": 2}
    with pytest.raises(InvalidInput, match=r"^flapping: "):
        await world.rules.create(body(flapping=chosen), at=now, actor=None)
    assert (await world.rules.create(body(flapping=None), at=now, actor=None)).rule.flapping_is_set


async def test_the_circuit_breaker_counts_enabled_rules_of_all_spaces(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    world.use(EngineSettings(max_scheduled_per_minute=3))
    await world.rules.create(body(schedule={"interval": "30s"}), at=now, actor=None)
    await world.rules.create(body(schedule={"interval": "1s"}, enabled=False), at=now, actor=None)
    await world.rules.create(body(), at=now, actor=None, space="other")
    with pytest.raises(InvalidInput, match=r"^schedule\.interval"):
        await world.rules.create(body(), at=now, actor=None)
    await world.rules.create(body(enabled=False), at=now, actor=None)


async def test_thirds_of_a_run_add_up_within_the_tolerance(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    world.use(EngineSettings(max_scheduled_per_minute=1))
    for _ in range(3):
        await world.rules.create(body(schedule={"interval": "3m"}), at=now, actor=None)
    with pytest.raises(InvalidInput):
        await world.rules.create(body(schedule={"interval": "365d"}), at=now, actor=None)


async def test_a_short_interval_is_warned_of_unless_the_minimum_is_enforced(
    world: Any, body: Callable[..., JsonObject], now: Any, caplog: pytest.LogCaptureFixture
) -> None:
    short = body(schedule={"interval": "59s"})
    await world.rules.create(short, at=now, actor=None)
    assert "59s" in caplog.text
    world.use(replace(EngineSettings(), enforce_minimum_schedule_interval=True))
    with pytest.raises(InvalidInput, match=r"^schedule\.interval"):
        await world.rules.create(short, at=now, actor=None)
