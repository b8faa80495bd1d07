"""Reasons in words, as `tocsin why` tells them."""

import pytest

from engine.notify.explanation import explain
from engine.notify.reasons import EXPLANATIONS


@pytest.mark.parametrize(
    ("code", "facts", "told"),
    [
        pytest.param(
            "muted", {}, "The alert is muted; unmute it to be told of it while it is active.", id="without facts"
        ),
        pytest.param(
            "throttled",
            {"until": "2024-05-06T13:00:00.000Z", "level": "rule"},
            "The last notification is more recent than the throttle allows; the next can go out when that ends "
            "(until: 2024-05-06T13:00:00.000Z; level: rule).",
            id="facts in their order",
        ),
        pytest.param(
            "connectorMissing",
            {"connector_id": "c_1"},
            "The action's connector does not exist; add it to the settings, or use another one (connector id: c_1).",
            id="a name in words, its value as it is",
        ),
        pytest.param(
            "maintenanceWindow",
            {"window_ids": ["w1", "w2"], "window_names": ("Night", "Day")},
            "The alert became new during a maintenance window that has not ended; if it is still active when that "
            "ends, it is told then (window ids: w1, w2; window names: Night, Day).",
            id="several values",
        ),
        pytest.param(
            "limitReached",
            {"max": 0},
            "The run or the queue had no room for another action; raise the limit, or let fewer actions fire (max: 0).",
            id="0",
        ),
        pytest.param(
            "fromTheFuture", {}, "Kept back for a reason this version does not know (fromTheFuture).", id="unknown code"
        ),
        pytest.param(
            "fromTheFuture",
            {"x": 1},
            "Kept back for a reason this version does not know (fromTheFuture) (x: 1).",
            id="unknown code with facts",
        ),
    ],
)
def test_a_decision_in_one_sentence(code, facts, told):
    assert explain(code, facts) == told


def test_every_explanation_is_a_sentence_that_facts_can_follow():
    assert all(text[0].isupper() and text.endswith(".") and text.count(".") == 1 for text in EXPLANATIONS.values())
