"""A rule runs with the rights of its owner: what becomes of it when these end (rest-api.md 1.7)."""

from datetime import timedelta
from typing import Any

import pytest

from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.model.user import ApiKey, User
from engine.operations.roles import Roles
from engine.operations.users import Users
from engine.security.caller import Caller
from engine.security.policy import OFF, ON, Security
from engine.security.rights import EVERY_RIGHT
from engine.service.owners import OwnerRights

GRANTED: JsonObject = {"stackAlerts": ["read"], "actions": ["read"]}


async def grant(world: Any, features: JsonObject) -> None:
    body = {"elasticsearch": {}, "kibana": [{"feature": features}]}
    await Roles(world.store).put("mine", body, **world.by_user())


@pytest.fixture
async def secured(world: Any) -> Any:
    """The world with security on: ann owns rule ``r``, which tells of alert ``a``."""
    at = world.clock.now()
    world.security = Security(world.store, ON)
    world.owners = OwnerRights(world.security)
    world.compose(EngineSettings())
    await grant(world, GRANTED)
    await world.store.insert_user(User("ann", "hash", at, at, ("mine",)), None)
    world.rules = world.rules.under(Caller("ann", EVERY_RIGHT))
    await world.add_rule()
    world.rule_type.reports["r"] = ["a"]
    return world


async def run(world: Any) -> tuple[str, str, int]:
    """Execution status, its reason, and how many notifications there are."""
    world.clock.set(world.clock.now() + timedelta(minutes=1))
    await world.tick()
    status = (await world.rules.get("r")).status.execution_status
    reason = status.error.reason if status.error else status.warning.reason if status.warning else ""
    return status.status, reason, len(await world.store.notifications("default"))


async def test_a_rule_runs_and_notifies_while_its_owner_may(secured: Any) -> None:
    assert await run(secured) == ("active", "", 1)


@pytest.mark.parametrize("how", ["removed", "shut out", "without roles", "role removed", "role takes back"])
async def test_a_rule_fails_once_its_owner_may_not_see_it_any_more(secured: Any, how: str) -> None:
    await run(secured)
    users, who = Users(secured.store), secured.by_user()
    match how:
        case "removed":
            await users.remove("ann", **who)
        case "shut out":
            await users.set_enabled("ann", False, **who)
        case "without roles":
            await users.set_roles("ann", [], **who)
        case "role removed":
            await Roles(secured.store).delete("mine", **who)
        case "role takes back":
            await grant(secured, {"actions": ["all"]})
    assert await run(secured) == ("error", "read", 1)
    error = (await secured.rules.get("r")).status.execution_status.error
    assert "user [ann]" in error.message
    assert "let somebody" in error.message


async def test_actions_are_withheld_with_the_reason_once_the_owner_may_use_no_connectors(secured: Any) -> None:
    await run(secured)
    await grant(secured, {"stackAlerts": ["all"]})
    assert await run(secured) == ("warning", "ruleExecution", 1)
    warning = (await secured.rules.get("r")).status.execution_status.warning
    assert warning.message.endswith("its connector [one] may not be used by the owner of the rule")
    [entry] = (await secured.store.ledger("default"))[-1].entries
    assert (entry.reason, entry.facts) == ("connectorForbidden", {"connector_id": "one", "owner": "ann"})
    await grant(secured, GRANTED)
    assert await run(secured) == ("active", "", 2)


async def test_owners_are_not_judged_while_security_is_off(secured: Any) -> None:
    await Users(secured.store).remove("ann", **secured.by_user())
    secured.security.policy = OFF
    assert await run(secured) == ("active", "", 1)
    secured.security.policy = ON
    assert await run(secured) == ("error", "read", 1)


async def test_a_rule_of_nobody_runs_whoever_there_is(secured: Any) -> None:
    await Users(secured.store).remove("ann", **secured.by_user())
    secured.rules = secured.rules.under(Caller(None, EVERY_RIGHT))
    await secured.rules.update_api_key("r", **secured.by_user())
    assert await run(secured) == ("active", "", 1)


async def test_a_borrowed_key_counts_as_long_as_it_lasts(secured: Any) -> None:
    at = secured.clock.now()
    for key_id, lasts in (("short", timedelta(seconds=90)), ("long", None)):
        expires_at = None if lasts is None else at + lasts
        await secured.store.insert_api_key(ApiKey(key_id, key_id, "ann", "hash", at, expires_at), None)
    for key_id in ("short", "long"):
        rules = secured.rules.under(Caller("ann", EVERY_RIGHT, api_key_id=key_id))
        await rules.update_api_key("r", **secured.by_user())
        assert (await run(secured))[0] == "active"
        if key_id == "long":
            await secured.store.delete_api_key("long", None)
        assert (await run(secured))[:2] == ("error", "read")
        assert f"API key [{key_id}]" in (await secured.rules.get("r")).status.execution_status.error.message


async def test_nothing_is_read_again_while_nothing_has_changed(secured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await run(secured)
    read: list[str] = []
    real = secured.store.users

    async def users() -> list[User]:
        read.append("users")
        return list(await real())

    monkeypatch.setattr(secured.store, "users", users)
    await run(secured)
    await run(secured)
    assert read == []
    await grant(secured, GRANTED)
    await run(secured)
    assert read == ["users"]
