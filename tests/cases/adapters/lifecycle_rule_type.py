"""A rule type that reports what the present step of an alert_lifecycle case says."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Self

from engine.model.errors import RunError, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import RECOVERED, ActionGroup, Evaluation, EvaluationContext, Report
from engine.service.clocks import ManualClock
from engine.timing.durations import parse_duration
from tests.cases.matching import require_known

Step = dict[str, Any]

_RULE_TYPE = {
    *("action_groups", "default_action_group", "recovery_group", "auto_recover", "timeout"),
    *("cancel_alerts_on_rule_timeout", "window"),
}
_REPORT = {"id", "group", "context", "payload", "state"}


class CaseType:
    """A rule type that reports what the present step of a case says."""

    id = "case-type"
    name = "Case type"
    producer = "stackAlerts"
    category = "management"
    minimum_license = "basic"
    context_variables: Mapping[str, str] = MappingProxyType({})
    param_variables: Mapping[str, str] = MappingProxyType({})
    is_window_delayed = False
    keeps_documents = True

    def __init__(self, definition: Step | None = None) -> None:
        definition = definition or {}
        require_known(definition, _RULE_TYPE, "rule_type")
        recovery = definition.get("recovery_group")
        self.recovery_group = ActionGroup(recovery["id"], recovery["id"]) if recovery else RECOVERED
        groups = definition.get("action_groups", [{"id": "default"}])
        self.action_groups = tuple(
            ActionGroup(group["id"], group.get("name", group["id"]), group.get("severity")) for group in groups
        )
        self.default_action_group = definition.get("default_action_group", self.action_groups[0].id)
        self.auto_recovers = definition.get("auto_recover", True)
        self.timeout = definition.get("timeout")
        self.cancel_alerts_on_timeout = definition.get("cancel_alerts_on_rule_timeout", True)
        self.window = parse_duration(definition["window"]) if definition.get("window") else None
        self.step: Step = {}
        self.clock: ManualClock | None = None
        self.previous_started_at_seen: list[datetime | None] = []
        self.is_evaluating = asyncio.Event()

    def validate(self, params: JsonObject) -> JsonObject:
        return params

    def warnings(self, params: JsonObject) -> list[str]:
        return []

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        return True

    def compile(self, params: JsonObject) -> Self:
        return self

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        step = self.step
        self.previous_started_at_seen.append(context.previous_started_at)
        if step.get("hangs"):
            await self._hang(step)
        if step.get("asks_limit"):
            context.reports.ask_limit()
        if self.clock is not None and step.get("lasts_ms"):
            self.clock.advance(timedelta(milliseconds=step["lasts_ms"]))
        for report in step.get("reported", ()):
            context.reports.add(_report(report, self.default_action_group))
        if step.get("limit_reached") or step.get("declares_limit"):
            context.reports.declare_limit_reached(True)
        elif False in (step.get("declares_limit"), step.get("limit_reached")):
            context.reports.declare_limit_reached(False)
        if step.get("fails"):
            raise _exception(step["fails"])
        return Evaluation(state=context.state, warnings=["warned"] if step.get("warns") else [])

    async def _hang(self, step: Step) -> None:
        """Wait for the time-out; a type that reports late goes on after it."""
        self.is_evaluating.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if "reported" not in step:
                raise


def _report(report: Any, default_group: str) -> Report:
    if isinstance(report, str):
        return Report(report, default_group)
    require_known(report, _REPORT, "reported")
    return Report(
        report["id"],
        report.get("group", default_group),
        context=report.get("context", {}),
        payload=report.get("payload", {}),
        state=report.get("state", {}),
    )


def _exception(failure: Any) -> Exception:
    if failure == "search backend unreachable":
        return SearchUnavailable(failure)
    return RunError("execute", failure) if isinstance(failure, str) else RuntimeError()
