"""Users change a rule while it runs: whichever commits first wins (rule-run.md 12, 13)."""

import asyncio
from datetime import timedelta

import pytest

from engine.ports.rule_type import Evaluation, Report
from engine.ports.store import CommitOutcome, RuleKey

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def during(world, hold):
    """A rule with active alerts a and b that runs again; it waits, then reports what it was given, and is committed."""
    await world.add_rule()
    world.rule_type.reports["r"] = ["a", "b"]
    await world.tick()
    world.clock.advance(MINUTE)

    async def run(change, *alert_ids, evaluation=None):
        slow = hold(*alert_ids)

        async def script(context):
            await slow(context)
            return evaluation

        world.rule_type.behaviours["r"] = script
        [running] = await world.executor.start([await world.claim()])
        await slow.has_begun.wait()
        await change
        slow.go_on.set()
        return await running

    return run


async def uuids(world):
    return {
        document["kibana.alert.uuid"]: document["kibana.alert.status"]
        for document in await world.store.documents("default")
    }


async def test_an_alert_untracked_meanwhile_is_left_out_of_everything(world, during):
    report = await during(world.rules.untrack_alerts("r", ["a"], **world.by_user()), "a", "b")
    assert report.outcome is CommitOutcome.COMMITTED
    trace, record = report.record.trace, report.record
    assert [mention.id for mention in trace.active] == ["b"]
    assert [sent.alert_id for sent in record.notifications] == ["b"]
    assert [action.alert_id for action in trace.actions] == ["b"]
    assert [entry.alert_ids for entry in record.ledger] == [("b",)]
    assert (trace.metrics["alert_counts.active"], trace.metrics["number_of_triggered_actions"]) == (1, 1)
    assert record.status.last_run.alerts_count.active == 1
    assert await world.active() == ["b"]
    assert await world.statuses() == [("a", "untracked"), ("b", "active")]
    assert (await world.events())[-3:] == ["active-instance", "execute-action", "execute"]


async def test_it_is_new_in_the_next_run_if_it_still_matches(world, during):
    await during(world.rules.untrack_alerts("r", ["a"], **world.by_user()), "a", "b")
    del world.rule_type.behaviours["r"]
    before = await uuids(world)
    [report] = await world.next_minute()
    assert [alert.id for alert in report.transition.new] == ["a"]
    assert len(await uuids(world)) == len(before) + 1


async def test_an_untracked_alert_does_not_recover(world, during):
    report = await during(world.rules.untrack_alerts("r", ["a"], **world.by_user()))
    assert [mention.id for mention in report.record.trace.recovered] == ["b"]
    assert [closed.uuid for closed in report.record.closed_documents] == [
        alert.uuid for alert in report.transition.recovered
    ]
    state = (await world.store.load_state(RuleKey("default", "r"))).state
    assert (list(state.active), list(state.recovered)) == ([], ["b"])
    assert await world.statuses() == [("a", "untracked"), ("b", "recovered")]


async def test_untracking_after_the_commit_ends_what_the_run_left(world, during):
    await during(asyncio.sleep(0), "a", "b")
    await world.rules.untrack_alerts("r", ["a"], **world.by_user())
    assert await world.active() == ["b"]
    assert await world.statuses() == [("a", "untracked"), ("b", "active")]


async def test_disabling_with_untracking_lets_all_go_and_the_rule_is_not_scheduled(world, during):
    report = await during(world.rules.disable("r", untrack=True, **world.by_user()), "a", "b")
    assert (report.record.notifications, report.record.trace.active) == ([], ())
    assert await world.active() == []
    assert await world.statuses() == [("a", "untracked"), ("b", "untracked")]
    assert (await world.stored()).schedule.next_run is None


async def test_disabling_clears_the_rule_type_state_for_good(world, during):
    world.rule_type.behaviours["r"] = remembering({"seen": 1})
    await world.tick()
    world.clock.advance(MINUTE)
    disable = world.rules.disable("r", untrack=True, **world.by_user())
    await during(disable, "a", evaluation=Evaluation(state={"seen": 2}))
    assert (await world.store.load_state(RuleKey("default", "r"))).state.type_state == {}


