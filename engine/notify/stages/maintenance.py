"""Alerts that became new during a maintenance window keep silent until it ends (actions-scheduling.md 3, test 1)."""

from functools import lru_cache

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.reasons import Reason


def judge(situation: DecisionInput, action: CompiledAction, alert: Alert) -> Reason | None:
    if not alert.maintenance_window_ids:
        return None
    return _in_windows(alert.maintenance_window_ids, alert.maintenance_window_names)


@lru_cache(maxsize=256)
def _in_windows(ids: tuple[str, ...], names: tuple[str, ...]) -> Reason:
    return Reason("maintenanceWindow", (("window_ids", ids), ("window_names", names)))
