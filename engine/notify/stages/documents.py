"""Actions that need alert documents, for a rule type that keeps none (actions-scheduling.md 1)."""

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason
from engine.ports.rule_type import keeps_documents

_NONE = Reason("noAlertDocuments")


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    """For a single alert: filters judge its document, and templates may ask for it."""
    if action.alerts_filter is None and not action.uses_alert_data:
        return None
    return judge_summary(situation, action)


def judge_summary(situation: DecisionInput, action: CompiledAction) -> Reason | None:
    """For a summary, which tells of documents only."""
    return None if keeps_documents(situation.rule_type) else _NONE
