"""Alerts behind the alert delay."""

import pytest

from engine.notify.reasons import Reason
from engine.notify.stages.delayed import judge


@pytest.mark.parametrize(
    ("delay", "matches", "needed"),
    [(3, 1, 3), (3, 2, 3), (5, 2, 5), pytest.param(None, 1, 1, id="the delay was lifted meanwhile")],
)
def test_a_delayed_alert_says_how_far_it_is(situation_of, action_of, alert_of, delay, matches, needed):
    alert = alert_of(active_count=matches, visible=False)
    situation = situation_of([action_of()], delayed=[alert], rule={"alert_delay": delay})
    expected = Reason("delayed", (("matches", matches), ("needed", needed)))
    assert judge(situation, situation.actions[0], alert) == expected


def test_an_alert_that_passed_the_delay_goes_on(situation_of, action_of, alert_of):
    alert = alert_of("a", active_count=3)
    situation = situation_of([action_of()], [alert], delayed=[alert_of("b")], rule={"alert_delay": 3})
    assert judge(situation, situation.actions[0], alert) is None
