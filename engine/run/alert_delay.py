"""Alert delay: an alert is visible only after it was reported so many times in a row (rule-run.md 6)."""

from dataclasses import dataclass, field

from engine.model.alert import Alert
from engine.run.tracking import Tracking


@dataclass(slots=True)
class Visibility:
    """The active alerts by what can be seen of them; ``new`` ones are in ``active`` too."""

    new: list[Alert] = field(default_factory=list)
    active: list[Alert] = field(default_factory=list)
    delayed: list[Alert] = field(default_factory=list)


def apply_alert_delay(tracking: Tracking, matches_needed: int) -> Visibility:
    """Count matches, reveal alerts that have enough of them, and drop recovered alerts that nobody ever saw."""
    visibility = Visibility()
    for alert in tracking.active.values():
        if alert.reported:
            alert.active_count += 1
        if alert.visible:
            visibility.active.append(alert)
        elif alert.reported and alert.active_count >= matches_needed:
            _reveal(alert, tracking)
            visibility.new.append(alert)
            visibility.active.append(alert)
        else:
            visibility.delayed.append(alert)
    tracking.recovered = {alert.id: alert for alert in tracking.recovered.values() if alert.visible}
    for alert in tracking.recovered.values():
        alert.active_count = 0
    return visibility


def _reveal(alert: Alert, tracking: Tracking) -> None:
    # It starts when it becomes visible, not with its first match.
    alert.visible = True
    alert.start = tracking.at
    alert.duration_ns = 0
