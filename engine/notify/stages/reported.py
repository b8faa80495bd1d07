"""Active alerts need a reported group that their rule type has (actions-scheduling.md 3, tests 6 and 7)."""

from functools import lru_cache

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason

_NOTHING = Reason("nothingReported")


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    if alert.group in situation.groups:
        return None
    return _NOTHING if alert.group is None else _unknown(alert.group)


@lru_cache(maxsize=256)
def _unknown(group: str) -> Reason:
    return Reason("unknownGroup", (("group", group),))
