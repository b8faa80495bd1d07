"""Actions outside the days and hours that their filter allows (actions-scheduling.md 3, test 5, and 8.3)."""

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    chosen = action.alerts_filter
    # The document was written at the instant of the run.
    return None if chosen is None else chosen.find_timeframe_reason(situation.at)
