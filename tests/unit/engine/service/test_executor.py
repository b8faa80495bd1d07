"""A batch of runs: each one ends by itself, in its time, and leaves exactly one record."""

import asyncio
from datetime import timedelta

import pytest

from engine.model.errors import SearchUnavailable, StoreUnavailable, WriteBlocked
from engine.model.settings import EngineSettings
from engine.ports.rule_type import Evaluation, Recovery, Report
from engine.ports.store import CommitOutcome, RuleKey

MINUTE = timedelta(minutes=1)


def raising(error):
    async def script(context):
        raise error

    return script


async def start(world, *rule_ids):
    """Claim the rules and start their runs."""
    return await world.executor.start([await world.claim(rule_id) for rule_id in rule_ids])


async def test_reports_come_in_the_order_of_the_claims(world, hold):
    for name in ("slow", "quick"):
        await world.add_rule(name)
    world.rule_type.behaviours["slow"] = slow = hold("a")
    running = asyncio.create_task(world.executor.run([await world.claim("slow"), await world.claim("quick")]))
    await slow.has_begun.wait()
    slow.go_on.set()
    assert [report.claim.key.id for report in await running] == ["slow", "quick"]


async def test_nothing_to_run(world):
    assert await world.executor.run([]) == []


async def test_a_run_is_committed_whole(world):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a", "b"]
    [report] = await world.executor.run([await world.claim()])
    assert report.outcome is CommitOutcome.COMMITTED
    assert [alert.id for alert in report.transition.new] == ["a", "b"]
    assert await world.statuses() == [("a", "active"), ("b", "active")]
    assert [queued.notification.alert_id for queued in await world.store.notifications("default")] == ["a", "b"]
    stored = await world.stored()
    assert (stored.status.execution_status.status, stored.status.last_run.outcome) == ("active", "succeeded")
    assert not stored.status.running
    assert stored.schedule.next_run == world.clock.now() + MINUTE


async def test_a_failing_rule_leaves_the_others_alone(world):
    for name in ("fine", "failing", "invalid"):
        await world.add_rule(name)
    await world.store.change_rule(await with_params(world, "invalid", {"bad": 1}))
    world.rule_type.behaviours["failing"] = raising(ZeroDivisionError("by zero"))
    reports = await world.executor.run([await world.claim(name) for name in ("failing", "invalid", "fine")])
    assert [(report.record.trace.reason, report.outcome) for report in reports] == [
        ("execute", CommitOutcome.COMMITTED),
        ("validate", CommitOutcome.COMMITTED),
        (None, CommitOutcome.COMMITTED),
    ]
    assert reports[0].record.trace.error_message == "by zero"


async def with_params(world, rule_id, params):
    from dataclasses import replace

    from engine.ports.store import RuleChange

    stored = await world.stored(rule_id)
    return RuleChange(replace(stored.rule, params=params), stored.version)


async def test_a_failed_run_keeps_the_state(world):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a"]
    await world.tick()
    world.rule_type.behaviours["r"] = raising(RuntimeError("broken"))
    [report] = await world.next_minute()
    assert report.record.trace.outcome == "failure"
    assert (await world.active(), await world.statuses()) == (["a"], [("a", "active")])


@pytest.mark.parametrize(
    ("error", "next_run", "is_unreachable"),
    [
        (SearchUnavailable("refused"), 5, 1),
        (WriteBlocked("blocked"), 1, 0),
        (RuntimeError("other"), 60, 0),
    ],
)
async def test_the_class_of_a_failure_decides_when_it_is_tried_again(world, error, next_run, is_unreachable):
    await world.add_rule(schedule={"interval": "1h"})
    world.rule_type.behaviours["r"] = raising(error)
    began = world.clock.now()
    [report] = await world.tick()
    assert (await world.stored()).schedule.next_run == began + next_run * MINUTE
    assert report.record.trace.metrics.get("is_backend_unreachable", 0) == is_unreachable
    del world.rule_type.behaviours["r"]
    world.clock.advance(next_run * MINUTE)
    await world.tick()
    after = began + MINUTE * (60 if next_run < 60 else 120)
    assert (await world.stored()).schedule.next_run == after, "the phase of the schedule is kept"


async def test_an_error_of_the_recovery_is_the_rule_types(world):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a"]
    await world.tick()

    def recover(candidate):
        raise KeyError(candidate.id)

    async def script(context):
        return Evaluation(recover=recover)

    world.rule_type.behaviours["r"] = script
    [report] = await world.next_minute()
    assert (report.record.trace.reason, report.record.trace.error_message) == ("execute", "'a'")
    assert await world.active() == ["a"]


