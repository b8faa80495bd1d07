"""On-change actions."""

import pytest

from engine.model.alert import LastScheduledActions
from engine.notify.reasons import Reason
from engine.notify.stages.notify_when import judge

UNCHANGED = Reason("actionGroupHasNotChanged", (("group", "default"),))


@pytest.mark.parametrize(
    ("own", "of_rule", "remembered", "expected"),
    [
        ("onActionGroupChange", None, None, None),
        ("onActionGroupChange", None, "default", UNCHANGED),
        ("onActionGroupChange", None, "other", None),
        (None, "onActionGroupChange", "default", UNCHANGED),
        (None, "onActionGroupChange", "other", None),
        pytest.param("onActiveAlert", "onActionGroupChange", "default", None, id="the action's own value wins"),
        ("onActiveAlert", None, "default", None),
        ("onThrottleInterval", None, "default", None),
        pytest.param(None, None, "default", None, id="neither level set fires always"),
    ],
)
def test_what_was_heard_of_is_no_change(situation_of, action_of, alert_of, noon, own, of_rule, remembered, expected):
    last = None if remembered is None else LastScheduledActions(remembered, noon)
    alert = alert_of(group="default", last_scheduled_actions=last)
    situation = situation_of([action_of(notify_when=own)], [alert], rule={"notify_when": of_rule})
    assert judge(situation, situation.actions[0], alert) == expected