async def test_disabling_without_untracking_keeps_what_the_run_found(world, during):
    await during(world.rules.disable("r", **world.by_user()), "a", "b")
    assert await world.active() == ["a", "b"]
    assert (await world.stored()).schedule.next_run is None


async def test_a_rule_deleted_meanwhile_leaves_nothing_of_the_run(world, during):
    report = await during(world.rules.delete("r", **world.by_user()), "a", "b", "c")
    assert report.outcome is CommitOutcome.GONE
    assert await world.statuses() == [("a", "untracked"), ("b", "untracked")]
    assert (await world.events())[-3:] == ["execute", "untracked-instance", "untracked-instance"]
    assert await world.tick() == []


async def test_a_rule_deleted_and_made_again_is_another_one(world, during):
    async def replace_it():
        await world.rules.delete("r", **world.by_user())
        await world.add_rule()

    report = await during(replace_it(), "a")
    assert report.outcome is CommitOutcome.FENCED
    assert await world.active() == []


def remembering(state):
    async def script(context):
        for name in ("a", "b"):
            context.reports.add(Report(name, "default"))
        return Evaluation(state=state)

    return script


async def edit(world, **members):
    body = {"name": "edited", "schedule": {"interval": "1m"}, "params": {}, "actions": [], "tags": [], **members}
    await world.rules.update("r", body, **world.by_user())


async def test_an_edit_takes_effect_in_the_next_run_and_keeps_the_alerts(world, during):
    report = await during(edit(world, tags=["new"]), "a", "b")
    assert report.outcome is CommitOutcome.COMMITTED
    assert report.record.trace.rule.name == "r"
    stored = await world.stored()
    assert (stored.rule.name, stored.status.execution_status.status) == ("edited", "active")
    assert await world.active() == ["a", "b"]
    del world.rule_type.behaviours["r"]
    [after] = await world.next_minute()
    assert (after.record.trace.rule.name, after.transition.new) == ("edited", [])


async def test_the_state_of_old_params_does_not_survive_their_edit(world, during):
    report = await during(
        edit(world, params={"other": 1}), "a", "b", evaluation=Evaluation(state={"of": "the old params"})
    )
    assert report.outcome is CommitOutcome.COMMITTED
    state = (await world.store.load_state(RuleKey("default", "r"))).state
    assert (state.type_state, list(state.active)) == ({}, ["a", "b"])


async def test_untracking_does_not_cost_the_rule_type_its_state(world, during):
    untrack = world.rules.untrack_alerts("r", ["a"], **world.by_user())
    await during(untrack, "a", "b", evaluation=Evaluation(state={"seen": 2}))
    assert (await world.store.load_state(RuleKey("default", "r"))).state.type_state == {"seen": 2}


async def test_a_new_interval_counts_from_the_planned_time_of_the_run(world, during):
    planned = world.clock.now()
    await during(edit(world, schedule={"interval": "10m"}), "a")
    assert (await world.stored()).schedule.next_run == planned + 10 * MINUTE


async def test_a_new_interval_during_the_first_run_does_not_run_the_rule_twice(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold()
    began = world.clock.now()
    [running] = await world.executor.start([await world.claim()])
    await slow.has_begun.wait()
    await edit(world, schedule={"interval": "10m"})
    slow.go_on.set()
    await running
    assert await world.tick() == []
    assert (await world.stored()).schedule.next_run == began + 10 * MINUTE


async def test_endless_untracking_ends_in_a_failed_run(world, during, monkeypatch):
    """Each commit finds the state changed again: the run is a failure, its rule goes on."""
    commit_runs = world.store.commit_runs

    async def contested(records):
        if records[0].state is not None:
            return [CommitOutcome.STATE_CHANGED for _ in records]
        return await commit_runs(records)

    monkeypatch.setattr(world.store, "commit_runs", contested)
    report = await during(asyncio.sleep(0), "a", "b")
    assert (report.outcome, report.record.trace.reason) == (CommitOutcome.COMMITTED, "unknown")
    monkeypatch.undo()
    assert await world.active() == ["a", "b"]
    del world.rule_type.behaviours["r"]
    [after] = await world.next_minute()
    assert after.record.trace.outcome == "success"
