"""When a failed notification is tried again (connector-framework.md 5.3). Pure: instant and random value are given."""

from datetime import datetime, timedelta

from engine.model.connector import ConnectorResult
from engine.model.settings import AttemptSettings

_DEFAULT_MAX_ATTEMPTS = 3
_FIRST_DELAY = timedelta(seconds=30)
_SECOND_BOUND = timedelta(minutes=5)
_LONGEST_BOUND = timedelta(hours=1)
_LONGEST_REQUESTED_WAIT = timedelta(hours=1)
LONGEST_WAIT = max(_LONGEST_BOUND, _LONGEST_REQUESTED_WAIT)
"""No failed notification waits longer for its next attempt."""


def max_attempts_of(settings: AttemptSettings, connector_type_id: str, type_max_attempts: int | None) -> int:
    """How often a notification is tried, the first time included: the first of the settings that is set."""
    for attempts in (settings.by_connector_type.get(connector_type_id), settings.max_attempts, type_max_attempts):
        if attempts is not None:
            return attempts
    return _DEFAULT_MAX_ATTEMPTS


def next_attempt_at(
    result: ConnectorResult, attempt: int, max_attempts: int, at: datetime, random_value: float
) -> datetime | None:
    """When to try again after attempt number ``attempt`` (from 1) failed at ``at``; None = never.

    ``random_value`` is from 0 to 1. What a rate limit held up waits however often.
    """
    if result.is_limited and isinstance(result.retry, datetime):
        return min(max(result.retry, at), at + LONGEST_WAIT)
    if attempt >= max_attempts or result.retry is False or result.retry is None:
        return None
    if isinstance(result.retry, datetime):
        return min(max(result.retry, at), at + _LONGEST_REQUESTED_WAIT)
    return at + retry_delay(attempt, random_value)


def retry_delay(attempt: int, random_value: float) -> timedelta:
    """The back-off after failed attempt number ``attempt`` (from 1): 30 s, then half to all of a growing bound.

    The bound is 5, 10, 20, 40, 60, 60 ... minutes; whole milliseconds.
    """
    if attempt <= 1:
        return _FIRST_DELAY
    bound = min(_SECOND_BOUND * (1 << min(attempt - 2, 10)), _LONGEST_BOUND)
    delay = bound * (0.5 + random_value / 2)
    return delay - timedelta(microseconds=delay.microseconds % 1000)
