"""What applying a definition would do is told before it is done, and is what is done then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.model.errors import Forbidden, InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.operations.rule_form import MemberChange, changed_members, rule_to_definition

Build = Callable[..., JsonObject]
HOUR = timedelta(hours=1)


async def test_a_new_rule_is_planned_and_not_made(world: Any, body: Build, now: Any) -> None:
    planned = await world.rules.plan(body(), rule_id="r", at=now)
    assert (planned.before, planned.outcome, planned.changes) == (None, "created", ())
    assert await world.audited() == []


async def test_members_that_would_change_are_named(world: Any, body: Build, action: Build, now: Any) -> None:
    await world.rules.apply(body(tags=["a"], actions=[action()]), rule_id="r", at=now, actor=None)
    edited = body(tags=["a", "b"], params={"level": 6}, actions=[action(group="low"), action()], throttle=None)
    planned = await world.rules.plan(edited, rule_id="r", at=now)
    assert planned.outcome == "updated"
    assert [change for change in planned.changes if not change.path.startswith("actions.1")] == [
        MemberChange("tags", ["a"], ["a", "b"]),
        MemberChange("params.level", 5, 6),
        MemberChange("actions.0.group", "high", "low"),
    ]
    assert "actions.1" in [change.path for change in planned.changes]
    assert await world.audited() == ["create"]


async def test_a_uuid_counts_only_if_it_was_written(world: Any, body: Build, action: Build, now: Any) -> None:
    await world.rules.apply(body(actions=[action()]), rule_id="r", at=now, actor=None)
    same = await world.rules.plan(body(actions=[action()]), rule_id="r", at=now)
    assert (same.outcome, same.changes) == ("unchanged", ())
    other = await world.rules.plan(body(actions=[action(uuid="mine")]), rule_id="r", at=now)
    assert (other.outcome, other.changes) == ("updated", (MemberChange("actions.0.uuid", None, "mine"),))


@pytest.mark.parametrize("keeps_switch", [True, False])
@pytest.mark.parametrize("is_edited", [True, False])
@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("before", [True, False])
async def test_what_was_planned_is_what_is_done(
    world: Any, body: Build, now: Any, before: bool, after: bool, is_edited: bool, keeps_switch: bool
) -> None:
    await world.rules.apply(body(enabled=before), rule_id="r", at=now, actor=None)
    edited = body(enabled=after, name="GPU" if is_edited else "CPU")
    planned = await world.rules.plan(edited, rule_id="r", at=now, keeps_switch=keeps_switch)
    applied = await world.rules.apply(edited, rule_id="r", at=now, actor=None, keeps_switch=keeps_switch)
    assert planned.outcome == applied.outcome
    told = {change.path: change.after for change in planned.changes}
    wanted: JsonObject = {"name": "GPU"} if is_edited else {}
    if before != after and not keeps_switch:
        wanted["enabled"] = after
    assert told == wanted
    # And then nothing is left to do.
    again = await world.rules.plan(edited, rule_id="r", at=now, keeps_switch=keeps_switch)
    assert (again.outcome, again.changes) == ("unchanged", ())


async def test_what_would_be_refused_is_refused(world: Any, body: Build, action: Build, now: Any) -> None:
    with pytest.raises(InvalidInput, match="level: is required"):
        await world.rules.plan(body(params={}), rule_id="r", at=now)
    with pytest.raises(Forbidden):
        await world.rules.plan(body(consumer="nobody"), rule_id="r", at=now)
    await world.rules.apply(body(enabled=False), rule_id="r", at=now, actor=None)
    with pytest.raises(InvalidInput, match="consumer: cannot be changed"):
        await world.rules.plan(body(consumer="logs"), rule_id="r", at=now)
    world.use(EngineSettings(max_scheduled_per_minute=0))
    with pytest.raises(InvalidInput):
        await world.rules.plan(body(), rule_id="r", at=now)


FULL: JsonObject = {
    "tags": ["a", "a"],
    "enabled": False,
    "alert_delay": {"active": 3},
    "artifacts": {"dashboards": [{"id": "d"}], "investigation_guide": {"blob": "look"}},
}


@pytest.mark.parametrize(
    "members",
    [
        {},
        FULL,
        {"flapping": None},
        {"flapping": {"look_back_window": 5, "status_change_threshold": 2}},
        {"flapping": {"look_back_window": 5, "status_change_threshold": 2, "enabled": False}},
        {"throttle": "5m"},
        {"notify_when": "onActiveAlert"},
    ],
)
async def test_a_definition_makes_the_same_rule_again(world: Any, body: Build, now: Any, members: JsonObject) -> None:
    rule = (await world.rules.create(body(**members), at=now, actor=None, rule_id="r")).rule
    await _assert_made_again(world, rule, now)


async def test_a_definition_makes_the_same_actions_again(world: Any, body: Build, action: Build, now: Any) -> None:
    alerts_filter = {
        "query": {
            "kql": "a: b",
            "filters": [{"meta": {}, "query": {"match_all": {}}, "$state": {"store": "appState"}}],
        },
        "timeframe": {"days": [1], "hours": {"start": "08:00", "end": "17:00"}, "timezone": "Europe/Vienna"},
    }
    summary = {"summary": True, "notify_when": "onThrottleInterval", "throttle": "1h"}
    actions = [
        action(alerts_filter=alerts_filter, use_alert_data_for_template=True),
        action(frequency=summary, uuid="mine"),
    ]
    rule = (await world.rules.create(body(actions=actions), at=now, actor=None, rule_id="r")).rule
    await _assert_made_again(world, rule, now)


async def _assert_made_again(world: Any, rule: Any, now: Any) -> None:
    definition = rule_to_definition(rule)
    rule_id = definition.pop("id")
    assert (await world.rules.plan(definition, rule_id=rule_id, at=now)).outcome == "unchanged"
    await world.rules.delete("r", at=now, actor=None)
    assert (await world.rules.apply(definition, rule_id=rule_id, at=now, actor=None)).rule == rule


def test_numbers_are_compared_by_value_and_a_boolean_is_none() -> None:
    before, after = {"a": {"b": 1, "c": None}}, {"a": {"b": 1.0, "c": None, "d": [True]}}
    assert changed_members(before, after) == (MemberChange("a.d", None, [True]),)
    assert changed_members({"a": 1}, {"a": True}) == (MemberChange("a", 1, True),)
