"""Cases of action_scheduling: scenarios go through the library's engine, single decisions to `engine.notify`."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.cases.adapters.scheduling_decisions import (
    check_interval_categories,
    check_pending_recovery,
    check_queue_limit,
    check_run_outcome,
    check_summary_throttle,
    check_time_bounds,
    check_timeframe,
)
from tests.cases.adapters.scheduling_rendering import check_injection, check_rule_url, check_template
from tests.cases.adapters.scheduling_scenario import check_scenario, check_stored_notify_when, check_validation

Case = dict[str, Any]

_AREAS: dict[str, Callable[[Case, Case], None]] = {
    "scenario": lambda given, expect: asyncio.run(check_scenario(given, expect)),
    "validation": lambda given, expect: asyncio.run(check_validation(given, expect)),
    "stored_notify_when": lambda given, expect: asyncio.run(check_stored_notify_when(given, expect)),
    "pending_recovery": check_pending_recovery,
    "summary_throttle": check_summary_throttle,
    "summary_time_bounds": check_time_bounds,
    "summary_interval_categories": check_interval_categories,
    "queue_limit": check_queue_limit,
    "run_outcome": check_run_outcome,
    "timeframe": check_timeframe,
    "template": check_template,
    "inject": check_injection,
    "rule_url": check_rule_url,
}


def run_case(case: Case) -> None:
    """Run one case; AssertionError says what differs."""
    check = _AREAS.get(case["area"])
    assert check is not None, f"unknown shape: area {case['area']!r}"
    check(case["given"], case["expect"])
