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
from engine.notify.decision import Candidate, ConnectorAvailability, DecisionInput, Decisions
from engine.notify.ledger import LedgerDraft
from engine.notify.reasons import Reason

__all__ = ["Candidate", "ConnectorAvailability", "DecisionInput", "Decisions", "decide"]


def decide(situation: DecisionInput) -> Decisions:
    """The run's decisions: candidates by rule order of actions, active alerts before recovered ones."""
    closed = pipeline.find_closed_gate(situation)
    if closed is not None:
        return Decisions(ledger=_closed_entry(closed, situation), is_gated=True)
    candidates: list[Candidate] = []
    ledger = LedgerDraft()
    active = [*situation.transition.active, *situation.transition.delayed]
    for_active = (*pipeline.STAGES_FOR_ALL, *pipeline.STAGES_FOR_ACTIVE)
    for action in situation.actions:
        kept_back = ledger.of_action(action.uuid)
        _consider(situation, action, active, for_active, candidates, kept_back)
        if action.is_recovery:
            recovered = situation.transition.recovered
            _consider(situation, action, recovered, pipeline.STAGES_FOR_ALL, candidates, kept_back)
    entries = tuple(ledger.entries())
    return Decisions(tuple(candidates), entries, _errors_of(situation, entries))


def _consider(
    situation: DecisionInput,
    action: CompiledAction,
    alerts: Iterable[Alert],
    stages: Sequence[pipeline.Stage],
    candidates: list[Candidate],
    kept_back: defaultdict[Reason, list[str]],
) -> None:
    find_reason = pipeline.find_reason
    for alert in alerts:
        reason = find_reason(stages, situation, action, alert)
        if reason is None:
            candidates.append(Candidate(action, alert))
        else:
            kept_back[reason].append(alert.id)


def _closed_entry(closed: Reason, situation: DecisionInput) -> tuple[LedgerEntry, ...]:
    # A run that had nothing to notify about was not kept from anything.
    transition = situation.transition
    if situation.actions and (transition.active or transition.delayed or transition.recovered):
        return (LedgerEntry(None, closed.code, (), closed.facts_as_json()),)
    return ()


def _errors_of(situation: DecisionInput, entries: Iterable[LedgerEntry]) -> tuple[str, ...]:
    unknown = dict.fromkeys(entry.facts["group"] for entry in entries if entry.reason == "unknownGroup")
    rule_type_id = situation.rule_type.id
    return tuple(
        f"rule [{situation.rule.id}] reported action group [{group}], which its type [{rule_type_id}] does not have"
        for group in unknown
    )
