"""When an alert becomes visible (rule-run.md 6)."""

import pytest

from engine.model.alert import Alert, RuleState


def ids(alerts):
    return [alert.id for alert in alerts]


@pytest.mark.parametrize(("delay", "new_in_run"), [(None, 1), (0, 1), (1, 1), (2, 2), (3, 3)])
def test_an_alert_is_new_with_its_nth_match(life, delay, new_in_run):
    rule = life(alert_delay=delay)
    runs = [rule.run("a") for _ in range(4)]
    assert [ids(run.new) for run in runs] == [["a"] if number == new_in_run else [] for number in range(1, 5)]
    assert [len(run.active) for run in runs] == [0 if number < new_in_run else 1 for number in range(1, 5)]
    assert [len(run.delayed) for run in runs] == [1 if number < new_in_run else 0 for number in range(1, 5)]


def test_it_starts_when_it_becomes_visible_and_keeps_the_uuid_of_the_delay(life, midnight):
    rule = life(alert_delay=3)
    assert rule.run("a").delayed[0].uuid == "u1"
    waiting = rule.run("a").delayed[0]
    assert (waiting.active_count, waiting.visible, waiting.document) == (2, False, {})
    assert (waiting.start, waiting.duration_ns) == (midnight, 60_000_000_000)
    at = rule.at
    (alert,) = rule.run("a").new
    assert (alert.uuid, alert.start, alert.duration_ns, alert.active_count) == ("u1", at, 0, 3)
    assert alert.visible is True
    assert rule.run("a").active[0].duration_ns == 60_000_000_000


def test_a_delayed_alert_is_tracked_but_has_no_document(life):
    rule = life(alert_delay=2)
    run = rule.run("a")
    assert list(run.tracked) == ["a"]
    assert (run.new_documents, run.closed_documents) == ([], [])


def test_a_delayed_alert_that_stops_matching_vanishes_without_a_trace(life):
    rule = life(alert_delay=2)
    rule.run("a")
    run = rule.run()
    assert (run.recovered, run.delayed, run.active) == ([], [], [])
    assert (run.tracked, run.tracked_recovered) == ({}, {})
    assert run.closed_documents == []
    assert rule.run("a").delayed[0].flapping_history == [True]


def test_delayed_alerts_collect_history(life):
    rule = life(alert_delay=3)
    assert rule.run("a").delayed[0].flapping_history == [True]
    assert rule.run("a").delayed[0].flapping_history == [True, False]
    assert rule.run("a").new[0].flapping_history == [True, False, False]


def test_a_reactivated_alert_must_match_as_often_again(life):
    rule = life(alert_delay=2)
    rule.run("a"), rule.run("a")
    assert rule.run().recovered[0].active_count == 0
    run = rule.run("a")
    assert (ids(run.delayed), run.delayed[0].active_count, run.delayed[0].flapping_history) == (
        ["a"],
        1,
        [True, False, True, True],
    )
    assert run.tracked_recovered == {}
    assert ids(rule.run("a").new) == ["a"]


def test_held_runs_are_no_matches(life):
    rule = life()
    rule.run("a"), rule.run(), rule.run("a"), rule.run(), rule.run("a")
    (alert,) = rule.run().active
    assert (alert.pending_recovered_count, alert.active_count) == (1, 1)
    assert rule.run("a").active[0].active_count == 2


def test_raising_the_delay_does_not_hide_a_visible_alert(life, make_rule):
    rule = life(alert_delay=2)
    rule.run("a"), rule.run("a")
    rule.rule = make_rule(alert_delay=5)
    run = rule.run("a")
    assert (ids(run.active), run.new, run.delayed) == (["a"], [], [])


def test_lowering_the_delay_reveals_a_delayed_alert_as_new(life, make_rule):
    rule = life(alert_delay=5)
    rule.run("a"), rule.run("a")
    rule.rule = make_rule(alert_delay=1)
    run = rule.run("a")
    assert ids(run.new) == ["a"]
    assert run.new[0].active_count == 3


def test_an_alert_with_enough_matches_is_not_revealed_without_a_report(life):
    waiting = Alert("a", "u0", active_count=7, start=life().at)
    rule = life(alert_delay=2, state=RuleState(active={"a": waiting}))
    run = rule.run(limit_reached=True)
    assert (ids(run.delayed), run.active) == (["a"], [])
    assert run.delayed[0].active_count == 7
