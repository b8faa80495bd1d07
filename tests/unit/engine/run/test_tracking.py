"""From tracked alerts and reports to active and recovered ones (rule-run.md 4.7-4.11, 7)."""

from datetime import timedelta

import pytest

from engine.model.alert import Alert, LastScheduledActions, RuleState
from engine.model.errors import RunError
from engine.ports.rule_type import DuplicateAlert, Report

MINUTE_NS = 60_000_000_000


def ids(alerts):
    return [alert.id for alert in alerts]


def test_a_reported_alert_that_was_not_tracked_is_new(life):
    rule = life()
    at = rule.at
    run = rule.run(Report("a", "high", {"value": 7}, {}, {"seen": 1}))
    (alert,) = run.new
    assert run.active == [alert]
    assert (run.recovered, run.delayed) == ([], [])
    assert (alert.id, alert.uuid, alert.group, alert.context, alert.state) == (
        "a",
        "u1",
        "high",
        {"value": 7},
        {"seen": 1},
    )
    assert (alert.start, alert.end, alert.duration_ns) == (at, None, 0)
    assert (alert.reported, alert.visible, alert.active_count) == (True, True, 1)
    assert run.tracked == {"a": alert}


def test_an_alert_reported_again_goes_on_and_grows_older(life):
    rule = life()
    start = rule.at
    rule.run("a")
    run = rule.run(Report("a", "low", {"value": 8}))
    (alert,) = run.active
    assert run.new == []
    assert (alert.uuid, alert.start, alert.duration_ns, alert.active_count) == ("u1", start, MINUTE_NS, 2)
    assert (alert.group, alert.context, alert.reported) == ("low", {"value": 8}, True)


def test_an_alert_that_is_not_reported_recovers(life):
    rule = life()
    start = rule.at
    rule.run(Report("a", "default", {"value": 7}))
    at = rule.at
    run = rule.run()
    (alert,) = run.recovered
    assert (run.active, run.new, run.tracked) == ([], [], {})
    assert (alert.uuid, alert.start, alert.end, alert.duration_ns) == ("u1", start, at, MINUTE_NS)
    assert (alert.active_count, alert.context, alert.reported, alert.group) == (0, {}, False, "default")
    assert run.tracked_recovered == {"a": alert}


def test_an_alert_that_fires_again_has_another_uuid_and_fresh_state(life):
    rule = life()
    rule.run(Report("a", "default", state={"x": 1})), rule.run()
    run = rule.run("a")
    assert ids(run.new) == ["a"]
    assert (run.new[0].uuid, run.new[0].state, run.new[0].active_count) == ("u2", {}, 1)


@pytest.mark.parametrize(("reported", "kept"), [({"y": 2}, {"y": 2}), ({}, {"x": 1})])
def test_a_reported_state_replaces_the_stored_one_unless_it_is_empty(life, reported, kept):
    rule = life()
    rule.run(Report("a", "default", state={"x": 1}))
    assert rule.run(Report("a", "default", state=reported)).active[0].state == kept


def test_tracked_alerts_come_first_in_stored_order_then_new_ones_in_report_order(life):
    rule = life()
    rule.run("c", "a")
    run = rule.run("d", "a", "b", "c")
    assert ids(run.active) == ["c", "a", "d", "b"]
    assert ids(run.new) == ["d", "b"]
    assert list(run.tracked) == ["c", "a", "d", "b"]


def test_an_alert_without_a_start_gets_neither_start_nor_duration_nor_end(life):
    nameless = {name: Alert(name, f"u-{name}", group="default", visible=True) for name in ("a", "b")}
    run = life(state=RuleState(active=nameless)).run("a")
    assert (run.active[0].start, run.active[0].duration_ns) == (None, 0)
    assert (run.recovered[0].start, run.recovered[0].end, run.recovered[0].duration_ns) == (None, None, 0)


