"""Alerts without a group, or with one that their rule type does not have."""

from types import SimpleNamespace

import pytest

from engine.notify.decide import decide
from engine.notify.reasons import Reason
from engine.notify.stages.reported import judge
from engine.ports.rule_type import RECOVERED, ActionGroup


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("default", None),
        ("other", None),
        pytest.param(None, Reason("nothingReported"), id="passed through at the alert limit"),
        ("weird", Reason("unknownGroup", (("group", "weird"),))),
        pytest.param(
            "recovered", Reason("unknownGroup", (("group", "recovered"),)), id="the recovery group is reserved"
        ),
    ],
)
def test_the_group_must_be_one_of_the_types(situation_of, action_of, alert_of, group, expected):
    alert = alert_of(group=group)
    situation = situation_of([action_of()], [alert])
    assert judge(situation, situation.actions[0], alert) == expected


def test_an_action_for_the_recovery_group_never_matches_an_active_alert(situation_of, action_of, alert_of, rule_type):
    listing = SimpleNamespace(**{**vars(rule_type), "action_groups": (ActionGroup("default", "Default"), RECOVERED)})
    decisions = decide(situation_of([action_of(group="recovered")], [alert_of(group="recovered")], rule_type=listing))
    assert decisions.candidates == ()


def test_unknown_groups_are_logged_once_each_and_the_run_goes_on(situation_of, action_of, alert_of, pairs):
    alerts = [alert_of("a", "weird"), alert_of("b", "odd"), alert_of("c", "weird"), alert_of("d")]
    decisions = decide(situation_of([action_of("u1"), action_of("u2")], alerts))
    assert pairs(decisions) == [("u1", "d"), ("u2", "d")]
    assert decisions.errors == (
        "rule [rule-1] reported action group [weird], which its type [generic] does not have",
        "rule [rule-1] reported action group [odd], which its type [generic] does not have",
    )