async def test_recoveries_get_their_context(world):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a"]
    await world.tick()

    async def script(context):
        return Evaluation(
            recover=lambda candidate: Recovery(payload={"kibana.alert.reason": f"{candidate.id} is well"})
        )

    world.rule_type.behaviours["r"] = script
    await world.next_minute()
    [document] = await world.store.documents("default")
    assert (document["kibana.alert.status"], document["kibana.alert.reason"]) == ("recovered", "a is well")


async def test_an_evaluation_sees_what_the_run_before_left(world):
    await world.add_rule()
    first = world.clock.now()

    async def script(context):
        return Evaluation(state={"runs": context.state.get("runs", 0) + 1})

    world.rule_type.behaviours["r"] = script
    await world.tick()
    await world.next_minute()
    seen = [(context.state, context.previous_started_at, context.at) for context in world.rule_type.contexts]
    assert seen == [({}, None, first), ({"runs": 1}, first, first + MINUTE)]


async def test_a_run_cut_short_at_the_limit_keeps_its_rule_type_state(world):
    world.compose(EngineSettings(max_alerts=2))
    await world.add_rule()

    async def script(context):
        if not context.state:
            return Evaluation(state={"kept": True})
        for name in ("a", "b", "c"):
            context.reports.add(Report(name, "default"))
        return Evaluation(state={"kept": False})

    world.rule_type.behaviours["r"] = script
    await world.tick()
    [report] = await world.next_minute()
    versioned = await world.store.load_state(RuleKey("default", "r"))
    assert versioned.state.type_state == {"kept": True}
    assert (report.record.status.last_run.warning, list(versioned.state.active)) == ("maxAlerts", ["a", "b"])


async def test_what_cannot_be_stored_is_a_failure_of_that_run_alone(world):
    for name in ("fine", "odd"):
        await world.add_rule(name)

    async def script(context):
        context.reports.add(Report("a", "default"))
        return Evaluation(state={"not": {"json"}})

    world.rule_type.behaviours["odd"] = script
    world.rule_type.reports["fine"] = ["a"]
    reports = {report.claim.key.id: report for report in await world.tick()}
    assert (reports["odd"].record.trace.reason, reports["odd"].outcome) == ("unknown", CommitOutcome.COMMITTED)
    assert await world.active("fine") == ["a"]
    assert (await world.stored("odd")).status.last_run.warning == "unknown"
    assert await world.active("odd") == []


# time limits


async def test_a_run_that_takes_too_long_is_cancelled_and_recorded(world, hold):
    world.rule_type.timeout = "30s"
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    [running] = await start(world, "r")
    await slow.has_begun.wait()
    world.clock.advance(timedelta(seconds=29))
    await asyncio.sleep(0)
    assert not running.done()
    world.clock.advance(timedelta(seconds=1))
    report = await running
    assert (report.record.trace.reason, report.transition) == ("timeout", None)
    await asyncio.wait_for(slow.was_cancelled.wait(), 5)
    assert await world.events() == ["execute-start", "execute-timeout", "execute"]
    stored = await world.stored()
    assert (stored.status.last_run.warning, stored.status.running) == ("timeout", False)
    assert [entry.success for entry in await world.store.monitoring(RuleKey("default", "r"))] == [False]


async def test_a_clock_that_stands_still_does_not_let_a_run_hang(world, hold):
    """The time limit is that of the machine, too: one-shot runs and libraries move their clocks only afterwards."""
    world.compose(EngineSettings(run_timeout="1s"))
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    at = world.clock.now()
    [report] = await asyncio.wait_for(world.tick(), 30)
    trace = report.record.trace
    assert (trace.reason, trace.timed_out_at, report.transition) == ("timeout", at, None)
    assert "exceeded its time limit of 0:00:01" in trace.error_message
    await asyncio.wait_for(slow.was_cancelled.wait(), 5)
    assert await world.service.next_due() == at + MINUTE


async def test_a_run_exceeds_its_time_limit_once_though_both_clocks_say_so(world, hold):
    world.compose(EngineSettings(run_timeout="1s"))
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    [running] = await start(world, "r")
    await slow.has_begun.wait()
    world.clock.advance(timedelta(seconds=1))
    assert (await running).record.trace.reason == "timeout"
    assert await world.events() == ["execute-start", "execute-timeout", "execute"]


