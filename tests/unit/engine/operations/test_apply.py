"""Applying definitions from files: create, change what differs, or nothing (DECISIONS 3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.model.alert import Alert
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject

MINUTE = timedelta(minutes=1)


async def test_an_unknown_id_is_created_at_an_offset(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    applied = await world.rules.apply(body(), rule_id="r", at=now, actor=None)
    assert (applied.outcome, applied.rule.id) == ("created", "r")
    assert now < applied.stored.schedule.next_run <= now + MINUTE


async def test_the_same_definition_again_changes_nothing(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    definition = body(actions=[action(), action(group="recovered")], flapping=None, alert_delay={"active": 2})
    first = await world.rules.apply(definition, rule_id="r", at=now, actor=None)
    again = await world.rules.apply(definition, rule_id="r", at=now + MINUTE, actor="bob")
    assert again.outcome == "unchanged"
    assert again.stored == first.stored == await world.rules.get("r")
    assert await world.audited() == ["create"]


async def test_a_changed_definition_updates_and_its_alerts_live_on(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.apply(body(), rule_id="r", at=now, actor=None)
    await world.run("r", Alert("a", "u", "high", now, visible=True))
    await world.rules.mute_alert("r", "a", at=now, actor=None)
    applied = await world.rules.apply(body(name="GPU"), rule_id="r", at=now + MINUTE, actor=None)
    assert (applied.outcome, applied.rule.revision, applied.rule.name) == ("updated", 1, "GPU")
    assert applied.rule.muted_alert_ids == ("a",)
    assert list((await world.state_of("r")).active) == ["a"]


async def test_the_file_is_the_whole_definition(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    flapping = {"look_back_window": 5, "status_change_threshold": 2}
    full = body(throttle="5m", alert_delay={"active": 3}, flapping=flapping, tags=["a"])
    await world.rules.apply(full, rule_id="r", at=now, actor=None)
    rule = (await world.rules.apply(body(), rule_id="r", at=now, actor=None)).rule
    assert (rule.throttle, rule.notify_when, rule.alert_delay, rule.flapping, rule.tags) == (None, None, None, None, ())
    assert rule.revision == 1


@pytest.mark.parametrize(
    ("before", "after", "outcome"), [(True, False, "disabled"), (False, True, "enabled"), (False, False, "unchanged")]
)
async def test_a_difference_in_enabled_is_an_enable_or_disable(
    world: Any, body: Callable[..., JsonObject], now: Any, before: bool, after: bool, outcome: str
) -> None:
    await world.rules.apply(body(enabled=before), rule_id="r", at=now, actor=None)
    applied = await world.rules.apply(body(enabled=after), rule_id="r", at=now + MINUTE, actor=None)
    assert (applied.outcome, applied.rule.enabled, applied.rule.revision) == (outcome, after, 0)
    assert (applied.stored.schedule.next_run is not None) is after


async def test_an_update_and_a_switch_come_together(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.apply(body(), rule_id="r", at=now, actor=None)
    applied = await world.rules.apply(body(name="GPU", enabled=False), rule_id="r", at=now, actor=None)
    assert (applied.outcome, applied.rule.enabled, applied.rule.name) == ("updated", False, "GPU")
    assert await world.audited() == ["create", "update", "disable"]


async def test_type_and_consumer_of_a_rule_are_fixed(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.apply(body(), rule_id="r", at=now, actor=None)
    with pytest.raises(InvalidInput, match=r"^consumer: "):
        await world.rules.apply(body(consumer="logs"), rule_id="r", at=now, actor=None)


async def test_a_wrong_definition_changes_nothing(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    first = await world.rules.apply(body(), rule_id="r", at=now, actor=None)
    with pytest.raises(InvalidInput):
        await world.rules.apply(body(params={}, enabled=False), rule_id="r", at=now, actor=None)
    assert await world.rules.get("r") == first.stored
