"""An action fires for its own group only."""

import pytest

from engine.notify.reasons import Reason
from engine.notify.stages.group import judge


@pytest.mark.parametrize(
    ("wanted", "reported", "matches"),
    [
        ("default", "default", True),
        ("other", "other", True),
        ("default", "other", False),
        ("other", "default", False),
        ("recovered", "default", False),
    ],
)
def test_the_groups_must_be_equal(situation_of, action_of, alert_of, wanted, reported, matches):
    alert = alert_of(group=reported)
    situation = situation_of([action_of(group=wanted)], [alert])
    mismatch = Reason("groupMismatch", (("wanted", wanted), ("reported", reported)))
    assert judge(situation, situation.actions[0], alert) == (None if matches else mismatch)
