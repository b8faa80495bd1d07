"""Recovery contexts (rule-run.md 4.9)."""

import pytest

from engine.model.alert import Alert, RuleState
from engine.model.errors import RunError
from engine.ports.rule_type import Recovery, RecoveryCandidate, Report


def asking(asked):
    def recover(candidate: RecoveryCandidate) -> Recovery:
        asked.append(candidate)
        return Recovery({"recovered": candidate.id}, {"my.field": 2})

    return recover


def test_the_rule_type_is_asked_about_alerts_it_did_not_report(life):
    rule, asked = life(), []
    rule.run(Report("a", "default", payload={"my.field": 1}), "b")
    stored = rule.state.active["a"].document
    run = rule.run("b", recover=asking(asked))
    assert asked == [RecoveryCandidate("a", "u1", {**rule.subject.rule_fields, **stored})]
    assert asked[0].document["my.field"] == 1
    assert run.recovered[0].context == {"recovered": "a"}
    assert run.recovered[0].document["my.field"] == 2
    assert run.active[0].context == {}


def test_a_recovery_without_payload_keeps_the_last_one(life):
    rule = life()
    rule.run(Report("a", "default", payload={"my.field": 1}))
    run = rule.run(recover=lambda _: Recovery({"x": 1}))
    assert run.recovered[0].document["my.field"] == 1


def test_the_document_is_empty_when_it_is_unknown(life):
    asked = []
    life(state=RuleState(active={"a": Alert("a", "u0", visible=True)})).run(recover=asking(asked))
    assert asked == [RecoveryCandidate("a", "u0", {})]


def test_nobody_asks_about_alerts_that_were_never_visible(life):
    rule, asked = life(alert_delay=2), []
    rule.run("a"), rule.run(recover=asking(asked))
    assert asked == []


@pytest.mark.parametrize("option", ["limit_reached", "hold_recoveries"])
def test_there_is_no_candidate_when_nothing_can_recover(life, option):
    rule, asked = life(), []
    rule.run("a")
    rule.run(recover=asking(asked), **{option: True})
    assert asked == []


def test_invisible_alerts_do_not_keep_others_from_being_asked_about(life):
    rule, asked = life(alert_delay=2), []
    rule.run("b"), rule.run("b", "a")
    rule.state = RuleState(active={"a": rule.state.active["a"], "b": rule.state.active["b"]})
    rule.run(recover=asking(asked))
    assert [candidate.id for candidate in asked] == ["b"]


def test_what_the_rule_type_raises_goes_through(life):
    rule = life()
    rule.run("a")

    def recover(_: RecoveryCandidate) -> Recovery:
        raise RunError("execute", "no context")

    with pytest.raises(RunError, match="no context"):
        rule.run(recover=recover)


def test_a_candidate_carries_what_its_last_report_remembered(life):
    rule, asked = life(), []
    rule.run(Report("a", "default", state={"whose": "me"}))
    rule.run(recover=asking(asked))
    assert asked[0].state == {"whose": "me"}
