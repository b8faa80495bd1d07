"""The sliding log of executions (connector-framework.md 7)."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.model.settings import RateLimit
from engine.service.rate_limiter import RateLimiter

AT = datetime(2024, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("executed", "now", "expected"),
    [
        ([], 0, None),
        ([0, 1, 2], 2, None),
        ([0, 1, 2, 3], 3, 10.001),
        ([0, 1, 2, 3], 10, 10.001),
        ([0, 1, 2, 3], 10.001, None),
        ([0, 0, 0, 0, 0], 5, 10.001),
    ],
)
def test_more_than_the_limit_within_the_window_wait(executed: list[float], now: float, expected: float | None) -> None:
    limiter = RateLimiter({".email": RateLimit(3, timedelta(seconds=10))})
    for seconds in executed:
        limiter.log(".email", after(seconds))
    assert limiter.limited_until(".email", after(now)) == (None if expected is None else after(expected))


def test_types_without_a_limit_never_wait_and_count_for_nobody() -> None:
    limiter = RateLimiter({".email": RateLimit(1, timedelta(seconds=10))})
    for _ in range(5):
        limiter.log(".webhook", AT)
    assert limiter.limited_until(".webhook", AT) is None
    assert limiter.limited_until(".email", AT) is None
