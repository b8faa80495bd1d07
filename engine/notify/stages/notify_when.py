"""On-change actions fire when the group differs from the remembered one (actions-scheduling.md 4).

Remembered is the group of the last accepted notification, not that of the previous run: what was kept back is no
change that anybody heard of.
"""

from functools import lru_cache

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    if action.notify_when != "onActionGroupChange":
        return None
    last = alert.last_scheduled_actions
    return None if last is None or last.group != alert.group else _unchanged(last.group)


@lru_cache(maxsize=256)
def _unchanged(group: str) -> Reason:
    return Reason("actionGroupHasNotChanged", (("group", group),))
