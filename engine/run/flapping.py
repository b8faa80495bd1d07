"""Flapping: alerts that change too often are held instead of recovering (rule-run.md 3, 5)."""

from collections.abc import Iterable

from engine.model.alert import Alert
from engine.model.rule import RuleFlapping
from engine.model.settings import FlappingSettings
from engine.run.tracking import Tracking


def effective_settings(space: FlappingSettings, rule: RuleFlapping | None) -> FlappingSettings:
    """The settings in force for a run: the rule's replace the space's, unless the space has flapping switched off."""
    if not space.enabled or rule is None:
        return space
    return FlappingSettings(rule.enabled, rule.look_back_window, rule.status_change_threshold)


def apply_flapping(tracking: Tracking, settings: FlappingSettings, default_group: str) -> None:
    """Set flags, append to histories, and turn recoveries of flapping alerts into held alerts."""
    if not settings.enabled:
        _reset([*tracking.active.values(), *tracking.recovered.values()])
        tracking.remembered = {}
        return
    _flag([*tracking.active.values(), *tracking.recovered.values()], settings)
    _append_to_histories(tracking, settings.look_back_window)
    _hold_recoveries(tracking, settings.status_change_threshold, default_group)
    _age_remembered(tracking, settings)


def remember_recovered(tracking: Tracking, settings: FlappingSettings, max_alerts: int) -> dict[str, Alert]:
    """The recovered alerts to keep for their history, those of this run first, trimmed (rule-run.md 5.4)."""
    if not settings.enabled:
        return {}
    remembered = list((tracking.recovered | tracking.remembered).values())
    if len(remembered) > max_alerts:
        tracking.warnings.append(
            f"more than {max_alerts} recovered alerts are remembered for flapping detection: "
            f"the {len(remembered) - max_alerts} with the longest histories are forgotten"
        )
        remembered = sorted(remembered, key=lambda alert: len(alert.flapping_history))[:max_alerts]
    return {alert.id: alert for alert in remembered if alert.flapping or True in alert.flapping_history}


def _reset(alerts: Iterable[Alert]) -> None:
    # A flag or count left over would silence an alert for good once detection is switched off (5.5).
    for alert in alerts:
        alert.flapping = False
        alert.pending_recovered_count = 0


def _flag(alerts: Iterable[Alert], settings: FlappingSettings) -> None:
    """Flags come from the history up to the previous run, so detection lags one run (5.1)."""
    window, threshold = settings.look_back_window, settings.status_change_threshold
    for alert in alerts:
        changes = alert.flapping_history.count(True)
        if not alert.flapping:
            alert.flapping = changes >= threshold
        elif changes == 0 and len(alert.flapping_history) >= window:
            alert.flapping = False


def _append_to_histories(tracking: Tracking, window: int) -> None:
    fresh = tracking.fresh
    for alert_id, alert in tracking.active.items():
        if alert_id not in fresh:
            alert.flapping_history = [*alert.flapping_history, False][-window:]
            continue
        ancestor = tracking.remembered.pop(alert_id, None)
        inherited = ancestor.flapping_history if ancestor is not None else []
        alert.flapping_history = [*inherited, True][-window:]
    for alert in tracking.recovered.values():
        alert.flapping_history = [*alert.flapping_history, True][-window:]


def _hold_recoveries(tracking: Tracking, threshold: int, default_group: str) -> None:
    for alert in tracking.active.values():
        alert.pending_recovered_count = 0
    for alert in list(tracking.recovered.values()):
        pending = alert.pending_recovered_count + 1
        if not (alert.visible and alert.flapping and pending < threshold):
            alert.pending_recovered_count = 0
            continue
        alert.pending_recovered_count = pending
        alert.end = None
        last = alert.last_scheduled_actions
        alert.group = last.group if last is not None else default_group
        del tracking.recovered[alert.id]
        tracking.active[alert.id] = alert


def _age_remembered(tracking: Tracking, settings: FlappingSettings) -> None:
    """Append to what is remembered of earlier alerts, and look at their flags again (5.2, 5.4)."""
    tracking.remembered = {
        alert_id: Alert(
            id=alert.id,
            uuid=alert.uuid,
            flapping_history=[*alert.flapping_history, False][-settings.look_back_window :],
            flapping=alert.flapping,
            maintenance_window_ids=alert.maintenance_window_ids,
            maintenance_window_names=alert.maintenance_window_names,
        )
        for alert_id, alert in tracking.remembered.items()
    }
    _flag(tracking.remembered.values(), settings)
