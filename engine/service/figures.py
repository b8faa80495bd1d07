"""The numbers of a run: those of its ``execute`` event, and those of the rule's monitoring (rule-run.md 9.3, 11)."""

from datetime import datetime, timedelta

from engine.model.jsonvalue import JsonObject
from engine.model.outcome import Gap, LastRunMetrics
from engine.notify.dispatch import Dispatched
from engine.ports.search import SearchFigures
from engine.run.transition import Transition
from engine.service.runs import RunInputs

_MS = timedelta(milliseconds=1)


def duration_ms(inputs: RunInputs, ended_at: datetime) -> int:
    """How long the run took; 0 should the clock have been set back meanwhile."""
    return max(0, (ended_at - inputs.started_at) // _MS)


def event_metrics(
    inputs: RunInputs, searches: SearchFigures, ended_at: datetime, dispatched: Dispatched | None = None
) -> JsonObject:
    """The measured numbers for `RunTrace.metrics`; those of the steps that are not timed count as 0."""
    total = duration_ms(inputs, ended_at)
    return {
        "number_of_triggered_actions": dispatched.triggered if dispatched else 0,
        "number_of_generated_actions": dispatched.generated if dispatched else 0,
        "number_of_searches": searches.searches,
        "es_search_duration_ms": round(searches.es_duration_ms),
        "total_search_duration_ms": round(searches.duration_ms),
        "claim_to_start_duration_ms": max(0, (inputs.started_at - inputs.claim.planned) // _MS),
        "rule_type_run_duration_ms": total,
        "total_run_duration_ms": total,
    }


def last_run_metrics(
    inputs: RunInputs,
    searches: SearchFigures,
    ended_at: datetime,
    transition: Transition | None = None,
    gap: Gap | None = None,
) -> LastRunMetrics:
    """What monitoring shows of the newest run; a run that failed does not know its alerts."""
    return LastRunMetrics(
        timestamp=inputs.started_at,
        duration_ms=duration_ms(inputs, ended_at),
        total_search_duration_ms=round(searches.duration_ms),
        total_alerts_detected=len(transition.active) if transition else None,
        total_alerts_created=len(transition.new) if transition else None,
        gap=gap,
    )
