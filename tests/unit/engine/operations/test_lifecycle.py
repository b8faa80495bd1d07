"""Enabling, disabling, untracking, deleting (rest-api.md 4.1, 4.2; rule-run.md 13)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.model.alert import Alert, RuleState
from engine.model.errors import InvalidInput, NotFound
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.model.trace import UntrackTrace

MINUTE = timedelta(minutes=1)


def alert(alert_id: str, now: Any, *, visible: bool = True) -> Alert:
    return Alert(
        alert_id,
        f"uuid-of-{alert_id}",
        "high",
        now,
        visible=visible,
        flapping=True,
        flapping_history=[True, True],
        pending_recovered_count=1,
        fields={"kibana.alert.status": "active"},
    )


@pytest.fixture
async def running(world: Any, body: Callable[..., JsonObject], now: Any) -> Any:
    """A world with rule ``r`` that ran once and tracks ``a`` and ``b`` (visible) and ``c`` (delayed)."""
    await world.rules.create(body(), at=now, actor="ann", rule_id="r")
    alerts = [alert("a", now), alert("b", now), alert("c", now, visible=False)]
    await world.run("r", *alerts, type_state={"seen": 1})
    return world


async def untracked(world: Any) -> list[str]:
    documents = await world.store.documents("default", status="untracked")
    return sorted(document["kibana.alert.uuid"] for document in documents)


async def untrack_events(world: Any) -> list[list[str]]:
    traces = await world.store.traces("default")
    return [[mention.id for mention in trace.alerts] for trace in traces if isinstance(trace, UntrackTrace)]


async def test_disabling_keeps_alerts_and_takes_the_schedule(running: Any, now: Any) -> None:
    stored = await running.rules.disable("r", at=now + MINUTE, actor="bob")
    assert stored == await running.rules.get("r")
    assert (stored.rule.enabled, stored.schedule.next_run, stored.rule.revision) == (False, None, 0)
    assert stored.rule.scheduled_task_id == "r"
    assert (stored.rule.updated_at, stored.rule.updated_by) == (now + MINUTE, "bob")
    state = await running.state_of("r")
    assert list(state.active) == ["a", "b", "c"]
    assert state.type_state == {"seen": 1}
    assert await untracked(running) == []


async def test_disabling_with_untrack_lets_all_alerts_go(running: Any, now: Any) -> None:
    await running.rules.disable("r", at=now + MINUTE, actor=None, untrack=True)
    assert await running.state_of("r") == RuleState(previous_started_at=now)
    assert await untracked(running) == ["uuid-of-a", "uuid-of-b"]
    assert await untrack_events(running) == [["a", "b"]]


async def test_disabling_a_disabled_rule_changes_nothing(running: Any, now: Any) -> None:
    first = await running.rules.disable("r", at=now + MINUTE, actor=None)
    assert await running.rules.disable("r", at=now + 2 * MINUTE, actor=None) == first
    assert (await running.audited()).count("disable") == 1


async def test_kept_alerts_of_a_disabled_rule_can_still_be_untracked(running: Any, now: Any) -> None:
    await running.rules.disable("r", at=now + MINUTE, actor=None)
    await running.rules.disable("r", at=now + 2 * MINUTE, actor=None, untrack=True)
    assert (await running.state_of("r")).active == {}
    third = await running.rules.disable("r", at=now + 3 * MINUTE, actor=None, untrack=True)
    assert third.version == 3
    assert await untrack_events(running) == [["a", "b"]]


async def test_enabling_goes_on_with_the_alerts_but_without_their_flapping(running: Any, now: Any) -> None:
    await running.rules.disable("r", at=now + MINUTE, actor=None)
    later = now + 10 * MINUTE
    stored = await running.rules.enable("r", at=later, actor="bob")
    assert stored == await running.rules.get("r")
    assert (stored.schedule.next_run, stored.schedule.anchor) == (later, later)
    assert (stored.rule.enabled, stored.rule.revision, stored.rule.updated_by) == (True, 0, "bob")
    execution = stored.status.execution_status
    assert (execution.status, execution.last_execution_date, execution.last_duration) == ("pending", later, 0)
    assert stored.status.metrics is not None
    assert stored.status.metrics.timestamp == now
    assert stored.status.metrics.total_alerts_detected is None
    state = await running.state_of("r")
    assert [(a.uuid, a.flapping, a.flapping_history) for a in state.active.values()] == [
        ("uuid-of-a", False, []),
        ("uuid-of-b", False, []),
        ("uuid-of-c", False, []),
    ]
    assert state.previous_started_at is None


async def test_enabling_an_enabled_rule_changes_nothing_even_without_room(running: Any, now: Any) -> None:
    before = await running.rules.get("r")
    running.use(EngineSettings(max_scheduled_per_minute=0))
    assert await running.rules.enable("r", at=now + MINUTE, actor="bob") == before


async def test_a_rule_created_disabled_gets_its_task_when_enabled(
    world: Any, body: Callable[..., JsonObject], now: Any
) -> None:
    await world.rules.create(body(enabled=False), at=now, actor="ann", rule_id="r")
    stored = await world.rules.enable("r", at=now + MINUTE, actor="bob")
    assert stored.rule.scheduled_task_id == "r"


async def test_enabling_in_bulk_starts_at_an_offset(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.create(body(enabled=False), at=now, actor=None, rule_id="r")
    stored = await world.rules.enable("r", at=now, actor=None, in_bulk=True)
    assert now < stored.schedule.next_run <= now + MINUTE


async def test_enabling_asks_the_circuit_breaker(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    await world.rules.create(body(enabled=False), at=now, actor=None, rule_id="r")
    world.use(EngineSettings(max_scheduled_per_minute=0))
    with pytest.raises(InvalidInput, match=r"^schedule\.interval"):
        await world.rules.enable("r", at=now, actor=None)
    assert not (await world.rules.get("r")).rule.enabled


async def test_chosen_alerts_are_untracked_alone(running: Any, now: Any) -> None:
    await running.rules.untrack_alerts("r", ["b", "c", "unknown"], at=now + MINUTE, actor=None)
    assert list((await running.state_of("r")).active) == ["a"]
    assert await untracked(running) == ["uuid-of-b"]
    assert await untrack_events(running) == [["b"]]


async def test_untracking_nothing_writes_nothing(running: Any, now: Any) -> None:
    before = await running.rules.get("r")
    assert await running.rules.untrack_alerts("r", ["unknown"], at=now + MINUTE, actor=None) == before


async def test_a_run_that_ended_meanwhile_is_not_overwritten_by_untracking(running: Any, now: Any) -> None:
    load, has_run = running.store.load_state, False

    async def load_state(key: Any) -> Any:
        nonlocal has_run
        loaded = await load(key)
        if not has_run:
            has_run = True
            await running.run("r", alert("a", now), alert("d", now), at=now + MINUTE)
        return loaded

    running.store.load_state = load_state
    await running.rules.untrack_alerts("r", ["a"], at=now + 2 * MINUTE, actor=None)
    state = await running.state_of("r")
    assert list(state.active) == ["d"]
    assert state.previous_started_at == now + MINUTE
    assert running.pauses == 1


async def test_deleting_untracks_and_leaves_the_history(running: Any, now: Any) -> None:
    await running.rules.delete("r", at=now + MINUTE, actor="bob")
    with pytest.raises(NotFound):
        await running.rules.get("r")
    assert await untracked(running) == ["uuid-of-a", "uuid-of-b"]
    assert await untrack_events(running) == [["a", "b"]]
    assert await running.audited() == ["create", "delete"]


@pytest.mark.parametrize("operation", ["enable", "disable", "delete", "mute_all", "unmute_all"])
async def test_an_unknown_rule_is_not_found_and_neither_is_one_of_another_space(
    running: Any, now: Any, operation: str
) -> None:
    with pytest.raises(NotFound, match=r"rule \[x\]"):
        await getattr(running.rules, operation)("x", at=now, actor=None)
    with pytest.raises(NotFound, match=r"rule \[r\]"):
        await getattr(running.rules, operation)("r", at=now, actor=None, space="other")
