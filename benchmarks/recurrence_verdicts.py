"""Verdicts of snoozes and maintenance windows: worked out anew, and remembered, as the runs of rules ask for them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model.rule import Rule
from engine.service.snoozes import RuleSnoozes
from engine.timing.snooze import Snooze

_NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_SCHEDULES: dict[str, dict[str, Any]] = {
    "daily since 1970": {"freq": 3, "interval": 1},
    "hourly since 1970": {"freq": 4, "interval": 1},
    "every second Tuesday of a month since 1970": {"freq": 1, "interval": 1, "byweekday": ["+2TU"]},
    "30 February since 1970": {"freq": 0, "bymonth": [2], "bymonthday": [30]},
}
_RUNS = 24 * 60


async def measure() -> dict[str, str]:
    """Milliseconds of CPU for one verdict, and microseconds a run over a day of runs a minute apart."""
    figures = {}
    for name, rule in _SCHEDULES.items():
        rrule = {"dtstart": "1970-01-01T00:00:00.000Z", "tzid": "Europe/Vienna", **rule}
        stored = {"id": "s", "duration": 600_000, "rRule": rrule}
        Snooze(stored).verdict(_NOW)
        figures[f"{name}, one verdict"] = f"{_cpu(lambda stored=stored: _judge(stored)) * 1e3:.2f} ms (aim < 5)"
        snoozes = RuleSnoozes(_rule(stored))
        spent = _cpu(lambda snoozes=snoozes: _ask_for_a_day(snoozes))
        figures[f"{name}, remembered, a run"] = f"{spent / _RUNS * 1e6:.1f} µs"
    return figures


def _judge(stored: dict[str, Any]) -> None:
    snooze = Snooze(stored)
    snooze.verdict(_NOW)
    snooze.is_over(_NOW)


def _ask_for_a_day(snoozes: RuleSnoozes) -> None:
    for minute in range(_RUNS):
        at = _NOW + minute * _MINUTE
        snoozes.verdict_at(at)
        snoozes.without_expired(at)


def _rule(stored: dict[str, Any]) -> Rule:
    return Rule("r", "R", ".type", "alerts", "1m", {}, _NOW, _NOW, snooze_schedule=(stored,))


def _cpu(work: Callable[[], None]) -> float:
    """Seconds of CPU, the least of five."""
    times = []
    for _ in range(5):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)
