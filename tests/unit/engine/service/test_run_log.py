"""What an operator reads about runs."""

import logging
from datetime import timedelta

import pytest

from engine.model.settings import EngineSettings
from engine.ports.rule_type import Report

MINUTE = timedelta(minutes=1)


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.INFO, logger="tocsin.runs")

    def texts(level=logging.INFO):
        found = [r.getMessage() for r in caplog.records if r.name == "tocsin.runs" and r.levelno == level]
        caplog.clear()
        return found

    return texts


async def test_each_run_leaves_one_line_with_its_figures(world, logged, caplog):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a", "b"]
    await world.tick()
    assert logged() == ["rule_run"]
    world.rule_type.reports["r"] = ["a"]
    await world.next_minute()
    [record] = [record for record in caplog.records if record.getMessage() == "rule_run"]
    assert record.fields == {
        "rule_id": "r",
        "rule_name": "r",
        "at": "2024-01-01T12:01:00.000Z",
        "lag_ms": 0,
        "status": "active",
        "active": 1,
        "new": 0,
        "recovered": 1,
        "actions": 1,
        "searches": 0,
        "duration_ms": 0,
    }


async def test_a_quiet_run_warns_of_nothing(world, logged):
    await world.add_rule()
    await world.tick()
    assert logged(logging.WARNING) == []


async def test_a_failed_run_is_a_warning(world, logged):
    async def fail(context):
        raise RuntimeError("no such field")

    world.rule_type.behaviours["r"] = fail
    await world.add_rule()
    await world.tick()
    assert logged(logging.WARNING) == ["run of rule [r] failed (execute): no such field"]


async def test_missed_slots_are_counted(world, logged):
    await world.add_rule()
    await world.tick()
    world.clock.advance(4 * MINUTE)
    await world.tick()
    assert logged(logging.WARNING) == ["rule [r] missed 3 slots: the run was late or long"]


async def test_a_run_that_could_not_be_stored_is_a_warning(world, logged):
    await world.add_rule()
    claim = await world.claim()
    await world.store.release([claim])
    await world.executor.run([claim])
    assert logged(logging.WARNING) == ["run of rule [r] was not stored: fenced"]


async def test_a_refused_rule_is_logged_too(world, logged):
    await world.add_rule(enabled=False)
    await world.executor.run([await world.claim()])
    assert logged(logging.WARNING) == ["run of rule [r] failed (disabled): the rule is disabled"]


async def test_an_unknown_group_is_an_error_in_the_log(world, logged):
    async def report(context):
        context.reports.add(Report("a", "no-such-group"))

    world.rule_type.behaviours["r"] = report
    await world.add_rule()
    await world.tick()
    [line] = logged(logging.ERROR)
    assert "no-such-group" in line


async def test_reaching_the_highest_alert_limit_is_a_warning(world, logged):
    world.compose(EngineSettings(max_alerts=6000))

    async def report(context):
        context.reports.declare_limit_reached(True)

    world.rule_type.behaviours["r"] = report
    await world.add_rule()
    await world.tick()
    assert logged(logging.WARNING) == ["rule [r] reached the highest alert limit there is, 5000"]


async def test_the_traceback_of_a_rule_type_is_for_debugging_only(world, caplog):
    async def fail(context):
        raise RuntimeError("no such field")

    caplog.set_level(logging.DEBUG, logger="tocsin.rules")
    world.rule_type.behaviours["r"] = fail
    await world.add_rule()
    await world.tick()
    with_traceback = [record for record in caplog.records if record.exc_info]
    assert [record.levelno for record in with_traceback] == [logging.DEBUG]
