"""Alerts that the rule's alert delay still hides (actions-scheduling.md 3, test 3, and 6)."""

from functools import lru_cache

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    if alert.id not in situation.delayed_ids:
        return None
    return _delayed(alert.active_count, situation.rule.alert_delay or 1)


@lru_cache(maxsize=256)
def _delayed(matches: int, needed: int) -> Reason:
    return Reason("delayed", (("matches", matches), ("needed", needed)))
