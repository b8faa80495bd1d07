"""Monitoring: the history of a rule's runs and the figures calculated from it (rule-run.md 9.3)."""

from collections.abc import Sequence

from engine.model.jsonvalue import JsonObject
from engine.model.outcome import ExecutionStatus, LastRunMetrics, MonitoringEntry

HISTORY_LENGTH = 200

_PERCENTILES = (50, 95, 99)


def entry_of(status: ExecutionStatus, duration_ms: int | None) -> MonitoringEntry:
    """The history entry of a run: only an error makes it a failure, warnings do not."""
    return MonitoringEntry(status.last_execution_date, success=status.error is None, duration_ms=duration_ms)


def append_entry(history: Sequence[MonitoringEntry], entry: MonitoringEntry) -> list[MonitoringEntry]:
    """The history with the entry at its end, cut to the newest 200."""
    return [*history, entry][-HISTORY_LENGTH:]


def calculated_metrics(entries: Sequence[MonitoringEntry]) -> JsonObject:
    """``success_ratio`` (0 without runs), and ``p50 p95 p99`` of the known durations in ms; absent if none is known."""
    successes = sum(entry.success for entry in entries)
    metrics: JsonObject = {"success_ratio": successes / len(entries) if entries else 0}
    durations = sorted(entry.duration_ms for entry in entries if entry.duration_ms is not None)
    if durations:
        metrics |= {f"p{percent}": _percentile(durations, percent) for percent in _PERCENTILES}
    return metrics


def reset_metrics(metrics: LastRunMetrics) -> LastRunMetrics:
    """The figures of the last run as enabling a rule leaves them: initial values, the timestamp kept."""
    return LastRunMetrics(timestamp=metrics.timestamp)


def _percentile(ordered: Sequence[int], percent: int) -> float:
    # The position n*p - 0.5 in two hundredths: whole numbers, so that a whole position is met exactly.
    position, rest = divmod(2 * len(ordered) * percent - 100, 200)
    fraction = rest / 200
    return (1 - fraction) * ordered[position] + fraction * ordered[min(position + 1, len(ordered) - 1)]
