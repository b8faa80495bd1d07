"""Rules are compiled once per revision, and one that cannot be compiled concerns nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.model.settings import EngineSettings
from engine.ports.store import RuleChange, RuleKey
from engine.service.compiler import CompiledRule, RuleCompiler, Unrunnable


@pytest.fixture
def compiler(world):
    return RuleCompiler(world.store, world.registry, EngineSettings())


async def compile_one(world, compiler, rule_id="r"):
    claim = await world.claim(rule_id)
    [compiled] = await compiler.compile([claim])
    await world.store.release([claim])
    return compiled


async def change(world, **members):
    stored = await world.stored()
    assert await world.store.change_rule(RuleChange(replace(stored.rule, **members), stored.version))


async def test_a_rule_is_compiled_once(world, compiler):
    await world.add_rule(params={"n": 1})
    first = await compile_one(world, compiler)
    assert isinstance(first, CompiledRule)
    assert (first.interval, first.timeout, first.rule.id) == (timedelta(minutes=1), timedelta(minutes=5), "r")
    assert await compile_one(world, compiler) is first
    assert world.rule_type.compiled == [{"n": 1}]


async def test_a_changed_rule_is_compiled_anew(world, compiler):
    await world.add_rule(params={"n": 1})
    await compile_one(world, compiler)
    await change(world, params={"n": 2})
    await compile_one(world, compiler)
    assert world.rule_type.compiled == [{"n": 1}, {"n": 2}]


async def test_rules_come_in_the_order_of_their_claims(world, compiler):
    for name in ("a", "b", "c"):
        await world.add_rule(name)
    claims = [await world.claim(name) for name in ("b", "c", "a")]
    await compiler.compile(claims[1:2])
    assert [compiled.rule.id for compiled in await compiler.compile(claims)] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("members", "reason", "says"),
    [
        ({"enabled": False}, "disabled", "disabled"),
        ({"rule_type_id": "not-there"}, "license", "rule type [not-there] is not registered"),
        ({"params": {"bad": 1}}, "validate", "bad: is not allowed"),
        ({"params": {"explodes": 1}}, "unknown", "compiling divides by zero"),
        ({"interval": "often"}, "unknown", "often"),
    ],
)
async def test_a_rule_that_cannot_run_says_why(world, compiler, members, reason, says):
    await world.add_rule()
    await change(world, **members)
    compiled = await compile_one(world, compiler)
    assert isinstance(compiled, Unrunnable)
    assert compiled.reason == reason
    assert says in compiled.message


async def damage(world, sql):
    await world.store._session.write(lambda connection: connection.execute(text(sql)))


async def test_a_rule_that_cannot_be_read_fails_alone_and_is_looked_at_again(world, compiler):
    for name in ("fine", "broken"):
        await world.add_rule(name)
    await damage(world, "UPDATE rules SET params = '[broken' WHERE id = 'broken'")
    claims = [await world.claim(name) for name in ("broken", "fine")]
    broken, fine = await compiler.compile(claims)
    assert isinstance(fine, CompiledRule)
    assert isinstance(broken, Unrunnable)
    assert (broken.reason, broken.identity.id) == ("decrypt", "broken")
    await damage(world, "UPDATE rules SET params = '{}' WHERE id = 'broken'")
    assert isinstance((await compiler.compile(claims))[0], CompiledRule)


@pytest.mark.parametrize("state", ["x'5b'", "x'78ff'", '\'{"active": {"a": {}}}\'', "'{\"active\": [1]}'"])
async def test_a_rule_with_a_damaged_state_fails_until_it_is_enabled_anew(world, state):
    for name in ("fine", "broken"):
        await world.add_rule(name)
    await damage(
        world,
        f"UPDATE rule_runtime SET state = CAST({state} AS BLOB)"
        " WHERE rule_no = (SELECT no FROM rules WHERE id = 'broken')",
    )
    outcomes = {run.claim.key.id: run.record.trace.reason for run in await world.tick()}
    assert outcomes == {"fine": None, "broken": "decrypt"}
    await world.rules.disable("broken", **world.by_user())
    await world.rules.enable("broken", **world.by_user())
    assert [run.record.trace.reason for run in await world.tick()] == [None]


async def test_least_recently_used_rules_are_forgotten_first(world, compiler, monkeypatch):
    monkeypatch.setattr("engine.service.compiler._MOST_COMPILED", 2)
    for name in ("a", "b", "c"):
        await world.add_rule(name, params={"name": name})
    for name in ("a", "b", "a", "c", "a", "b"):
        await compile_one(world, compiler, name)
    assert [params["name"] for params in world.rule_type.compiled] == ["a", "b", "c", "b"]


async def test_keys_tell_spaces_apart(world, compiler):
    await world.add_rule("same", params={"in": "default"})
    other = await world.stored("same")
    rule = replace(other.rule, space="other", params={"in": "other"})
    assert await world.store.insert_rule(rule, other.schedule, other.status, None)
    at = world.clock.now()
    claims = [
        await world.store.claim_rule(RuleKey(space, "same"), at, "test", at + timedelta(minutes=1))
        for space in ("default", "other")
    ]
    await compiler.compile(claims)
    assert [params["in"] for params in world.rule_type.compiled] == ["default", "other"]