def test_a_clock_that_steps_back_never_shrinks_a_duration_nor_ends_an_alert_before_it_began(life):
    rule = life()
    rule.run("a")
    start = rule.state.active["a"].start
    rule.runs = 5
    rule.run("a")
    rule.runs = 3
    assert rule.run("a").active[0].duration_ns == 5 * MINUTE_NS
    rule.runs = -2
    (ended,) = rule.run().recovered
    assert (ended.end, ended.duration_ns) == (start, 5 * MINUTE_NS)


def test_the_same_id_twice_in_a_run_is_an_error_of_the_rule_type(life):
    with pytest.raises(DuplicateAlert, match=r"alert \[b\]") as error:
        life().run("a", "b", "b")
    assert error.value.reason == "execute"


def test_the_recovery_group_cannot_be_reported(life):
    with pytest.raises(RunError, match=r"recovery group \[recovered\]") as error:
        life().run(Report("a", "recovered"))
    assert error.value.reason == "execute"


def test_an_undefined_group_is_active_as_usual_and_logged_once_a_group(life):
    run = life().run("a", Report("b", "odd"), Report("c", "odd"), Report("d", "even"))
    assert ids(run.active) == ["a", "b", "c", "d"]
    assert [alert.group for alert in run.active] == ["default", "odd", "odd", "even"]
    assert run.warnings == [
        "rule type [test.type] has no action group [even]: no action will match "
        "the 1 alert(s) reported in it, the first of them [d]",
        "rule type [test.type] has no action group [odd]: no action will match "
        "the 2 alert(s) reported in it, the first of them [b]",
    ]


class TestAlertLimit:
    def test_nothing_recovers_and_unreported_alerts_pass_through_without_a_group(self, life):
        rule = life(max_alerts=3)
        rule.run(Report("a", "default", {"v": 1}, state={"x": 1}), "b")
        run = rule.run("b", limit_reached=True)
        assert (ids(run.active), run.recovered, run.is_limit_reached) == (["a", "b"], [], True)
        passed = run.active[0]
        assert (passed.group, passed.reported, passed.context, passed.state) == (None, False, {}, {"x": 1})
        assert (passed.duration_ns, passed.end, passed.active_count) == (MINUTE_NS, None, 1)
        assert passed.flapping_history == [True, False]
        assert (run.active[1].group, run.active[1].active_count) == ("default", 2)

    def test_new_alerts_are_taken_in_report_order_up_to_the_limit(self, life):
        rule = life(max_alerts=3)
        rule.run("a")
        run = rule.run("d", "c", "b", limit_reached=True)
        assert ids(run.active) == ["a", "d", "c"]
        assert ids(run.new) == ["d", "c"]
        assert list(run.tracked) == ["a", "d", "c"]

    def test_no_alert_is_new_when_the_tracked_ones_fill_the_limit(self, life):
        rule = life(max_alerts=2)
        rule.run("a", "b")
        run = rule.run("c", "d", limit_reached=True)
        assert (ids(run.active), run.new) == (["a", "b"], [])

    def test_delayed_alerts_count_towards_the_limit_and_stay_delayed(self, life):
        rule = life(max_alerts=2, alert_delay=2)
        rule.run("a")
        run = rule.run("b", "c", limit_reached=True)
        assert ids(run.delayed) == ["a", "b"]
        assert [alert.active_count for alert in run.delayed] == [1, 1]

    def test_a_held_alert_passes_through_and_its_pending_count_starts_over(self, life):
        rule = life()
        rule.run("a"), rule.run(), rule.run("a"), rule.run(), rule.run("a"), rule.run()
        assert rule.state.active["a"].pending_recovered_count == 1
        (alert,) = rule.run(limit_reached=True).active
        assert (alert.pending_recovered_count, alert.flapping_history[-1], alert.group) == (0, False, None)

    def test_the_limit_is_not_applied_unless_it_was_reached(self, life):
        assert len(life(max_alerts=2).run("a", "b", "c").active) == 3

    def test_the_next_run_goes_on_as_usual(self, life):
        rule = life(max_alerts=2)
        rule.run("a", "b"), rule.run("c", "d", limit_reached=True)
        run = rule.run("b")
        assert (ids(run.active), ids(run.recovered)) == (["b"], ["a"])