async def test_an_evaluation_that_ignores_its_cancellation_holds_nothing_back(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = stubborn = hold("a", stubborn=True)
    [running] = await start(world, "r")
    await stubborn.has_begun.wait()
    world.clock.advance(5 * MINUTE)
    assert (await running).record.trace.reason == "timeout"
    world.rule_type.behaviours["r"] = raising(RuntimeError("next run"))
    [after] = await world.next_minute()
    assert after.record.trace.error_message == "next run"
    stubborn.go_on.set()
    await world.executor.drain()
    assert (await world.active(), await world.statuses()) == ([], []), "what comes late is discarded"
    assert (await world.stored()).status.last_run.warning == "execute"


async def test_a_next_run_in_the_past_is_not_shown_after_a_time_out(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold()
    [running] = await start(world, "r")
    await slow.has_begun.wait()
    began = world.clock.now()
    world.clock.advance(5 * MINUTE)
    await running
    schedule = (await world.stored()).schedule
    assert (schedule.public_next_run, schedule.next_run) == (None, began + 6 * MINUTE)


async def time_out_late(world, hold, *alert_ids):
    """Let a run time out and its evaluation go on; what it reports comes after the end."""
    world.rule_type.behaviours["r"] = stubborn = hold(*alert_ids, stubborn=True)
    [running] = await start(world, "r")
    await stubborn.has_begun.wait()
    world.clock.advance(5 * MINUTE)
    await running
    return stubborn


@pytest.mark.parametrize(("of_engine", "of_type"), [(False, True), (True, False), (False, False)])
async def test_alerts_are_published_late_if_either_switch_says_so(world, hold, of_engine, of_type):
    world.compose(EngineSettings(cancel_alerts_on_rule_timeout=of_engine))
    world.rule_type.cancel_alerts_on_timeout = of_type
    await world.add_rule()
    stubborn = await time_out_late(world, hold, "a")
    stubborn.go_on.set()
    await world.executor.drain()
    assert await world.events() == [
        "execute-start",
        "execute-timeout",
        "execute",
        "new-instance",
        "active-instance",
        "execute-action",
    ]
    [document] = await world.store.documents("default")
    assert (document["kibana.alert.status"], document["kibana.alert.instance.id"]) == ("active", "a")
    assert document["kibana.alert.action_group"] == "default", "the part that runs change is there too"
    assert document["kibana.alert.rule.name"] == "r"
    assert [queued.notification.alert_id for queued in await world.store.notifications("default")] == ["a"]
    assert await world.active() == [], "no state is kept"
    assert (await world.stored()).status.last_run.warning == "timeout", "the status stays"
    assert len(await world.store.monitoring(RuleKey("default", "r"))) == 1


async def test_what_is_published_late_does_not_mention_what_was_untracked_before(world, hold):
    world.compose(EngineSettings(cancel_alerts_on_rule_timeout=False))
    await world.add_rule()
    world.rule_type.reports["r"] = ["a", "b"]
    await world.tick()
    world.clock.advance(MINUTE)
    stubborn = await time_out_late(world, hold, "a", "b")
    await world.rules.untrack_alerts("r", ["a"], **world.by_user())
    stubborn.go_on.set()
    await world.executor.drain()
    [late] = [trace for trace in await world.store.traces("default", rule_id="r") if getattr(trace, "is_late", False)]
    assert [mention.id for mention in late.active] == ["b"]
    assert await world.statuses() == [("a", "untracked"), ("b", "active")]


async def test_nothing_is_published_late_once_the_rule_runs_again(world, hold):
    world.compose(EngineSettings(cancel_alerts_on_rule_timeout=False))
    await world.add_rule()
    stubborn = await time_out_late(world, hold, "a")
    assert await world.claim() is not None
    stubborn.go_on.set()
    await world.executor.drain()
    assert (await world.statuses(), await world.store.notifications("default")) == ([], [])


async def test_an_evaluation_that_fails_late_changes_nothing(world, hold):
    world.compose(EngineSettings(cancel_alerts_on_rule_timeout=False))
    await world.add_rule()
    stubborn = await time_out_late(world, hold, "a", "a")
    stubborn.go_on.set()
    await world.executor.drain()
    assert await world.events() == ["execute-start", "execute-timeout", "execute"]


async def test_a_run_that_ended_in_time_does_not_time_out_while_it_is_committed(world, monkeypatch):
    await world.add_rule()
    world.rule_type.reports["r"] = ["a"]
    commit_runs, has_begun, go_on = world.store.commit_runs, asyncio.Event(), asyncio.Event()

    async def slowly(records):
        has_begun.set()
        await go_on.wait()
        return await commit_runs(records)

    monkeypatch.setattr(world.store, "commit_runs", slowly)
    [running] = await start(world, "r")
    await has_begun.wait()
    world.clock.advance(5 * MINUTE)
    go_on.set()
    report = await running
    assert (report.outcome, report.record.trace.reason) == (CommitOutcome.COMMITTED, None)
    assert await world.events() == ["execute-start", "new-instance", "active-instance", "execute-action", "execute"]


# giving up


async def test_runs_that_are_given_up_hand_their_rules_back(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    runs = await start(world, "r")
    await slow.has_begun.wait()
    await world.executor.give_up(runs)
    assert runs[0].cancelled()
    await asyncio.wait_for(slow.was_cancelled.wait(), 5)
    assert await world.events() == []
    assert await world.claim() is not None, "the rule is free at once"


async def test_a_stubborn_evaluation_that_was_given_up_changes_nothing(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = stubborn = hold("a", stubborn=True)
    runs = await start(world, "r")
    await stubborn.has_begun.wait()
    await world.executor.give_up(runs)
    stubborn.go_on.set()
    world.rule_type.reports["r"] = ["b"]
    del world.rule_type.behaviours["r"]
    await world.tick()
    await world.executor.drain()
    assert await world.statuses() == [("b", "active")]


async def test_cancelling_a_batch_gives_its_runs_up(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    batch = asyncio.create_task(world.executor.run([await world.claim()]))
    await slow.has_begun.wait()
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert await world.claim() is not None


async def test_giving_up_what_has_ended_does_nothing(world):
    await world.add_rule()
    runs = await start(world, "r")
    await asyncio.wait(runs)
    await world.executor.give_up(runs)
    assert (await world.events())[-1] == "execute"


# leases and the store


async def test_the_lease_of_a_long_run_is_renewed(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    [running] = await start(world, "r")
    await slow.has_begun.wait()
    for _ in range(9):
        world.clock.advance(timedelta(seconds=20))
        await asyncio.sleep(0)
    assert await world.claim() is None, "three minutes after a claim for one minute"
    slow.go_on.set()
    assert (await running).outcome is CommitOutcome.COMMITTED


async def test_a_run_whose_lease_was_lost_stores_nothing(world, hold):
    await world.add_rule()
    world.rule_type.behaviours["r"] = slow = hold("a")
    [running] = await start(world, "r")
    await slow.has_begun.wait()
    later = world.clock.now() + 2 * MINUTE
    assert await world.store.claim_rule(RuleKey("default", "r"), later, "other", later + MINUTE) is not None
    slow.go_on.set()
    assert (await running).outcome is CommitOutcome.FENCED
    assert await world.statuses() == []


async def test_rules_are_handed_back_if_a_batch_cannot_be_started(world, monkeypatch):
    await world.add_rule()

    async def fail(space):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(world.store, "space_settings", fail)
    with pytest.raises(StoreUnavailable):
        await start(world, "r")
    monkeypatch.undo()
    assert len(await world.tick()) == 1


async def test_a_store_that_cannot_commit_fails_the_batch_after_all_have_ended(world, hold, monkeypatch):
    for name in ("quick", "slow"):
        await world.add_rule(name)
    world.rule_type.behaviours["slow"] = slow = hold("a")
    claims = [await world.claim(name) for name in ("quick", "slow")]

    async def fail(records):
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(world.store, "commit_runs", fail)
    batch = asyncio.create_task(world.executor.run(claims))
    await slow.has_begun.wait()
    await asyncio.sleep(0)
    assert not batch.done()
    slow.go_on.set()
    with pytest.raises(StoreUnavailable, match="disk full"):
        await batch


async def test_the_queue_limit_counts_what_waits_already(world):
    world.compose(EngineSettings(max_queued_actions=1))
    await world.add_rule("r")
    world.rule_type.reports["r"] = ["a", "b"]
    [first] = await world.executor.run([await world.claim()])
    assert first.record.status.last_run.warning == "maxQueuedActions"
    assert len(first.record.notifications) == 1
    [second] = await world.executor.run([await world.claim()])
    assert second.record.notifications == []
