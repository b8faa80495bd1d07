"""Alerts in the rule's mute list."""

import pytest

from engine.notify.reasons import Reason
from engine.notify.stages.muted import judge


@pytest.mark.parametrize(
    ("muted", "expected"),
    [
        pytest.param((), None, id="nothing muted"),
        pytest.param(("b", "c"), None, id="others muted"),
        pytest.param(("b", "a"), Reason("muted"), id="this one muted"),
        pytest.param(("uuid-a",), None, id="a mute names the instance id, never the uuid"),
    ],
)
def test_the_mute_list_decides(situation_of, action_of, alert_of, muted, expected):
    alert = alert_of("a")
    situation = situation_of([action_of()], [alert], rule={"muted_alert_ids": muted})
    assert judge(situation, situation.actions[0], alert) == expected


def test_a_mute_outlives_the_recovery(situation_of, action_of, alert_of, run_once):
    actions = [action_of("u1"), action_of("u2", group="recovered")]
    situation = situation_of(actions, recovered=[alert_of("a"), alert_of("b")], rule={"muted_alert_ids": ("a",)})
    dispatched = run_once(situation)
    assert [(each.action_uuid, each.alert_id) for each in dispatched.notifications] == [("u2", "b")]