class TestPartialResults:
    def test_unreported_alerts_pass_through_but_all_new_ones_are_accepted(self, life):
        rule = life(max_alerts=2)
        rule.run("a", "b")
        run = rule.run("c", "d", hold_recoveries=True)
        assert (ids(run.active), ids(run.new), run.recovered) == (["a", "b", "c", "d"], ["c", "d"], [])
        assert [alert.group for alert in run.active] == [None, None, "default", "default"]
        assert run.active[0].flapping_history == [True, False]
        assert run.active[0].active_count == 1
        assert run.is_limit_reached is False

    def test_a_delayed_alert_stays_delayed(self, life):
        rule = life(alert_delay=3)
        rule.run("a")
        assert ids(rule.run(hold_recoveries=True).delayed) == ["a"]


class TestNoAutoRecovery:
    @pytest.fixture
    def rule(self, life, make_rule_type):
        return life(rule_type=make_rule_type(auto_recovers=False))

    def test_every_report_is_new_in_every_run_and_nothing_is_tracked(self, rule):
        for uuid in ("u1", "u2"):
            run = rule.run("a")
            assert [alert.uuid for alert in run.new] == [uuid]
            assert run.active == run.new
            assert (run.tracked, run.tracked_recovered, run.recovered) == ({}, {}, [])
        assert (rule.state.active, rule.state.recovered) == ({}, {})

    def test_stored_alerts_are_of_no_account(self, rule):
        rule.state = RuleState(
            active={"a": Alert("a", "u0", visible=True)}, recovered={"b": Alert("b", "u9", flapping_history=[True] * 5)}
        )
        run = rule.run("b")
        assert (ids(run.new), run.recovered, run.new[0].flapping_history) == (["b"], [], [True])

    def test_a_delay_does_not_apply(self, life, make_rule_type):
        rule = life(rule_type=make_rule_type(auto_recovers=False), alert_delay=3)
        assert ids(rule.run("a").new) == ["a"]

    def test_its_documents_are_final_at_once(self, rule):
        at = rule.at
        run = rule.run("a")
        assert [(document.uuid, document.start) for document in run.new_documents] == [("u1", at)]
        (closed,) = run.closed_documents
        assert (closed.uuid, closed.end) == ("u1", at)
        assert closed.document == run.new[0].document
        assert closed.document["kibana.alert.status"] == "active"


def test_the_state_handed_in_is_left_as_it_was(life):
    rule = life(notifies=True)
    rule.run(Report("a", "high", {"v": 1}, {"my.list": [1]}, {"x": 1}), "b"), rule.run("b"), rule.run("b", "c")
    before = rule.state
    picture = repr(before)
    later = life(state=before, flapping=rule.flapping)
    later.runs = 3
    transition = later.run(Report("b", "low", {"v": 2}, {"my.list": [2], "tags": ["t"]}, {"x": 2}))
    transition.active[0].last_scheduled_actions.actions["act"] = rule.at
    assert repr(before) == picture
    assert before.active["b"].last_scheduled_actions == LastScheduledActions("default", rule.at - timedelta(minutes=1))


def test_the_last_scheduled_actions_are_carried_over(life):
    rule = life()
    last = LastScheduledActions("high", rule.at, {"act": rule.at})
    rule.state = RuleState(active={"a": Alert("a", "u0", visible=True, last_scheduled_actions=last)})
    (alert,) = rule.run("a").active
    assert alert.last_scheduled_actions == last
    assert alert.last_scheduled_actions is not last
    assert alert.last_scheduled_actions.actions is not last.actions
