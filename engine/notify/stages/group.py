"""An action fires for its own group only (actions-scheduling.md 3, test 8)."""

from functools import lru_cache

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    return None if action.group == alert.group else _mismatch(action.group, alert.group or "")


@lru_cache(maxsize=256)
def _mismatch(wanted: str, reported: str) -> Reason:
    return Reason("groupMismatch", (("wanted", wanted), ("reported", reported)))
