"""Summary actions whose filter cannot be evaluated are not run (kql.md 10)."""

from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction) -> Reason | None:
    return None if action.alerts_filter is None else action.alerts_filter.fault
