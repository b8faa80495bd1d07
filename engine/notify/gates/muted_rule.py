"""A muted rule considers no action of any sort (actions-scheduling.md 2, 9)."""

from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason

_MUTED = Reason("ruleMuted")


def judge(situation: DecisionInput) -> Reason | None:
    return _MUTED if situation.rule.mute_all else None
