"""Maintenance windows on alerts: attached to alerts that become new, dropped when they end (rule-run.md 4.12, 4.15)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class RunningWindow:
    """A maintenance window that runs at the instant of the run.

    ``matches`` judges an alert's whole document; None = the window is for all alerts.
    """

    id: str
    title: str
    matches: Callable[[JsonObject], bool] | None = None


def drop_ended_windows(alerts: Iterable[Alert], running: set[str]) -> None:
    """Take from the alerts the windows whose ids are not among the running ones."""
    for alert in alerts:
        ids = alert.maintenance_window_ids
        if running.issuperset(ids):
            continue
        # Names are stored beside ids; a state from elsewhere may lack some of them.
        pairs = zip_longest(ids, alert.maintenance_window_names, fillvalue="")
        kept = [pair for pair in pairs if pair[0] in running]
        alert.maintenance_window_ids = tuple(window_id for window_id, _ in kept)
        alert.maintenance_window_names = tuple(name for _, name in kept)


def attach_windows(
    new: Iterable[Alert], windows: Sequence[RunningWindow], document_of: Callable[[Alert], JsonObject]
) -> None:
    """Give the new alerts the windows that cover them; ``document_of`` is asked only where a window has a scope."""
    if not windows:
        return
    is_any_scoped = any(window.matches is not None for window in windows)
    for alert in new:
        document = document_of(alert) if is_any_scoped else {}
        for window in windows:
            if window.id in alert.maintenance_window_ids:
                continue
            if window.matches is None or window.matches(document):
                alert.maintenance_window_ids += (window.id,)
                alert.maintenance_window_names += (window.title,)


def windows_met(is_any_alert: bool, new: Iterable[Alert], windows: Sequence[RunningWindow]) -> tuple[str, ...]:
    """The ids for the ``execute`` event (rule-run.md 11).

    Those are the unscoped windows that run, if the run had any alert, and the scoped ones attached in it.
    """
    unscoped = [window.id for window in windows if window.matches is None] if is_any_alert else []
    attached = [window_id for alert in new for window_id in alert.maintenance_window_ids]
    return tuple(dict.fromkeys([*unscoped, *attached]))
