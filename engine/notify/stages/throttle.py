"""Throttled actions wait, by their own clock or by the alert's (actions-scheduling.md 5.1, 5.2).

A changed group passes at once, and so does the very instant at which the throttle ends.
"""

from datetime import datetime
from functools import lru_cache

from engine.model.alert import Alert, LastScheduledActions
from engine.model.instant import iso
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    if action.notify_when != "onThrottleInterval" or action.throttle is None:
        return None
    last = alert.last_scheduled_actions
    if last is None or last.group != alert.group:
        return None
    fired_at = _last_fired(action, last)
    if fired_at is None:
        return None
    until = fired_at + action.throttle
    return None if until <= situation.at else _throttled(until, "action" if action.is_interval else "rule")


def _last_fired(action: CompiledAction, last: LastScheduledActions) -> datetime | None:
    return last.actions.get(action.uuid) if action.is_interval else last.date


@lru_cache(maxsize=256)
def _throttled(until: datetime, level: str) -> Reason:
    return Reason("throttled", (("until", iso(until)), ("level", level)))
