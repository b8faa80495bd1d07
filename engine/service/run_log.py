"""The log of runs: one line a run with its figures, and what an operator should know of besides."""

import logging
from datetime import timedelta

from engine.model.instant import iso
from engine.ports.store import CommitOutcome, RunRecord
from engine.run.alert_limit import HIGHEST_LIMIT
from engine.service.processing import Processed

_log = logging.getLogger("tocsin.runs")

_MS = timedelta(milliseconds=1)


def log_run(record: RunRecord, outcome: CommitOutcome, missed: int) -> None:
    """Log what a run came to, a warning for slots that went by without a run, and why nothing was stored."""
    rule_id, trace = record.claim.key.id, record.trace
    if outcome is not CommitOutcome.COMMITTED:
        _log.warning("run of rule [%s] was not stored: %s", rule_id, outcome.value)
    if missed:
        _log.warning("rule [%s] missed %d slots: the run was late or long", rule_id, missed)
    if trace.outcome == "failure":
        _log.warning("run of rule [%s] failed (%s): %s", rule_id, trace.reason, trace.error_message)
    if _log.isEnabledFor(logging.INFO):
        figures = trace.metrics
        fields = {
            "rule_id": rule_id,
            "rule_name": trace.rule.name,
            "at": iso(trace.started_at),
            "lag_ms": (trace.started_at - trace.scheduled_at) // _MS,
            "status": trace.status,
            "active": figures.get("alert_counts.active", 0),
            "new": figures.get("alert_counts.new", 0),
            "recovered": figures.get("alert_counts.recovered", 0),
            "actions": figures["number_of_triggered_actions"],
            "searches": figures["number_of_searches"],
            "duration_ms": figures["total_run_duration_ms"],
        }
        _log.info("rule_run", extra={"fields": fields})


def log_processed(rule_id: str, processed: Processed, max_alerts: int) -> None:
    """Log what was odd about a run's alerts and actions but does not show in its outcome."""
    if processed.evaluated.is_limit_reached and max_alerts >= HIGHEST_LIMIT:
        _log.warning("rule [%s] reached the highest alert limit there is, %d", rule_id, HIGHEST_LIMIT)
    for text in (*processed.transition.warnings, *processed.dispatched.log_warnings):
        _log.warning("rule [%s]: %s", rule_id, text)
    for text in processed.dispatched.log_errors:
        _log.error("rule [%s]: %s", rule_id, text)
