"""``monitoring`` of a rule as internal responses show it (rest-api.md 3.3, rule-run.md 9.3)."""

from collections.abc import Sequence

from engine.model.instant import iso, to_ms
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import Gap, LastRunMetrics, MonitoringEntry, RuleStatus
from engine.run.monitoring import calculated_metrics


def monitoring_to_json(status: RuleStatus, history: Sequence[MonitoringEntry]) -> JsonObject:
    """The history (oldest first), the metrics calculated from it, and the figures of the newest run."""
    metrics = status.metrics or LastRunMetrics(timestamp=status.execution_status.last_execution_date)
    return {
        "run": {
            "history": [_entry(entry) for entry in history],
            "calculated_metrics": calculated_metrics(history),
            "last_run": {"timestamp": iso(metrics.timestamp), "metrics": _metrics(metrics)},
        }
    }


def _entry(entry: MonitoringEntry) -> JsonObject:
    shown: JsonObject = {"timestamp": to_ms(entry.timestamp), "success": entry.success}
    if entry.duration_ms is not None:
        shown["duration"] = entry.duration_ms
    return shown


def _metrics(metrics: LastRunMetrics) -> JsonObject:
    return {
        "duration": metrics.duration_ms,
        "total_search_duration_ms": metrics.total_search_duration_ms,
        "total_indexing_duration_ms": None,
        "total_alerts_detected": metrics.total_alerts_detected,
        "total_alerts_created": metrics.total_alerts_created,
        "gap_duration_s": None if metrics.gap is None else metrics.gap.duration_s,
        "gap_range": None if metrics.gap is None else gap_to_json(metrics.gap),
    }


def gap_to_json(gap: Gap) -> JsonObject:
    """A gap's range: ``gte`` its start, ``lte`` its end."""
    return {"gte": iso(gap.start), "lte": iso(gap.end)}
