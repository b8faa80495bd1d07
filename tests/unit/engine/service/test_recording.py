"""The record of a run: what is stored of its outcome, figures, schedule and gaps."""

from datetime import timedelta

import pytest

from engine.model.errors import SearchUnavailable
from engine.model.settings import EngineSettings, SpaceSettings
from engine.ports.rule_type import Evaluation, Report
from engine.ports.search import SearchRequest
from engine.ports.store import RuleKey

MINUTE = timedelta(minutes=1)


async def run_once(world, evaluation=None, *alert_ids, raises=None, takes=timedelta(0), searches=0):
    async def script(context):
        for _ in range(searches):
            await context.search.search(SearchRequest(("logs",), {}))
        world.clock.advance(takes)
        for name in alert_ids:
            context.reports.add(Report(name, "default"))
        if raises is not None:
            raise raises
        return evaluation

    world.rule_type.behaviours["r"] = script
    [report] = await world.executor.run([await world.claim()])
    return report.record


@pytest.fixture
async def rule(world):
    return await world.add_rule()


@pytest.mark.parametrize(
    ("evaluation", "alert_ids", "status", "outcome", "warning", "messages"),
    [
        (None, (), "ok", "succeeded", None, None),
        (None, ("a",), "active", "succeeded", None, None),
        (Evaluation(warnings=["w1", "w2"]), ("a",), "warning", "warning", None, None),
        (Evaluation(warnings=["w"], outcome_message="w"), (), "warning", "warning", None, ("w",)),
        (Evaluation(errors=["e1", "e2"]), ("a",), "error", "failed", None, None),
        (Evaluation(errors=["e"], warnings=["w"], outcome_message="w"), (), "error", "failed", None, ("w",)),
    ],
)
async def test_status_and_last_run(world, rule, evaluation, alert_ids, status, outcome, warning, messages):
    record = await run_once(world, evaluation, *alert_ids)
    last_run = record.status.last_run
    assert (record.status.execution_status.status, last_run.outcome) == (status, outcome)
    assert (last_run.warning, last_run.outcome_msg) == (warning, messages)
    assert record.monitoring.success is (outcome != "failed")


async def test_recorded_errors_do_not_keep_alerts_from_being_published(world, rule):
    record = await run_once(world, Evaluation(errors=["e"]), "a")
    assert (record.status.execution_status.error.message, record.trace.outcome) == ("e", "failure")
    assert (await world.active(), len(record.notifications)) == (["a"], 1)


async def test_a_connector_that_is_gone_is_a_warning_of_the_run(world, rule):
    world.connectors._by_id.clear()
    record = await run_once(world, None, "a")
    assert record.status.execution_status.warning.reason == "ruleExecution"
    [message] = record.status.last_run.outcome_msg
    assert "[one]" in message


async def test_figures(world, rule):
    record = await run_once(world, None, "a", "b", takes=timedelta(seconds=2), searches=3)
    metrics = record.trace.metrics
    assert {name: metrics[name] for name in metrics if metrics[name]} == {
        "number_of_triggered_actions": 2,
        "number_of_generated_actions": 2,
        "alert_counts.active": 2,
        "alert_counts.new": 2,
        "number_of_searches": 3,
        "es_search_duration_ms": 21,
        "rule_type_run_duration_ms": 2000,
        "total_run_duration_ms": 2000,
    }
    shown = record.status.metrics
    assert (shown.duration_ms, shown.total_alerts_detected, shown.total_alerts_created) == (2000, 2, 2)
    assert (record.status.execution_status.last_duration, record.monitoring.duration_ms) == (2000, 2000)


async def test_a_failed_run_has_figures_too_but_knows_no_alerts(world, rule):
    record = await run_once(world, raises=SearchUnavailable("refused"), searches=1, takes=timedelta(seconds=1))
    metrics = record.trace.metrics
    assert (metrics["number_of_searches"], metrics["total_run_duration_ms"]) == (1, 1000)
    assert metrics["is_backend_unreachable"] == 1
    assert (record.status.metrics.total_alerts_detected, record.status.metrics.duration_ms) == (None, 1000)
    assert record.status.last_run.alerts_count.active == 0


