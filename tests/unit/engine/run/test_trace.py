"""What a run leaves in the event log, in compact form (rule-run.md 11)."""

from datetime import timedelta

import pytest

from engine.model.alert import Alert, LastScheduledActions
from engine.model.outcome import Gap, StatusReason
from engine.model.settings import FlappingSettings
from engine.model.trace import ActionMention, AlertMention, RunTrace
from engine.ports.rule_type import Report
from engine.run.status import FailedRun, FinishedRun, counts_of, execution_status, last_run
from engine.run.subject import identity_of
from engine.run.trace import mention, trace_of, trace_of_failure
from engine.run.windows import RunningWindow

COUNTS = {
    "alert_counts.active": 0,
    "alert_counts.new": 0,
    "alert_counts.recovered": 0,
    "number_of_delayed_alerts": 0,
}


def trace(rule, run, *, end=None, **options):
    end = end or FinishedRun(counts_of(run))
    status = execution_status(end, at=run.at, duration_ms=5)
    ended = run.at + timedelta(seconds=2)
    return trace_of(
        run, subject=rule.subject, scheduled_at=run.at, ended_at=ended, status=status, last_run=last_run(end), **options
    )


def test_an_alert_is_mentioned_with_what_events_show(midnight):
    alert = Alert(
        "a",
        "u1",
        group="low",
        start=midnight,
        end=midnight + timedelta(minutes=1),
        duration_ns=60,
        flapping=True,
        maintenance_window_ids=("w",),
    )
    assert mention(alert, "high") == AlertMention(
        "a", "u1", "high", True, midnight, 60, midnight + timedelta(minutes=1), ("w",)
    )


def test_the_trace_of_a_run(life):
    rule = life(alert_delay=2)
    rule.run("a", "b"), rule.run("a", "b")
    run = rule.run("a", "c")
    gap = Gap(run.at, run.at + timedelta(minutes=1))
    action = ActionMention("n1", "act", "con", ".index", "a", "default")
    found = trace(rule, run, actions=[action], gap=gap, metrics={"number_of_searches": 1, "alert_counts.new": 99})
    minute = timedelta(minutes=1)
    assert found == RunTrace(
        rule=rule.subject.identity,
        execution_uuid="e2",
        scheduled_at=run.at,
        started_at=run.at,
        ended_at=run.at + timedelta(seconds=2),
        status="active",
        outcome="success",
        gap=gap,
        recovered=(AlertMention("b", "u2", "default", False, run.at - minute, 60 * 10**9, run.at),),
        active=(AlertMention("a", "u1", "default", False, run.at - minute, 60 * 10**9),),
        actions=(action,),
        metrics={
            "number_of_searches": 1,
            "alert_counts.active": 1,
            "alert_counts.new": 0,
            "alert_counts.recovered": 1,
            "number_of_delayed_alerts": 1,
        },
    )


def test_new_alerts_are_mentioned_as_new_and_as_active(life):
    rule = life()
    run = rule.run(Report("a", "high"))
    found = trace(rule, run)
    expected = (AlertMention("a", "u1", "high", False, run.at, 0),)
    assert (found.new, found.active, found.recovered) == (expected, expected, ())
    assert found.metrics == COUNTS | {"alert_counts.active": 1, "alert_counts.new": 1}


def test_types_that_do_not_auto_recover_leave_counts_but_no_alert_events(life, make_rule_type):
    rule = life(rule_type=make_rule_type(auto_recovers=False))
    found = trace(rule, rule.run("a"))
    assert (found.new, found.active, found.recovered) == ((), (), ())
    assert found.metrics == COUNTS | {"alert_counts.active": 1, "alert_counts.new": 1}
    assert found.status == "ok"


class TestGroupOfARecoveredAlert:
    def test_the_group_it_notified_for(self, life):
        rule = life(notifies=True)
        rule.run(Report("a", "high"))
        rule.state.active["a"].last_scheduled_actions = LastScheduledActions("low", rule.at)
        assert trace(rule, rule.run()).recovered[0].group == "low"

    def test_else_the_last_one_it_was_reported_in(self, life):
        rule = life()
        rule.run(Report("a", "low")), rule.run(Report("a", "high"))
        assert trace(rule, rule.run()).recovered[0].group == "high"

    def test_also_when_it_passed_through_at_the_limit_in_between(self, life):
        rule = life()
        rule.run(Report("a", "low")), rule.run(Report("a", "high")), rule.run(limit_reached=True)
        assert trace(rule, rule.run()).recovered[0].group == "high"


