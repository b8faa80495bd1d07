"""Letting alerts go while they are active (rule-run.md 13)."""

from engine.model.trace import AlertMention, UntrackTrace
from engine.ports.rule_type import Report
from engine.ports.store import UntrackedDocument
from engine.run.untracking import untrack_trace, untracked_documents, without_alerts


def test_visible_alerts_are_untracked_and_delayed_ones_dropped_without_a_trace(life):
    rule = life(alert_delay=2)
    start = rule.at
    rule.run("a"), rule.run("a"), rule.run("a", "b")
    alerts = list(rule.state.active.values())
    assert [alert.visible for alert in alerts] == [True, False]
    assert untracked_documents(alerts, rule.at) == (UntrackedDocument("u1", rule.at),)
    began = start.replace(minute=1)
    assert untrack_trace(rule.subject.identity, alerts, rule.at) == UntrackTrace(
        rule.subject.identity, rule.at, (AlertMention("a", "u1", "default", False, began, 60 * 10**9),)
    )


def test_nothing_visible_leaves_no_trace(life):
    rule = life(alert_delay=2)
    rule.run("a")
    alerts = rule.state.active.values()
    assert untracked_documents(alerts, rule.at) == ()
    assert untrack_trace(rule.subject.identity, alerts, rule.at) is None


def test_an_alert_passed_through_at_the_limit_is_mentioned_with_its_last_group(life):
    rule = life()
    rule.run(Report("a", "high")), rule.run(limit_reached=True)
    trace = untrack_trace(rule.subject.identity, rule.state.active.values(), rule.at)
    assert trace.alerts[0].group == "high"


def test_a_run_leaves_out_what_was_untracked_meanwhile(life):
    rule = life(alert_delay=2)
    rule.run("gone", "stays", "over", "over too"), rule.run("gone", "stays", "over", "over too", "young", "younger")
    run = rule.run("gone", "stays", "young", "younger", "late", "later", limit_reached=False)
    uuid = {alert.id: alert.uuid for alert in [*run.active, *run.recovered, *run.delayed]}
    left = without_alerts(run, {uuid["gone"], uuid["over"], uuid["young"], uuid["late"]})
    assert [alert.id for alert in left.active] == ["stays", "younger"]
    assert [alert.id for alert in left.new] == ["younger"]
    assert [alert.id for alert in left.recovered] == ["over too"]
    assert [alert.id for alert in left.delayed] == ["later"]
    assert list(left.tracked) == ["stays", "younger", "later"]
    assert list(left.tracked_recovered) == ["over too"]
    assert [document.alert_id for document in left.new_documents] == ["younger"]
    assert [document.uuid for document in left.closed_documents] == [uuid["over too"]]
    assert (left.at, left.execution_uuid) == (run.at, run.execution_uuid)
    assert [alert.id for alert in run.active] == ["gone", "stays", "young", "younger"]
