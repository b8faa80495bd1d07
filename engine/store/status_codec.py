"""A rule's status and schedule as columns of ``rule_runtime`` and back.

What users filter by is a column of its own; the rest of the status is one JSON blob, in the order
``[error, warning, last_run, metrics]``, each null or an array.
"""

from typing import Any

from sqlalchemy import RowMapping

from engine.model.instant import from_ms, to_ms
from engine.model.outcome import (
    AlertsCount,
    ExecutionStatus,
    Gap,
    LastRun,
    LastRunMetrics,
    RuleStatus,
    Schedule,
    StatusReason,
)
from engine.store.encoding import decode_json, encode_json, instant_or_none, ms_or_none


def pack_status(status: RuleStatus) -> dict[str, Any]:
    """The status columns. ``running`` is not among them: a rule is running while it is leased."""
    execution, last_run = status.execution_status, status.last_run
    return {
        "execution_status": execution.status,
        "last_execution_at": to_ms(execution.last_execution_date),
        "last_duration_ms": execution.last_duration,
        "last_outcome": None if last_run is None else last_run.outcome,
        "active_alerts": None if last_run is None else last_run.alerts_count.active,
        "status_details": encode_json(
            [
                _pack_reason(execution.error),
                _pack_reason(execution.warning),
                None if last_run is None else _pack_last_run(last_run),
                None if status.metrics is None else _pack_metrics(status.metrics),
            ]
        ),
    }


def unpack_status(row: RowMapping) -> RuleStatus:
    """The status in a row of ``rule_runtime``."""
    error, warning, last_run, metrics = decode_json(row["status_details"])
    return RuleStatus(
        execution_status=ExecutionStatus(
            status=row["execution_status"],
            last_execution_date=from_ms(row["last_execution_at"]),
            last_duration=row["last_duration_ms"],
            error=None if error is None else StatusReason(*error),
            warning=None if warning is None else StatusReason(*warning),
        ),
        last_run=None if last_run is None else _unpack_last_run(row, last_run),
        metrics=None if metrics is None else _unpack_metrics(metrics),
        running=row["lease_until"] is not None,
    )


def pack_schedule(schedule: Schedule, *, enabled: bool) -> dict[str, Any]:
    """The schedule columns; a disabled rule has no next run, so that the index of due rules holds enabled ones only."""
    return {
        "next_run": ms_or_none(schedule.next_run) if enabled else None,
        "anchor": ms_or_none(schedule.anchor),
        "last_planned": ms_or_none(schedule.last_planned),
        "shown_next_run": ms_or_none(schedule.shown_next_run) if enabled else None,
        "is_next_run_hidden": schedule.is_next_run_hidden and enabled,
    }


def unpack_schedule(row: RowMapping) -> Schedule:
    """The schedule in a row of ``rule_runtime``."""
    return Schedule(
        next_run=instant_or_none(row["next_run"]),
        anchor=instant_or_none(row["anchor"]),
        last_planned=instant_or_none(row["last_planned"]),
        shown_next_run=instant_or_none(row["shown_next_run"]),
        is_next_run_hidden=row["is_next_run_hidden"],
    )


def _pack_reason(reason: StatusReason | None) -> list[str] | None:
    return None if reason is None else [reason.reason, reason.message]


def _pack_last_run(last_run: LastRun) -> list[Any]:
    count = last_run.alerts_count
    return [last_run.warning, last_run.outcome_msg, count.new, count.recovered, count.ignored]


def _unpack_last_run(row: RowMapping, packed: list[Any]) -> LastRun:
    warning, messages, new, recovered, ignored = packed
    return LastRun(
        outcome=row["last_outcome"],
        warning=warning,
        outcome_msg=None if messages is None else tuple(messages),
        alerts_count=AlertsCount(row["active_alerts"], new, recovered, ignored),
    )


def _pack_metrics(metrics: LastRunMetrics) -> list[Any]:
    return [
        to_ms(metrics.timestamp),
        metrics.duration_ms,
        metrics.total_search_duration_ms,
        metrics.total_alerts_detected,
        metrics.total_alerts_created,
        None if metrics.gap is None else [to_ms(metrics.gap.start), to_ms(metrics.gap.end)],
    ]


def _unpack_metrics(packed: list[Any]) -> LastRunMetrics:
    timestamp, duration, search, detected, created, gap = packed
    return LastRunMetrics(
        timestamp=from_ms(timestamp),
        duration_ms=duration,
        total_search_duration_ms=search,
        total_alerts_detected=detected,
        total_alerts_created=created,
        gap=None if gap is None else Gap(from_ms(gap[0]), from_ms(gap[1])),
    )
