"""What closes a whole run to all actions."""

from dataclasses import replace

import pytest

from engine.model.alert import LastScheduledActions
from engine.model.notification import LedgerEntry
from engine.notify import pipeline
from engine.notify.decide import Decisions, decide
from engine.notify.dispatch import Dispatched, dispatch
from engine.notify.gates import cancelled_run, muted_rule, snoozed_rule
from engine.notify.reasons import Reason
from engine.timing.snooze import RuleSnooze

NOON_TEXT = "2026-01-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("rule", "is_cancelled", "code"),
    [
        ({"mute_all": True}, False, "ruleMuted"),
        ({}, True, "runCancelled"),
        pytest.param({"mute_all": True}, True, "ruleMuted", id="the first gate answers"),
    ],
)
def test_a_closed_gate_is_one_entry_for_the_whole_rule(situation_of, action_of, alert_of, rule, is_cancelled, code):
    actions = [action_of("u1"), action_of("u2", group="recovered")]
    situation = situation_of(
        actions, [alert_of("a"), alert_of("b")], [alert_of("c")], rule=rule, is_cancelled=is_cancelled
    )
    entry = LedgerEntry(None, code, (), {})
    assert decide(situation) == Decisions(ledger=(entry,), is_gated=True)
    assert dispatch(situation, decide(situation), lambda: "n1") == Dispatched(ledger=[entry])


def test_what_a_gate_has_to_tell_is_in_the_entry(situation_of, action_of, alert_of, monkeypatch):
    snoozed = Reason("ruleMuted", (("until", "noon"), ("snoozes", ("s1", "s2"))))
    monkeypatch.setattr(pipeline, "GATES", (lambda situation: snoozed,))
    entry = LedgerEntry(None, "ruleMuted", (), {"until": "noon", "snoozes": ["s1", "s2"]})
    assert decide(situation_of([action_of()], [alert_of()])) == Decisions(ledger=(entry,), is_gated=True)


@pytest.mark.parametrize("which", ["active", "recovered", "delayed"])
def test_any_alert_makes_a_closed_gate_worth_an_entry(situation_of, action_of, alert_of, which):
    decisions = decide(situation_of([action_of()], **{which: [alert_of()]}, rule={"mute_all": True}))
    assert [entry.reason for entry in decisions.ledger] == ["ruleMuted"]


@pytest.mark.parametrize(("has_action", "has_alert"), [(False, True), (True, False)])
def test_a_run_without_anything_to_say_was_not_kept_from_it(situation_of, action_of, alert_of, has_action, has_alert):
    actions, active = [action_of()] if has_action else [], [alert_of()] if has_alert else []
    assert decide(situation_of(actions, active, rule={"mute_all": True})) == Decisions(is_gated=True)


def test_an_open_run_passes_every_gate(situation_of, action_of):
    situation = situation_of([action_of()])
    assert [gate(situation) for gate in pipeline.GATES] == [None, None, None]
    assert not decide(situation).is_gated


def test_each_gate_closes_by_itself(situation_of, action_of):
    open_situation = situation_of([action_of()])
    muted = replace(open_situation, rule=replace(open_situation.rule, mute_all=True))
    cancelled = replace(open_situation, is_cancelled=True)
    snoozed = replace(open_situation, snooze=RuleSnooze(True, NOON_TEXT, ("s1", "s2")))
    assert (muted_rule.judge(muted), muted_rule.judge(cancelled), muted_rule.judge(snoozed)) == (
        Reason("ruleMuted"),
        None,
        None,
    )
    assert (snoozed_rule.judge(muted), snoozed_rule.judge(cancelled)) == (None, None)
    assert snoozed_rule.judge(snoozed) == Reason("ruleSnoozed", (("until", NOON_TEXT), ("snoozes", ("s1", "s2"))))
    assert (cancelled_run.judge(muted), cancelled_run.judge(cancelled)) == (None, Reason("runCancelled"))


def test_a_gated_run_touches_no_state(situation_of, action_of, alert_of, noon, run_once):
    last = LastScheduledActions("default", noon, {"gone": noon})
    alert = alert_of(last_scheduled_actions=last)
    run_once(situation_of([action_of()], [alert], rule={"mute_all": True}))
    assert alert.last_scheduled_actions == LastScheduledActions("default", noon, {"gone": noon})


def test_a_plain_snooze_has_no_id_to_tell(situation_of):
    situation = situation_of([], snooze=RuleSnooze(True, NOON_TEXT, ()))
    assert snoozed_rule.judge(situation) == Reason("ruleSnoozed", (("until", NOON_TEXT),))


def test_snoozes_that_are_not_active_leave_the_rule_open(situation_of):
    assert snoozed_rule.judge(situation_of([], snooze=RuleSnooze(False, None, ()))) is None
