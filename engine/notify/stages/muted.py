"""Alerts whose id is in the rule's mute list (actions-scheduling.md 3, test 2, and 9)."""

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason

_MUTED = Reason("muted")


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    return _MUTED if alert.id in situation.muted_ids else None
