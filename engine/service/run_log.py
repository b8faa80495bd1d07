"""The log of runs: one line a run with its figures."""

import logging
from datetime import timedelta

from engine.model.trace import RunTrace
from engine.ports.store import CommitOutcome, RunRecord
from engine.run.schedule import missed_slots

_log = logging.getLogger("tocsin.runs")


def log_run(record: RunRecord, outcome: CommitOutcome, interval: timedelta | None) -> None:
    """Log what a run came to, a warning for slots that went by without a run, and why nothing was stored."""
    trace = record.trace
    if outcome is not CommitOutcome.COMMITTED:
        _log.warning("run of rule [%s] was not stored: %s", record.claim.key.id, outcome.value)
    if not isinstance(trace, RunTrace):
        return
    if interval is not None and (missed := _missed(record, trace, interval)):
        _log.warning("rule [%s] missed %d slots: the run was late or long", record.claim.key.id, missed)
    if trace.outcome == "failure":
        _log.warning("run of rule [%s] failed (%s): %s", trace.rule.id, trace.reason, trace.error_message)
    if _log.isEnabledFor(logging.INFO):
        figures = trace.metrics
        _log.info(
            "rule=%s name=%r at=%s status=%s active=%d new=%d recovered=%d actions=%d searches=%d ms=%d",
            trace.rule.id,
            trace.rule.name,
            trace.started_at.isoformat(),
            trace.status,
            len(trace.active),
            len(trace.new),
            len(trace.recovered),
            len(trace.actions),
            figures.get("number_of_searches", 0),
            figures.get("total_run_duration_ms", 0),
        )


def _missed(record: RunRecord, trace: RunTrace, interval: timedelta) -> int:
    claim = record.claim
    return missed_slots(claim.schedule, interval=interval, planned=claim.planned, ended_at=trace.ended_at)
