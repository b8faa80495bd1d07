"""How often rules may run: the minimum interval and the circuit breaker over all spaces (rest-api.md 2.7)."""

import logging
import math
from collections.abc import Mapping
from datetime import timedelta

from engine.model.errors import InvalidInput, Problem
from engine.model.settings import EngineSettings
from engine.timing.durations import parse_duration

_LOG = logging.getLogger(__name__)
_TOLERANCE = 1e-9
_MINUTE = timedelta(minutes=1)


def runs_per_minute(intervals: Mapping[str, int]) -> float:
    """How many runs a minute rules make; ``intervals``: how many of them have each interval."""
    return math.fsum(count * (_MINUTE / parse_duration(interval)) for interval, count in intervals.items())


def check_capacity(load: float, limit: int, *, wanted: float, freed: float = 0.0) -> None:
    """Refuse what the limit of scheduled runs has no room for; all figures in runs a minute. Raises InvalidInput.

    ``freed`` is the frequency of the interval that is being replaced.
    """
    free = max(limit - load, 0.0) + freed
    if free < wanted - _TOLERANCE:
        raise InvalidInput(
            [
                Problem(
                    "schedule.interval",
                    f"{wanted:g} runs a minute are wanted, but only {free:g} of {limit} are free",
                    "use a longer interval, disable other rules, or raise the limit of scheduled runs",
                )
            ]
        )


def is_below_minimum(interval: str, minimum: str) -> bool:
    """Whether an interval is shorter than the minimum."""
    return parse_duration(interval) < parse_duration(minimum)


def interval_problems(interval: str, settings: EngineSettings) -> list[Problem]:
    """Whether an interval is shorter than the enforced minimum."""
    minimum = settings.minimum_schedule_interval
    if not settings.enforce_minimum_schedule_interval or not is_below_minimum(interval, minimum):
        return []
    return [
        Problem("schedule.interval", f"{interval} is shorter than the minimum of {minimum}", f"use {minimum} or longer")
    ]


def warn_of_short_interval(rule_id: str, interval: str, settings: EngineSettings) -> None:
    """Log that a rule runs more often than recommended, where the minimum is not enforced."""
    minimum = settings.minimum_schedule_interval
    if is_below_minimum(interval, minimum):
        _LOG.warning("rule %s runs every %s, more often than the recommended minimum %s", rule_id, interval, minimum)
