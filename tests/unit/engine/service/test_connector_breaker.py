"""A connector that fails again and again is left alone for a while (connector-framework.md 7)."""

from datetime import UTC, datetime, timedelta

from engine.model.connector import ConnectorResult
from engine.model.settings import BreakerSettings
from engine.service.connector_breaker import ConnectorBreaker

AT = datetime(2024, 1, 1, tzinfo=UTC)
OK = ConnectorResult("ok")
FAILED = ConnectorResult("error", "m", retry=True)
REFUSED = ConnectorResult("error", "m", retry=False)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def breaker(*results: ConnectorResult, key: str = "a") -> ConnectorBreaker:
    """One for two failures and ten seconds, after these results."""
    made = ConnectorBreaker(BreakerSettings(2, timedelta(seconds=10)))
    for result in results:
        assert made.blocked_until(key, AT) is None
        made.note(key, result, AT)
    return made


def test_failures_in_a_row_block_the_connector_and_no_other() -> None:
    blocked = breaker(FAILED, FAILED)
    assert blocked.blocked_until("a", after(9)) == after(10)
    assert blocked.blocked_until("b", after(9)) is None


def test_what_is_answered_in_between_begins_the_row_anew() -> None:
    assert breaker(FAILED, OK, FAILED).blocked_until("a", AT) is None
    assert breaker(FAILED, REFUSED, FAILED).blocked_until("a", AT) is None
    retry_at = ConnectorResult("error", "m", retry=after(3))
    assert breaker(FAILED, retry_at).blocked_until("a", AT) == after(10)


def test_one_is_tried_when_the_time_is_over_and_the_others_wait_for_it() -> None:
    blocked = breaker(FAILED, FAILED)
    assert blocked.blocked_until("a", after(10)) is None
    assert blocked.blocked_until("a", after(11)) == after(21)
    blocked.note("a", OK, after(12))
    assert [blocked.blocked_until("a", after(12)) for _ in range(2)] == [None, None]


def test_a_probe_that_fails_blocks_at_once() -> None:
    blocked = breaker(FAILED, FAILED)
    assert blocked.blocked_until("a", after(10)) is None
    blocked.note("a", FAILED, after(11))
    assert blocked.blocked_until("a", after(12)) == after(21)


def test_a_probe_that_was_broken_off_is_made_again() -> None:
    blocked = breaker(FAILED, FAILED)
    assert blocked.blocked_until("a", after(10)) is None
    blocked.note("a", None, after(11))
    blocked.note("b", None, after(11))
    assert blocked.blocked_until("a", after(11)) is None
