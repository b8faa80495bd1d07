"""Decides which actions fire for which alerts, and why not.

Nothing is changed here, `engine.notify.dispatch` does that. Since all candidates are found before any state moves, two
actions that watch the same alert never suppress each other within a run (actions-scheduling.md 2).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from engine.model.alert import Alert
from engine.model.notification import LedgerEntry
from engine.notify import pipeline
from engine.notify.actions import CompiledAction
from engine.notify.decision import (
    AnyCandidate,
    Candidate,
    ConnectorAvailability,
    DecisionInput,
    Decisions,
    SummaryCandidate,
)
from engine.notify.ledger import LedgerDraft
from engine.notify.reasons import Reason
from engine.notify.summary import summarize
from engine.ports.rule_type import keeps_documents

__all__ = ["Candidate", "ConnectorAvailability", "DecisionInput", "Decisions", "SummaryCandidate", "decide"]

_NOTHING_TO_TELL = Reason("nothingToSummarize")
_NO_ADAPTER = Reason("systemActionUnsupported")


def decide(situation: DecisionInput) -> Decisions:
    """The run's decisions in three passes: summaries, system actions, then single alerts.

    Inside of a pass by rule order of actions; for one action active alerts before recovered ones.
    """
    closed = pipeline.find_closed_gate(situation)
    if closed is not None:
        return Decisions(ledger=_closed_entry(closed, situation), is_gated=True)
    candidates: list[AnyCandidate] = []
    ledger = LedgerDraft()
    system = [action for action in situation.actions if _is_system(situation, action)]
    ordinary = [action for action in situation.actions if not _is_system(situation, action)]
    for action in ordinary:
        if action.is_summary:
            _consider_summary(situation, action, candidates, ledger)
    for action in system:
        ledger.of_action(action.uuid)[_NO_ADAPTER] = []
    for action in ordinary:
        if not action.is_summary:
            _consider_alerts(situation, action, candidates, ledger)
    entries = tuple(ledger.entries())
    warnings = _warnings_of(system) if keeps_documents(situation.rule_type) else ()
    return Decisions(tuple(candidates), entries, warnings, _errors_of(situation, entries))


def _is_system(situation: DecisionInput, action: CompiledAction) -> bool:
    connector = situation.connectors.get(action.connector_id)
    return connector is not None and connector.is_system_action


def _consider_summary(
    situation: DecisionInput, action: CompiledAction, candidates: list[AnyCandidate], ledger: LedgerDraft
) -> None:
    reason = pipeline.find_summary_reason(situation, action)
    if reason is None:
        summary = summarize(situation, action)
        if any(summary.counts):
            candidates.append(SummaryCandidate(action, summary))
            return
        reason = _NOTHING_TO_TELL
    if _has_alerts(situation):
        ledger.of_action(action.uuid)[reason] = []


def _consider_alerts(
    situation: DecisionInput, action: CompiledAction, candidates: list[AnyCandidate], ledger: LedgerDraft
) -> None:
    kept_back = ledger.of_action(action.uuid)
    active = [*situation.transition.active, *situation.transition.delayed]
    for_active = (*pipeline.STAGES_FOR_ALL, *pipeline.STAGES_FOR_ACTIVE)
    _consider(situation, action, active, for_active, candidates, kept_back)
    if action.is_recovery:
        recovered = situation.transition.recovered
        _consider(situation, action, recovered, pipeline.STAGES_FOR_ALL, candidates, kept_back)


def _consider(
    situation: DecisionInput,
    action: CompiledAction,
    alerts: Iterable[Alert],
    stages: Sequence[pipeline.Stage],
    candidates: list[AnyCandidate],
    kept_back: defaultdict[Reason, list[str]],
) -> None:
    find_reason = pipeline.find_reason
    for alert in alerts:
        reason = find_reason(stages, situation, action, alert)
        if reason is None:
            candidates.append(Candidate(action, alert))
        else:
            kept_back[reason].append(alert.id)


def _has_alerts(situation: DecisionInput) -> bool:
    # A run that had nothing to notify about was not kept from anything.
    transition = situation.transition
    return bool(transition.active or transition.delayed or transition.recovered)


def _closed_entry(closed: Reason, situation: DecisionInput) -> tuple[LedgerEntry, ...]:
    if situation.actions and _has_alerts(situation):
        return (LedgerEntry(None, closed.code, (), closed.facts_as_json()),)
    return ()


def _warnings_of(system: Iterable[CompiledAction]) -> tuple[str, ...]:
    return tuple(
        f"action [{action.uuid}] was skipped: nothing makes the params of its system connector [{action.connector_id}]"
        for action in system
    )


def _errors_of(situation: DecisionInput, entries: Iterable[LedgerEntry]) -> tuple[str, ...]:
    entries = tuple(entries)
    unknown = dict.fromkeys(entry.facts["group"] for entry in entries if entry.reason == "unknownGroup")
    failed = dict.fromkeys(
        (entry.action_uuid, entry.facts["problem"]) for entry in entries if entry.reason == "filterFailed"
    )
    undocumented = dict.fromkeys(entry.action_uuid for entry in entries if entry.reason == "noAlertDocuments")
    rule_type_id = situation.rule_type.id
    return (
        *(
            f"rule [{situation.rule.id}] reported action group [{group}], which its type [{rule_type_id}] does not have"
            for group in unknown
        ),
        *(f"action [{uuid}] was not run, since its filter cannot be evaluated: {why}" for uuid, why in failed),
        *(
            f"action [{uuid}] was not run, since rule type [{rule_type_id}] keeps no alert documents"
            for uuid in undocumented
        ),
    )