async def test_a_late_start_is_measured(world, rule):
    world.clock.advance(timedelta(seconds=7))
    [report] = await world.tick()
    assert report.record.trace.metrics["claim_to_start_duration_ms"] == 7000
    assert report.record.trace.scheduled_at == report.record.trace.started_at - timedelta(seconds=7)


@pytest.mark.parametrize(("delay_s", "is_shifted", "start_s"), [(0, False, 0), (30, True, 30), (30, False, 0)])
async def test_time_that_no_run_looked_at_is_a_gap(world, delay_s, is_shifted, start_s):
    world.rule_type.window, world.rule_type.is_window_delayed = MINUTE, is_shifted
    await world.store.put_space_settings("default", SpaceSettings(query_delay_s=delay_s), None)
    await world.add_rule()
    first = world.clock.now()
    await run_once(world)
    world.clock.advance(10 * MINUTE)
    record = await run_once(world)
    gap = record.trace.gap
    assert (gap.start, gap.end) == (first, first + 9 * MINUTE - timedelta(seconds=start_s))
    assert record.status.metrics.gap == gap
    assert world.rule_type.contexts[-1].query_delay == timedelta(seconds=delay_s)


async def test_a_failed_run_leaves_its_time_to_the_next_gap(world):
    world.rule_type.window = MINUTE
    await world.add_rule()
    first = world.clock.now()
    await run_once(world)
    world.clock.advance(MINUTE)
    assert (await run_once(world, raises=RuntimeError("broken"))).trace.gap is None
    world.clock.advance(MINUTE)
    gap = (await run_once(world)).trace.gap
    assert (gap.start, gap.end) == (first, first + MINUTE)


async def test_a_disabled_rule_is_not_scheduled_again(world):
    await world.add_rule(enabled=False)
    [report] = await world.executor.run([await world.claim()])
    assert (report.record.trace.reason, report.record.schedule.next_run) == ("disabled", None)


async def test_an_unreadable_rule_is_tried_again_after_a_minute(world, rule, monkeypatch):
    async def unreadable(keys):
        return {}

    monkeypatch.setattr(world.store, "load_rules", unreadable)
    [report] = await world.tick()
    assert (report.record.trace.reason, report.record.trace.rule.name) == ("decrypt", None)
    assert report.record.schedule.next_run == world.clock.now() + MINUTE


async def test_dry_runs_queue_what_is_never_sent(world, rule):
    from engine.service.executor import Executor

    world.executor = Executor(
        store=world.store,
        search=world.executor._search,
        registry=world.registry,
        connectors=world.connectors,
        clock=world.clock,
        new_id=world.executor._new_id,
        settings=EngineSettings(),
        is_dry=True,
    )
    record = await run_once(world, None, "a")
    assert [sent.dry for sent in record.notifications] == [True]
    await world.service.deliver(world.clock.now())
    assert world.sent() == []
    [stored] = await world.store.notifications("default")
    assert stored.state == "dry"


async def test_the_space_decides_about_flapping(world, rule):
    from engine.model.settings import FlappingSettings

    await world.store.put_space_settings("default", SpaceSettings(flapping=FlappingSettings(enabled=False)), None)
    for number in range(6):
        await run_once(world, None, *(["a"] if number % 2 == 0 else []))
        world.clock.advance(MINUTE)
    assert [document["kibana.alert.flapping"] for document in await world.store.documents("default")] == [False] * 3
    await world.store.put_space_settings("default", SpaceSettings(flapping=FlappingSettings(True, 4, 2)), None)
    for number in range(4):
        await run_once(world, None, *(["a"] if number % 2 == 0 else []))
        world.clock.advance(MINUTE)
    state = (await world.store.load_state(RuleKey("default", "r"))).state
    assert [alert.flapping for alert in state.active.values()] == [True], "held, since it flaps"
