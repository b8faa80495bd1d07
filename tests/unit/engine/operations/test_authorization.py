"""Who may do what to rules, judged in the order of rest-api.md 1.4; and whose rights rules run with (1.7)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from engine.model.errors import Forbidden, InvalidInput, NotFound, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.model.role import Role, SpacePrivileges
from engine.model.settings import EngineSettings
from engine.operations.rules import Rules
from engine.ports.store import RuleQuery
from engine.security.caller import Caller
from engine.security.rights import EVERY_RIGHT, rights_of

ADMIN = Caller("root", EVERY_RIGHT)


def caller(name: str = "ann", key: str | None = None, **features: str) -> Caller:
    """A caller with these privileges by feature in the default space."""
    granted = {feature: (privilege,) for feature, privilege in features.items()}
    entries = (SpacePrivileges(("default",), feature=granted),) if granted else ()
    return Caller(name, rights_of([Role("r", entries)]), api_key_id=key)


ALL = caller(stackAlerts="all", actions="read")
READ = caller(stackAlerts="read", actions="all")
NONE = caller()
NO_CONNECTORS = caller(stackAlerts="all")

Act = Callable[[Rules, str, JsonObject], Awaitable[object]]


def by(now: datetime, **more: Any) -> dict[str, Any]:
    return {"at": now, "actor": "ann", **more}


ACTS: dict[str, tuple[Act, str]] = {
    # what is done to rule "r" of a body: the act, and whether reading is enough (read), or actions count (actions)
    "get": (lambda rules, rule, body: rules.get(rule), "read"),
    "update": (lambda rules, rule, body: rules.update(rule, body, **by(NOW)), "actions"),
    "delete": (lambda rules, rule, body: rules.delete(rule, **by(NOW)), "all"),
    "enable": (lambda rules, rule, body: rules.enable(rule, **by(NOW)), "actions"),
    "disable": (lambda rules, rule, body: rules.disable(rule, **by(NOW)), "all"),
    "update_api_key": (lambda rules, rule, body: rules.update_api_key(rule, **by(NOW)), "actions"),
    "mute_all": (lambda rules, rule, body: rules.mute_all(rule, **by(NOW)), "all"),
    "unmute_all": (lambda rules, rule, body: rules.unmute_all(rule, **by(NOW)), "all"),
    "mute_alert": (lambda rules, rule, body: rules.mute_alert(rule, "a", validate_existence=False, **by(NOW)), "all"),
    "unmute_alert": (lambda rules, rule, body: rules.unmute_alert(rule, "a", **by(NOW)), "all"),
    "untrack_alerts": (lambda rules, rule, body: rules.untrack_alerts(rule, ["a"], **by(NOW)), "all"),
    "unsnooze": (lambda rules, rule, body: rules.unsnooze(rule, **by(NOW)), "all"),
    "add_snooze_schedule": (lambda rules, rule, body: rules.add_snooze_schedule(rule, SNOOZE, **by(NOW)), "all"),
}
NOW = datetime.fromisoformat("2026-03-01T12:00:00Z")
SNOOZE = {"schedule": {"custom": {"start": "2026-03-02T00:00:00.000Z", "duration": "1h"}}}


GRANTED = {
    "an administrator": (ADMIN, {"read", "all", "actions"}),
    "all of it": (ALL, {"read", "all", "actions"}),
    "all but connectors": (NO_CONNECTORS, {"read", "all"}),
    "reading": (READ, {"read"}),
    "nothing": (NONE, set[str]()),
}


@pytest.mark.parametrize("name", ACTS)
async def test_each_act_needs_its_right(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], name: str
) -> None:
    act, needed = ACTS[name]
    definition = body(actions=[action()])
    as_update = {member: value for member, value in definition.items() if member not in ("rule_type_id", "consumer")}
    for rule_id, (who, allowed) in GRANTED.items():
        await world.rules.create(definition, rule_id=rule_id, **by(NOW))
        before = await world.rules.get(rule_id)
        rules = world.rules.under(who)
        if needed in allowed:
            await act(rules, rule_id, as_update)
        else:
            with pytest.raises(Forbidden):
                await act(rules, rule_id, as_update)
            assert await world.rules.get(rule_id) == before
        with pytest.raises(NotFound):
            await act(rules, "unknown", as_update)


async def test_a_rule_of_another_space_needs_a_right_there(world: Any, body: Callable[..., JsonObject]) -> None:
    await world.rules.create(body(), rule_id="r", **by(NOW, space="other"))
    with pytest.raises(Forbidden):
        await world.rules.under(ALL).get("r", space="other")


@pytest.mark.parametrize(
    ("who", "members", "error", "named"),
    [
        # The order in which a create body is judged (1.4): what an unprivileged caller learns, and what not.
        (NONE, {"rule_type_id": ".unknown"}, InvalidInput, "rule_type_id"),
        (NONE, {"consumer": "unknown"}, Forbidden, "not a known consumer"),
        (ADMIN, {"consumer": "unknown"}, Forbidden, "not a known consumer"),
        (NONE, {"params": {}}, Forbidden, "not allowed to create"),
        (READ, {}, Forbidden, "not allowed to create"),
        (ALL, {"consumer": "logs"}, Forbidden, "not allowed to create"),
        (ALL, {"params": {}}, InvalidInput, "params"),
        (NO_CONNECTORS, {"params": {}, "actions": True}, InvalidInput, "params"),
        (NO_CONNECTORS, {"actions": True}, Forbidden, "not allowed to use connectors"),
    ],
)
async def test_creating_is_judged_in_order(
    world: Any,
    body: Callable[..., JsonObject],
    action: Callable[..., JsonObject],
    who: Caller,
    members: JsonObject,
    error: type[TocsinError],
    named: str,
) -> None:
    given = {**members, "actions": [action()]} if "actions" in members else members
    with pytest.raises(error, match=named):
        await world.rules.under(who).create(body(**given), **by(NOW))
    assert (await world.rules.find(RuleQuery())).total == 0


async def test_capacity_is_judged_before_the_right_to_enable(world: Any, body: Callable[..., JsonObject]) -> None:
    await world.rules.create(body(enabled=False), rule_id="r", **by(NOW))
    world.use(EngineSettings(max_scheduled_per_minute=0))
    with pytest.raises(InvalidInput):
        await world.rules.under(NONE).enable("r", **by(NOW))


@pytest.mark.parametrize(
    ("who", "found"),
    [
        (ADMIN, ["alerts", "logs"]),
        (READ, ["alerts"]),
        (caller(stackAlerts="read", logs="read"), ["alerts"]),
        (caller(**{"base-is-not-a-feature": "read"}, stackAlerts="minimal_read"), ["alerts"]),
    ],
)
async def test_rules_that_may_not_be_read_are_not_found(
    world: Any, body: Callable[..., JsonObject], who: Caller, found: list[str]
) -> None:
    for consumer in ("alerts", "logs"):
        await world.rules.create(body(consumer=consumer), rule_id=consumer, **by(NOW))
    page = await world.rules.under(who).find(RuleQuery())
    assert ([stored.rule.id for stored in page.rules], page.total) == (found, len(found))


async def test_who_may_read_no_rules_at_all_may_not_look_for_them(world: Any) -> None:
    for who, space in ((NONE, "default"), (caller(actions="all"), "default"), (ALL, "other")):
        with pytest.raises(Forbidden, match="not allowed to find rules"):
            await world.rules.under(who).find(RuleQuery(), space=space)


async def owner(world: Any) -> tuple[object, object, object]:
    rule = (await world.rules.get("r")).rule
    return rule.api_key_owner, rule.api_key_created_by_user, rule.api_key_id


async def test_a_rule_runs_with_the_rights_of_who_created_or_changed_it(
    world: Any, body: Callable[..., JsonObject]
) -> None:
    definition = body()
    as_update = {member: definition[member] for member in ("name", "schedule", "params")}
    await world.rules.under(ALL).create(definition, rule_id="r", **by(NOW))
    assert await owner(world) == ("ann", False, None)
    bob = caller("bob", key="key-1", stackAlerts="all")
    await world.rules.under(bob).update("r", as_update, **by(NOW))
    assert await owner(world) == ("bob", True, "key-1")
    await world.rules.under(ALL).mute_all("r", **by(NOW))
    await world.rules.under(ALL).disable("r", **by(NOW))
    assert await owner(world) == ("bob", True, "key-1")
    await world.rules.under(ALL).enable("r", **by(NOW))
    assert await owner(world) == ("bob", True, "key-1")
    await world.rules.under(ALL).update_api_key("r", **by(NOW))
    assert await owner(world) == ("ann", False, None)
    await world.rules.update("r", as_update, **by(NOW))
    assert await owner(world) == (None, None, None)


async def test_a_rule_that_is_disabled_has_no_owner_until_it_is_enabled(
    world: Any, body: Callable[..., JsonObject]
) -> None:
    definition = body(enabled=False)
    as_update = {member: definition[member] for member in ("name", "schedule", "params")}
    await world.rules.under(ALL).create(definition, rule_id="r", **by(NOW))
    assert await owner(world) == (None, None, None)
    await world.rules.under(ALL).update("r", as_update, **by(NOW))
    assert await owner(world) == (None, None, None)
    await world.rules.under(caller("bob", stackAlerts="all")).enable("r", **by(NOW))
    assert await owner(world) == ("bob", False, None)


async def test_a_key_may_be_given_to_a_disabled_rule(world: Any, body: Callable[..., JsonObject]) -> None:
    await world.rules.under(ALL).create(body(enabled=False), rule_id="r", **by(NOW))
    await world.rules.under(caller("bob", key="key-1", stackAlerts="all")).update_api_key("r", **by(NOW))
    assert await owner(world) == ("bob", True, "key-1")
    assert (await world.rules.get("r")).rule.revision == 0
