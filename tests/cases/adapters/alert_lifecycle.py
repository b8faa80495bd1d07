"""Cases of alert_lifecycle: whole runs go through the library's engine, single decisions to `engine.run`."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.cases.adapters.lifecycle_decisions import check_flapping_settings, check_gap, check_schedule
from tests.cases.adapters.lifecycle_monitoring import check_monitoring
from tests.cases.adapters.lifecycle_outcome import check_alert_limit, check_status
from tests.cases.adapters.lifecycle_steps import check_steps

Case = dict[str, Any]

_WITH_STEPS = ("rule-run", "documents", "disable-enable", "event-log")
_AREAS: dict[str, Callable[[Case, Case], None]] = {
    "status": check_status,
    "monitoring": check_monitoring,
    "gap": check_gap,
    "flapping-settings": check_flapping_settings,
    "schedule": check_schedule,
}


def run_case(case: Case) -> None:
    """Run one case; AssertionError says what differs."""
    given, expect, area = case["given"], case["expect"], case["area"]
    if area in _WITH_STEPS and "steps" in given:
        asyncio.run(check_steps(given, expect))
    elif area == "rule-run" and "reports" in given:
        asyncio.run(check_alert_limit(given, expect))
    elif area in _AREAS:
        _AREAS[area](given, expect)
    else:
        raise AssertionError(f"unknown shape: area {area!r} with {sorted(given)}")
