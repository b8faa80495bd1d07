"""How a run ended: execution status, last run, monitoring, schedule (rule-run.md 9, 12)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ExecutionStatusName = Literal["ok", "active", "error", "warning", "pending", "unknown"]
RunOutcomeName = Literal["succeeded", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class StatusReason:
    """The reason code and text of an error or a warning."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ExecutionStatus:
    """``execution_status`` of a rule; ``last_duration`` in ms."""

    status: ExecutionStatusName
    last_execution_date: datetime
    last_duration: int | None = None
    error: StatusReason | None = None
    warning: StatusReason | None = None


@dataclass(frozen=True, slots=True)
class AlertsCount:
    active: int = 0
    new: int = 0
    recovered: int = 0
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class LastRun:
    """``last_run`` of a rule; ``warning`` is an error or warning reason or None."""

    outcome: RunOutcomeName
    warning: str | None = None
    outcome_msg: tuple[str, ...] | None = None
    alerts_count: AlertsCount = AlertsCount()

    @property
    def outcome_order(self) -> int:
        return {"succeeded": 0, "warning": 10, "failed": 20}[self.outcome]


@dataclass(frozen=True, slots=True)
class Gap:
    """Time that no run looked at (rule-run.md 9.4)."""

    start: datetime
    end: datetime

    @property
    def duration_s(self) -> int:
        return round((self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class MonitoringEntry:
    """One run in the monitoring history; ``duration_ms`` None when unknown."""

    timestamp: datetime
    success: bool
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LastRunMetrics:
    """Figures of the newest run (``monitoring.run.last_run.metrics``); all but the duration start unknown."""

    timestamp: datetime
    duration_ms: int = 0
    total_search_duration_ms: int | None = None
    total_alerts_detected: int | None = None
    total_alerts_created: int | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """What runs write about a rule, apart from its state and schedule."""

    execution_status: ExecutionStatus
    last_run: LastRun | None = None
    metrics: LastRunMetrics | None = None
    running: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule runs: ``next_run`` (None = never), the ``anchor`` its slots are counted from, the last planned time.

    ``shown_next_run`` is what ``next_run`` of the public rule says where that differs (rule-run.md 8, 12);
    ``is_next_run_hidden``: it says null although a run is planned (after some time-outs).
    """

    next_run: datetime | None
    anchor: datetime | None
    last_planned: datetime | None = None
    shown_next_run: datetime | None = None
    is_next_run_hidden: bool = False

    @property
    def public_next_run(self) -> datetime | None:
        """``next_run`` as the public rule shows it; null when the rule is not scheduled."""
        if self.next_run is None or self.is_next_run_hidden:
            return None
        return self.next_run if self.shown_next_run is None else self.shown_next_run
