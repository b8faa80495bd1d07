"""What is kept between runs (rule-run.md 2, 4.18, 13)."""

from dataclasses import replace

from engine.model.alert import Alert, LastScheduledActions, RuleState
from engine.ports.rule_type import Report
from engine.run.state import cleared_for_enable, next_state, without_alerts


def test_a_successful_run_stores_its_alerts_its_start_and_what_it_was_given(life):
    rule = life(alert_delay=2)
    rule.run("a"), rule.run("a")
    at = rule.at
    transition = rule.run("b")
    summaries = {"act": at}
    state = next_state(transition, type_state={"latest": 1}, summary_actions=summaries, subject=rule.subject)
    assert state.active == transition.tracked
    assert list(state.active) == ["b"]
    assert (state.previous_started_at, state.type_state, state.summary_actions) == (at, {"latest": 1}, summaries)
    assert state.documented_revision == 4


def test_an_ended_alert_keeps_only_what_its_flapping_history_needs(life):
    rule = life(notifies=True)
    rule.run(Report("a", "high", {"c": 1}, {"p": 1}, {"x": 1}))
    run = rule.run()
    assert run.recovered[0].last_scheduled_actions.group == "high"
    assert rule.state.recovered == {"a": Alert("a", "u1", flapping_history=[True, True])}


def test_the_flag_and_windows_of_an_ended_alert_are_kept(life):
    rule = life()
    shaky = Alert(
        "a",
        "u0",
        visible=True,
        flapping=True,
        flapping_history=[True] * 4,
        pending_recovered_count=3,
        maintenance_window_ids=("w",),
        maintenance_window_names=("W",),
    )
    rule.state = RuleState(active={"a": shaky})
    rule.run(windows=None)
    assert rule.state.recovered == {
        "a": Alert(
            "a",
            "u0",
            flapping=True,
            flapping_history=[True] * 5,
            maintenance_window_ids=("w",),
            maintenance_window_names=("W",),
        )
    }


def test_enabling_empties_the_flapping_history(life):
    rule = life()
    for reported in ("a", "", "a", "", "a", "", "b"):
        rule.run(*reported)
    rule.state.summary_actions["act"] = rule.at
    rule.state.type_state["latest"] = 1
    before = rule.state
    assert before.active["a"].pending_recovered_count == 2
    cleared = cleared_for_enable(before)
    assert cleared.active == {
        "a": replace(before.active["a"], flapping_history=[], flapping=False, pending_recovered_count=0),
        "b": replace(before.active["b"], flapping_history=[]),
    }
    assert (cleared.recovered, cleared.previous_started_at) == ({}, None)
    assert (cleared.summary_actions, cleared.type_state) == ({"act": rule.at}, {"latest": 1})
    assert cleared.documented_revision == 4
    assert before.active["a"].flapping is True


def test_enabling_forgets_ended_alerts(life):
    rule = life()
    rule.run("a"), rule.run()
    assert list(rule.state.recovered) == ["a"]
    assert cleared_for_enable(rule.state).recovered == {}


def test_an_alert_that_lived_through_a_disabled_time_goes_on(life):
    rule = life()
    rule.run("a")
    rule.state, rule.runs = cleared_for_enable(rule.state), 60
    (alert,) = rule.run("a").active
    assert (alert.uuid, alert.duration_ns, alert.flapping_history) == ("u1", 3600 * 10**9, [False])


def test_untracked_alerts_leave_the_state(life):
    rule = life()
    rule.run("a", "b")
    rule.state.recovered["c"] = Alert("c", "u1", flapping_history=[True])
    left = without_alerts(rule.state, {"u1"})
    assert list(left.active) == ["b"]
    assert list(left.recovered) == ["c"]
    assert left.previous_started_at == rule.state.previous_started_at
    assert list(rule.state.active) == ["a", "b"]


def test_an_untracked_alert_that_still_matches_is_new_with_another_uuid(life):
    rule = life()
    rule.run("a")
    rule.state = without_alerts(rule.state, {"u1"})
    assert [alert.uuid for alert in rule.run("a").new] == ["u2"]


def test_last_scheduled_actions_are_stored_for_active_alerts(life):
    rule = life(notifies=True)
    at = rule.at
    rule.run("a")
    assert rule.state.active["a"].last_scheduled_actions == LastScheduledActions("default", at)
