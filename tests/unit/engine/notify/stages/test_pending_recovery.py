"""Flapping alerts that are only held active."""

import pytest

from engine.model.alert import LastScheduledActions
from engine.notify.decide import decide
from engine.notify.reasons import Reason
from engine.notify.stages.pending_recovery import judge


@pytest.mark.parametrize(
    ("misses", "own", "of_rule", "is_kept_back"),
    [
        pytest.param(0, "onActiveAlert", None, False, id="matched in this run"),
        (1, "onActiveAlert", None, True),
        (1, "onThrottleInterval", None, True),
        (3, "onActiveAlert", None, True),
        (1, "onActionGroupChange", None, False),
        pytest.param(1, None, None, True, id="no level set"),
        pytest.param(1, None, "onActiveAlert", True, id="the rule's value"),
        pytest.param(1, None, "onThrottleInterval", True, id="the rule's throttle"),
        pytest.param(1, None, "onActionGroupChange", False, id="the rule's on-change counts like an own one"),
    ],
)
def test_only_on_change_actions_see_held_alerts(situation_of, action_of, alert_of, misses, own, of_rule, is_kept_back):
    alert = alert_of(pending_recovered_count=misses)
    action = action_of(notify_when=own, throttle="1h" if own == "onThrottleInterval" else None)
    situation = situation_of([action], [alert], rule={"notify_when": of_rule})
    expected = Reason("pendingRecovery", (("misses", misses),)) if is_kept_back else None
    assert judge(situation, situation.actions[0], alert) == expected


@pytest.mark.parametrize(
    ("remembered", "fires"), [(None, True), ("default", False), pytest.param("other", True, id="another group")]
)
def test_a_held_alert_fires_on_change_only_if_its_group_is_news(
    situation_of, action_of, alert_of, noon, pairs, remembered, fires
):
    last = None if remembered is None else LastScheduledActions(remembered, noon)
    alert = alert_of(pending_recovered_count=1, reported=False, last_scheduled_actions=last)
    decisions = decide(situation_of([action_of(notify_when="onActionGroupChange")], [alert]))
    assert pairs(decisions) == ([("u1", "a")] if fires else [])
