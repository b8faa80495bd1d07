"""What one step of an alert_lifecycle case came to, in the words of the cases."""

from dataclasses import dataclass, field
from typing import Any

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import ExecutionStatus, LastRun
from engine.operations.presentation import last_run_to_json
from engine.service.runs import RunReport


@dataclass(slots=True)
class StepResult:
    """``report`` is None, and ``is_run`` False, for operations between runs."""

    execution: ExecutionStatus
    last_run: Any
    is_run: bool = True
    report: RunReport | None = None
    alerts: dict[str, JsonObject] = field(default_factory=dict)

    @classmethod
    def of_status(cls, execution: ExecutionStatus, last_run: LastRun | None) -> "StepResult":
        return cls(execution, None if last_run is None else last_run_to_json(last_run))

    @property
    def execution_status(self) -> str:
        return self.execution.status

    @property
    def execution_uuid(self) -> str:
        assert self.report is not None
        return self.report.record.trace.execution_uuid

    @property
    def alerts_count(self) -> JsonObject:
        return self.last_run["alerts_count"]

    @property
    def delayed_count(self) -> int:
        transition = self.report.transition if self.report else None
        return len(transition.delayed) if transition else 0

    def alert_ids(self, name: str) -> list[str]:
        transition = self.report.transition if self.report else None
        if transition is None:
            return []
        if name == "held":
            return [alert.id for alert in transition.active if not alert.reported and alert.pending_recovered_count]
        if name == "tracked_recovered":
            return list(transition.tracked_recovered)
        return [alert.id for alert in getattr(transition, name)]

    def actions(self) -> list[JsonObject]:
        assert self.report is not None
        return [
            {"action": sent.action_uuid, "alert": sent.alert_id, "group": sent.group}
            for sent in self.report.record.notifications
        ]

    def gap(self) -> JsonObject:
        assert self.report is not None
        gap = self.report.record.trace.gap
        return {
            "gap_duration_s": None if gap is None else gap.duration_s,
            "gap_range": None if gap is None else {"gte": iso(gap.start), "lte": iso(gap.end)},
        }

    def all_keys(self) -> set[str]:
        return {key for document in self.alerts.values() for key in document}
