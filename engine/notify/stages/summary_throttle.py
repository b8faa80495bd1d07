"""Summary actions that wait for their interval to pass (actions-scheduling.md 5.3).

The clock is the action's own, kept with the rule. It starts with a summary that was let through, so a rule that had
nothing to tell tells the first thing at once.
"""

from engine.model.instant import iso
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction) -> Reason | None:
    until = action.silent_until(situation.summary_actions, situation.at)
    return None if until is None else Reason("throttled", (("until", iso(until)), ("level", "action")))
