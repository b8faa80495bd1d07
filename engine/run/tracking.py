"""From the alerts tracked so far and the reports of a run to active and recovered alerts (rule-run.md 4.7-4.11, 7).

Everything here works on copies: the stored state is left as it was, so that a run can be thrown away at any point.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from engine.model.alert import Alert, LastScheduledActions, RuleState
from engine.model.errors import RunError
from engine.model.jsonvalue import JsonObject
from engine.ports.clock import Ids
from engine.ports.rule_type import DuplicateAlert, Report, RuleType

_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Tracking:
    """The alerts of a run while its steps work on them; all maps by alert id in tracking order.

    ``active`` still holds delayed alerts; ``fresh`` are the ids that were not tracked before; ``remembered`` are the
    alerts of earlier runs kept for their flapping history; ``payloads`` holds what the rule type gave in this run.
    """

    at: datetime
    active: dict[str, Alert] = field(default_factory=dict)
    recovered: dict[str, Alert] = field(default_factory=dict)
    remembered: dict[str, Alert] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    payloads: dict[str, JsonObject] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def track(
    state: RuleState,
    reports: Sequence[Report],
    *,
    rule_type: RuleType,
    at: datetime,
    capacity: int | None,
    keeps_unreported: bool,
    new_id: Ids,
) -> Tracking:
    """Sort the alerts into active and recovered.

    ``capacity``: how many alerts may be active before no new one is accepted any more; None = any number.
    ``keeps_unreported``: tracked alerts without a report stay active, without a group, instead of recovering.
    Raises DuplicateAlert, or RunError when the reserved recovery group is reported.
    """
    # A type that does not auto-recover tracks nothing: whatever may be stored for it is of no account.
    tracked, remembered = (state.active, state.recovered) if rule_type.auto_recovers else ({}, {})
    tracking = Tracking(at, remembered=dict(remembered))
    by_id = {report.id: report for report in reports}
    if len(by_id) != len(reports):
        times_reported = Counter(report.id for report in reports)
        raise DuplicateAlert(times_reported.most_common(1)[0][0])
    _check_groups(reports, rule_type, tracking.warnings)
    for alert_id, alert in tracked.items():
        _continue(tracking, _next_of(alert), by_id.pop(alert_id, None), keeps_unreported)
    for report in by_id.values():
        if capacity is not None and len(tracking.active) >= capacity:
            break
        _begin(tracking, report, new_id)
    return tracking


def _check_groups(reports: Sequence[Report], rule_type: RuleType, warnings: list[str]) -> None:
    known = {group.id for group in rule_type.action_groups}
    for group in sorted({report.group for report in reports} - known):
        if group == rule_type.recovery_group.id:
            raise RunError("execute", f"the rule type reported an alert in its recovery group [{group}]")
        alert_ids = [report.id for report in reports if report.group == group]
        warnings.append(
            f"rule type [{rule_type.id}] has no action group [{group}]: no action will match "
            f"the {len(alert_ids)} alert(s) reported in it, the first of them [{alert_ids[0]}]"
        )


def _next_of(alert: Alert) -> Alert:
    """A copy for this run, not reported yet."""
    last = alert.last_scheduled_actions
    return Alert(
        alert.id,
        alert.uuid,
        alert.group,
        alert.start,
        None,
        alert.duration_ns,
        alert.state,
        alert.flapping_history,
        alert.flapping,
        alert.active_count,
        alert.visible,
        alert.pending_recovered_count,
        alert.maintenance_window_ids,
        alert.maintenance_window_names,
        LastScheduledActions(last.group, last.date, dict(last.actions)) if last else None,
        alert.fields,
        alert.documented,
    )


def _continue(tracking: Tracking, alert: Alert, report: Report | None, keeps_unreported: bool) -> None:
    at, start = tracking.at, alert.start
    if start is not None:
        duration_ns = _duration_ns(start, at)
        # Should the clock have stepped back, a duration still never shrinks.
        if duration_ns > alert.duration_ns:
            alert.duration_ns = duration_ns
    if report is not None:
        alert.reported, alert.group, alert.context = True, report.group, report.context
        if report.state:
            alert.state = report.state
        if report.payload:
            tracking.payloads[alert.id] = report.payload
        if report.dropped and alert.fields:
            alert.fields = {name: value for name, value in alert.fields.items() if name not in report.dropped}
        tracking.active[alert.id] = alert
    elif keeps_unreported:
        alert.group = None
        tracking.active[alert.id] = alert
    else:
        alert.end = max(at, start) if start is not None else None
        tracking.recovered[alert.id] = alert


@lru_cache(maxsize=4096)
def _duration_ns(start: datetime, at: datetime) -> int:
    # Alerts that began together are worked out together.
    return (at - start) // _MICROSECOND * 1000


def _begin(tracking: Tracking, report: Report, new_id: Ids) -> None:
    tracking.active[report.id] = Alert(
        id=report.id,
        uuid=new_id(),
        group=report.group,
        start=tracking.at,
        state=report.state,
        context=report.context,
        reported=True,
    )
    tracking.fresh.add(report.id)
    if report.payload:
        tracking.payloads[report.id] = report.payload