def test_held_alerts_are_mentioned_as_active_and_passed_through_ones_without_group(life):
    rule = life(flapping=FlappingSettings(True, 4, 2))
    rule.run("a"), rule.run(), rule.run("a")
    held = trace(rule, rule.run()).active
    assert [(alert.id, alert.group, alert.flapping, alert.end) for alert in held] == [("a", "default", True, None)]
    assert [(alert.id, alert.group) for alert in trace(rule, rule.run(limit_reached=True)).active] == [("a", None)]


@pytest.mark.parametrize(
    ("end", "outcome", "status", "reason", "error"),
    [
        (FinishedRun, "success", "ok", None, None),
        (lambda counts: FinishedRun(counts, is_limit_reached=True), "warning", "warning", "maxAlerts", None),
        (lambda counts: FinishedRun(counts, rule_warnings=["W"]), "warning", "warning", "ruleExecution", None),
        (lambda counts: FinishedRun(counts, rule_errors=["E"]), "failure", "error", "unknown", "E"),
        (lambda counts: FinishedRun(counts, True, None, ["E"]), "failure", "error", "unknown", "E"),
    ],
)
def test_how_the_run_ended(life, end, outcome, status, reason, error):
    rule = life()
    run = rule.run()
    finished = end(counts_of(run))
    found = trace(rule, run, end=finished)
    assert (found.outcome, found.status, found.reason, found.error_message) == (outcome, status, reason, error)
    warning = execution_status(finished, at=run.at, duration_ms=5).warning
    assert found.message == (warning.message if warning and not error else "")


def test_windows_are_mentioned_if_the_run_had_any_alert(life):
    night, hosts = RunningWindow("w1", "W1"), RunningWindow("w2", "W2", lambda document: True)
    rule = life()
    assert trace(rule, rule.run(), windows=[night, hosts]).maintenance_window_ids == ()
    new = rule.run("a", windows=[night, hosts])
    assert trace(rule, new, windows=[night, hosts]).maintenance_window_ids == ("w1", "w2")
    ongoing = rule.run("a", windows=[night, hosts])
    assert trace(rule, ongoing, windows=[night, hosts]).maintenance_window_ids == ("w1",)
    over = rule.run(windows=[night])
    assert trace(rule, over, windows=[night]).maintenance_window_ids == ("w1",)


def test_delayed_alerts_bring_no_windows(life):
    rule = life(alert_delay=2)
    night = RunningWindow("w1", "W1")
    assert trace(rule, rule.run("a", windows=[night]), windows=[night]).maintenance_window_ids == ()


def test_a_late_run_keeps_its_time_out(life):
    rule = life()
    run = rule.run("a")
    assert trace(rule, run, timed_out_at=run.at + timedelta(minutes=5)).timed_out_at == run.at + timedelta(minutes=5)


def test_the_trace_of_a_failure(make_rule, midnight):
    end = FailedRun("license", "type unknown")
    status = execution_status(end, at=midnight, duration_ms=None)
    identity = identity_of(make_rule(), None)
    times = {
        "execution_uuid": "e0",
        "scheduled_at": midnight,
        "started_at": midnight + timedelta(seconds=1),
        "ended_at": midnight + timedelta(seconds=2),
    }
    found = trace_of_failure(identity, **times, status=status, metrics={"number_of_searches": 2})
    assert found == RunTrace(
        identity,
        **times,
        status="error",
        outcome="failure",
        reason="license",
        error_message="type unknown",
        metrics={"number_of_searches": 2},
    )
    assert status.error == StatusReason("license", "type unknown")
    late = trace_of_failure(identity, **times, status=status, timed_out_at=midnight)
    assert (late.timed_out_at, late.metrics) == (midnight, {})
