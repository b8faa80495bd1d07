"""Flapping alerts that are only held active; on-change actions still see them (actions-scheduling.md 3, test 4, 6)."""

from functools import lru_cache

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    if alert.pending_recovered_count == 0 or action.notify_when == "onActionGroupChange":
        return None
    return _pending(alert.pending_recovered_count)


@lru_cache(maxsize=256)
def _pending(misses: int) -> Reason:
    return Reason("pendingRecovery", (("misses", misses),))
