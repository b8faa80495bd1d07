"""Throttled actions: by their own clock, or by the rule's throttle and the alert's clock."""

from datetime import timedelta

import pytest

from engine.model.alert import LastScheduledActions
from engine.model.instant import iso
from engine.notify.reasons import Reason
from engine.notify.stages.throttle import judge

MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def judge_throttle(situation_of, action_of, alert_of, noon):
    """The verdict at noon on an alert in ``default``."""

    def judge_at_noon(own, last, *, throttle=None, rule=None):
        alert = alert_of(last_scheduled_actions=last)
        action = action_of(notify_when=own, throttle=throttle)
        situation = situation_of([action, action_of("u2")], [alert], rule=rule)
        return judge(situation, situation.actions[0], alert)

    return judge_at_noon


@pytest.mark.parametrize(
    ("since", "is_throttled"),
    [
        (timedelta(0), True),
        (HOUR / 2, True),
        (HOUR - MS, True),
        pytest.param(HOUR, False, id="at the very end of the throttle it fires"),
        (HOUR + MS, False),
    ],
)
def test_an_own_throttle_counts_from_the_actions_last_notification(judge_throttle, noon, since, is_throttled):
    last = LastScheduledActions("default", noon, {"u1": noon - since, "u2": noon})
    until = Reason("throttled", (("until", iso(noon - since + HOUR)), ("level", "action")))
    assert judge_throttle("onThrottleInterval", last, throttle="1h") == (until if is_throttled else None)


@pytest.mark.parametrize(("since", "is_throttled"), [(HOUR - MS, True), (HOUR, False), (HOUR + MS, False)])
def test_the_rules_throttle_counts_from_the_alerts_last_notification(judge_throttle, noon, since, is_throttled):
    last = LastScheduledActions("default", noon - since)
    rule = {"notify_when": "onThrottleInterval", "throttle": "1h"}
    until = Reason("throttled", (("until", iso(noon - since + HOUR)), ("level", "rule")))
    assert judge_throttle(None, last, rule=rule) == (until if is_throttled else None)


def test_an_own_throttle_does_not_listen_to_the_alerts_clock(judge_throttle, noon):
    last = LastScheduledActions("default", noon, {"u2": noon})
    assert judge_throttle("onThrottleInterval", last, throttle="1h") is None


def test_the_rules_throttle_does_not_listen_to_an_actions_clock(judge_throttle, noon):
    last = LastScheduledActions("default", noon - HOUR, {"u1": noon})
    assert judge_throttle(None, last, rule={"notify_when": "onThrottleInterval", "throttle": "1h"}) is None


@pytest.mark.parametrize("own", ["onThrottleInterval", None])
def test_a_changed_group_bypasses_the_throttle(judge_throttle, noon, own):
    last = LastScheduledActions("other", noon, {"u1": noon})
    throttle = "1h" if own else None
    rule = None if own else {"notify_when": "onThrottleInterval", "throttle": "1h"}
    assert judge_throttle(own, last, throttle=throttle, rule=rule) is None


@pytest.mark.parametrize("own", ["onThrottleInterval", None])
def test_an_alert_that_never_notified_is_not_throttled(judge_throttle, own):
    rule = None if own else {"notify_when": "onThrottleInterval", "throttle": "1h"}
    assert judge_throttle(own, None, throttle="1h" if own else None, rule=rule) is None


def test_without_a_throttle_at_the_rule_nothing_is_held_back(judge_throttle, noon):
    last = LastScheduledActions("default", noon)
    assert judge_throttle(None, last, rule={"notify_when": "onThrottleInterval"}) is None


def test_an_own_interval_without_throttle_falls_back_on_the_rules(judge_throttle, noon):
    last = LastScheduledActions("default", noon - HOUR / 2)
    assert judge_throttle("onThrottleInterval", last) is None
    verdict = judge_throttle("onThrottleInterval", last, rule={"throttle": "1h"})
    assert verdict == Reason("throttled", (("until", iso(noon + HOUR / 2)), ("level", "rule")))


@pytest.mark.parametrize("notify_when", ["onActiveAlert", "onActionGroupChange"])
def test_a_throttle_beside_another_notify_when_is_ignored(judge_throttle, noon, notify_when):
    last = LastScheduledActions("default", noon, {"u1": noon})
    assert judge_throttle(notify_when, last, throttle="1h", rule={"throttle": "1h"}) is None


@pytest.mark.parametrize("text", ["", "0m", "1.5h", "1w", "10"])
def test_a_stored_throttle_that_is_no_duration_holds_nothing_back(judge_throttle, noon, text):
    last = LastScheduledActions("default", noon, {"u1": noon})
    assert judge_throttle("onThrottleInterval", last, throttle=text) is None
    assert judge_throttle(None, last, rule={"notify_when": "onThrottleInterval", "throttle": text}) is None
