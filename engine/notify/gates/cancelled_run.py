"""A cancelled run considers no action of any sort (actions-scheduling.md 2, rule-run.md 8)."""

from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason

_CANCELLED = Reason("runCancelled")


def judge(situation: DecisionInput) -> Reason | None:
    return _CANCELLED if situation.is_cancelled else None
