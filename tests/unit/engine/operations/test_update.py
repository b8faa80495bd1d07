"""Updating rules: absent against null, revision, schedule, state, conflicts (rest-api.md 1.6, 2.8, 2.9)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.model.alert import Alert
from engine.model.errors import Conflict, InvalidInput, NotFound
from engine.model.jsonvalue import JsonObject
from engine.model.reference import Reference
from engine.model.settings import EngineSettings, FlappingSettings, SpaceSettings
from engine.ports.store import RuleQuery

FLAPPING = {"look_back_window": 5, "status_change_threshold": 2}


def as_update(create_body: JsonObject) -> JsonObject:
    return {k: v for k, v in create_body.items() if k not in ("rule_type_id", "consumer", "enabled")}


@pytest.fixture
def full(body: Callable[..., JsonObject], action: Callable[..., JsonObject]) -> JsonObject:
    """A create body with every optional member of its own."""
    return body(
        tags=["a", "b"],
        throttle="5m",
        notify_when="onActiveAlert",
        actions=[{k: v for k, v in action(uuid="u1").items() if k != "frequency"}],
        alert_delay={"active": 3},
        flapping=FLAPPING,
        artifacts={"dashboards": [{"id": "d"}]},
    )


@pytest.mark.parametrize(
    ("member", "attribute", "when_absent"),
    [
        ("tags", "tags", ()),
        ("actions", "actions", ()),
        ("notify_when", "notify_when", "onThrottleInterval"),
        ("throttle", "throttle", "5m"),
        ("alert_delay", "alert_delay", 3),
        ("artifacts", "artifacts", None),
    ],
)
async def test_what_an_absent_member_does(
    world: Any, full: JsonObject, now: Any, member: str, attribute: str, when_absent: object
) -> None:
    await world.rules.create(full, at=now, actor=None, rule_id="r")
    given = {k: v for k, v in as_update(full).items() if k != member}
    stored = await world.rules.update("r", given, at=now, actor=None)
    assert getattr(stored.rule, attribute) == when_absent


async def test_absent_flapping_is_kept_and_null_clears_it(world: Any, full: JsonObject, now: Any) -> None:
    await world.rules.create(full, at=now, actor=None, rule_id="r")
    given = {k: v for k, v in as_update(full).items() if k != "flapping"}
    kept = await world.rules.update("r", given, at=now, actor=None)
    assert kept.rule.flapping is not None
    cleared = await world.rules.update("r", {**given, "flapping": None}, at=now, actor=None)
    assert (cleared.rule.flapping, cleared.rule.flapping_is_set) == (None, True)


async def test_absent_params_are_judged_as_empty(world: Any, full: JsonObject, now: Any) -> None:
    await world.rules.create(full, at=now, actor=None, rule_id="r")
    given = {k: v for k, v in as_update(full).items() if k != "params"}
    with pytest.raises(InvalidInput, match=r"^params\.level"):
        await world.rules.update("r", given, at=now, actor=None)


async def test_a_throttle_cannot_be_cleared(world: Any, full: JsonObject, now: Any) -> None:
    await world.rules.create(full, at=now, actor=None, rule_id="r")
    stored = await world.rules.update("r", {**as_update(full), "throttle": None}, at=now, actor=None)
    assert (stored.rule.throttle, stored.rule.revision) == ("5m", 0)


async def test_a_kept_throttle_does_not_count_for_the_placement_of_frequencies(
    world: Any, full: JsonObject, action: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.create(full, at=now, actor=None, rule_id="r")
    given = {**as_update(full), "throttle": None, "notify_when": None, "actions": [action()]}
    stored = await world.rules.update("r", given, at=now, actor=None)
    assert (stored.rule.throttle, stored.rule.notify_when) == ("5m", None)


@pytest.mark.parametrize(
    ("change", "revision"),
    [
        ({}, 0),
        ({"name": "GPU"}, 1),
        ({"tags": ["b", "a"]}, 1),
        ({"schedule": {"interval": "60s"}}, 1),
        ({"throttle": "6m"}, 1),
        ({"notify_when": "onActionGroupChange"}, 1),
        ({"params": {"level": 6}}, 1),
        ({"params": {"level": 5.0, "note": "none"}}, 0),
        ({"params": {"level": True}}, 1),
        ({"actions": []}, 1),
        ({"alert_delay": {"active": 4}}, 1),
        ({"flapping": {**FLAPPING, "enabled": True}}, 0),
        ({"flapping": {**FLAPPING, "enabled": False}}, 1),
        ({"flapping": None}, 1),
        ({"artifacts": {"dashboards": [{"id": "e"}]}}, 1),
    ],
)
async def test_the_revision_rises_by_one_when_the_meaning_changes(
    world: Any, full: JsonObject, now: Any, change: JsonObject, revision: int
) -> None:
    await world.rules.create(full, at=now, actor="ann", rule_id="r")
    later = now + timedelta(minutes=2)
    stored = await world.rules.update("r", {**as_update(full), **change}, at=later, actor="bob")
    assert stored == await world.rules.get("r")
    assert stored.rule.revision == revision
    assert (stored.rule.created_at, stored.rule.created_by) == (now, "ann")
    assert (stored.rule.updated_at, stored.rule.updated_by) == (later, "bob")


async def test_an_action_sent_without_uuid_that_does_the_same_is_the_same(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    first = await world.rules.create(
        body(actions=[action(), action(), action(group="low")]), at=now, actor=None, rule_id="r"
    )
    same = await world.rules.update(
        "r", as_update(body(actions=[action(), action(), action(group="low")])), at=now, actor=None
    )
    assert same.rule.actions == first.rule.actions
    assert same.rule.revision == 0
    other = await world.rules.update(
        "r", as_update(body(actions=[action(group="low"), action(params={})])), at=now, actor=None
    )
    known = {a.uuid for a in first.rule.actions}
    assert [a.uuid in known for a in other.rule.actions] == [True, False]
    assert other.rule.revision == 1


@pytest.mark.parametrize(
    ("interval", "at_s", "expected_s"),
    [("2m", 10, 120), ("5m", 10, 300), ("5s", 10, 10)],
)
async def test_a_new_interval_counts_from_the_last_planned_run(
    world: Any, body: Callable[..., JsonObject], now: Any, interval: str, at_s: int, expected_s: int
) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    await world.run("r", at=now)
    edit = as_update(body(schedule={"interval": interval}))
    stored = await world.rules.update("r", edit, at=now + timedelta(seconds=at_s), actor=None)
    assert stored.schedule.next_run == now + timedelta(seconds=expected_s)


async def test_an_edit_that_leaves_the_interval_leaves_the_schedule(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    await world.run("r", at=now)
    before = await world.rules.get("r")
    after = await world.rules.update("r", as_update(body(name="GPU")), at=now + timedelta(seconds=5), actor=None)
    assert after.schedule == before.schedule
    assert after.status == before.status


async def test_the_rule_type_state_survives_only_edits_that_keep_it(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    await world.run("r", Alert("a", "u", "high", now, visible=True), type_state={"seen": 1})
    await world.rules.update("r", as_update(body(params={"level": 5, "note": "x"})), at=now, actor=None)
    assert (await world.state_of("r")).type_state == {"seen": 1}
    await world.rules.update("r", as_update(body(params={"level": 6})), at=now, actor=None)
    state = await world.state_of("r")
    assert state.type_state == {}
    assert list(state.active) == ["a"]


async def test_sending_stored_flapping_back_passes_where_the_space_switched_it_off(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.create(body(flapping=FLAPPING), at=now, actor=None, rule_id="r")
    off = SpaceSettings(flapping=FlappingSettings(enabled=False))
    await world.store.put_space_settings("default", off, None)
    await world.rules.update("r", as_update(body(flapping=FLAPPING)), at=now, actor=None)
    await world.rules.update("r", as_update(body()), at=now, actor=None)
    changed = {**FLAPPING, "look_back_window": 6}
    with pytest.raises(InvalidInput, match=r"^flapping: "):
        await world.rules.update("r", as_update(body(flapping=changed)), at=now, actor=None)


async def test_the_circuit_breaker_frees_the_interval_that_is_replaced(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.create(body(schedule={"interval": "30s"}), at=now, actor=None, rule_id="r")
    await world.rules.create(body(schedule={"interval": "30s"}, enabled=False), at=now, actor=None, rule_id="idle")
    world.use(EngineSettings(max_scheduled_per_minute=2))
    for interval in ("1m", "30s"):
        await world.rules.update("r", as_update(body(schedule={"interval": interval})), at=now, actor=None)
    with pytest.raises(InvalidInput, match=r"^schedule\.interval"):
        await world.rules.update("r", as_update(body(schedule={"interval": "20s"})), at=now, actor=None)
    await world.rules.update("idle", as_update(body(schedule={"interval": "1s"})), at=now, actor=None)


async def test_a_bad_body_is_told_before_an_unknown_id(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^schedule\.interval"):
        await world.rules.update("none", as_update(body(schedule={"interval": "0s"})), at=now, actor=None)
    with pytest.raises(NotFound, match=r"rule \[none\]"):
        await world.rules.update("none", as_update(body()), at=now, actor=None)


async def test_a_refused_update_leaves_the_rule(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    before = await world.rules.create(body(), at=now, actor=None, rule_id="r")
    with pytest.raises(InvalidInput):
        await world.rules.update("r", as_update(body(name="GPU", actions=[action(id="nobody")])), at=now, actor=None)
    assert await world.rules.get("r") == before


@pytest.mark.parametrize("interferences", [1, 2])
async def test_a_change_by_another_is_built_upon(
    world: Any, body: Callable[..., JsonObject], now: Any, interferences: int
) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    world.interfere(interferences, lambda theirs: replace(theirs, rule=replace(theirs.rule, mute_all=True)))
    stored = await world.rules.update("r", as_update(body(name="GPU")), at=now, actor=None)
    assert (stored.rule.name, stored.rule.mute_all) == ("GPU", True)
    assert world.pauses == interferences
    assert stored == await world.rules.get("r")


async def test_the_third_conflict_is_an_error(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.create(body(), at=now, actor=None, rule_id="r")
    world.interfere(3)
    with pytest.raises(Conflict):
        await world.rules.update("r", as_update(body(name="GPU")), at=now, actor=None)
    assert (await world.rules.get("r")).rule.name == "CPU"
    assert world.pauses == 2


async def test_what_params_refer_to_is_kept_with_them(
    world: Any, body: Callable[..., JsonObject], now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule_type = world.rules._registry.rule_type(".level")
    monkeypatch.setattr(rule_type, "data_view_members", (("note",),), raising=False)

    async def users(view_id: str) -> int:
        return (await world.rules.find(RuleQuery(refers_to=Reference("index-pattern", view_id)))).total

    given = body(params={"level": 5, "note": "v"})
    await world.rules.create(given, at=now, actor=None, rule_id="r")
    await world.rules.mute_all("r", at=now, actor=None)
    assert (await users("v"), await users("w")) == (1, 0)
    await world.rules.update("r", as_update(given) | {"params": {"level": 5, "note": "w"}}, at=now, actor=None)
    assert (await users("v"), await users("w")) == (0, 1)
    await world.rules.update("r", as_update(given) | {"params": {"level": 5}}, at=now, actor=None)
    assert (await users("v"), await users("w")) == (0, 0)
