"""Alerts that the action's filter does not choose, by their documents (actions-scheduling.md 3, test 5, and 8.2)."""

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    chosen = action.alerts_filter
    if chosen is None:
        return None
    return chosen.fault or chosen.find_query_reason(situation.view_of(alert))
