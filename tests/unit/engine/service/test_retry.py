"""When a failed notification is tried again (connector-framework.md 5.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.connector import ConnectorResult
from engine.model.settings import AttemptSettings
from engine.service.retry import max_attempts_of, next_attempt_at, retry_delay

AT = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def failed(retry: bool | datetime) -> ConnectorResult:
    return ConnectorResult("error", "failed", retry=retry)


@pytest.mark.parametrize(
    ("settings", "type_max_attempts", "expected"),
    [
        (AttemptSettings(), None, 3),
        (AttemptSettings(), 5, 5),
        (AttemptSettings(max_attempts=2), 5, 2),
        (AttemptSettings(max_attempts=2, by_connector_type={".email": 4}), 5, 4),
        (AttemptSettings(max_attempts=2, by_connector_type={".slack": 4}), 5, 2),
    ],
)
def test_the_first_setting_that_is_set_wins(
    settings: AttemptSettings, type_max_attempts: int | None, expected: int
) -> None:
    assert max_attempts_of(settings, ".email", type_max_attempts) == expected


def test_the_first_delay_is_fixed() -> None:
    assert {retry_delay(1, value) for value in (0.0, 0.5, 1.0)} == {timedelta(seconds=30)}


@pytest.mark.parametrize(("attempt", "minutes"), [(2, 5), (3, 10), (4, 20), (5, 40), (6, 60), (7, 60), (1000, 60)])
def test_later_delays_lie_between_half_and_all_of_a_growing_bound(attempt: int, minutes: int) -> None:
    bound = minutes * MINUTE
    assert [retry_delay(attempt, value) for value in (0.0, 0.5, 1.0)] == [bound / 2, bound * 0.75, bound]


@given(st.integers(1, 50), st.floats(0, 1))
def test_delays_are_whole_milliseconds_within_an_hour(attempt: int, value: float) -> None:
    delay = retry_delay(attempt, value)
    assert timedelta(seconds=30) <= delay <= timedelta(hours=1)
    assert delay % timedelta(milliseconds=1) == timedelta()


@pytest.mark.parametrize(
    ("retry", "again_after"),
    [
        (True, timedelta(seconds=30)),
        (False, None),
        (AT + 10 * MINUTE, 10 * MINUTE),
        (AT - 10 * MINUTE, timedelta()),
        (AT + 61 * MINUTE, 60 * MINUTE),
        (AT + timedelta(days=9), 60 * MINUTE),
    ],
)
def test_the_result_decides_when(retry: bool | datetime, again_after: timedelta | None) -> None:
    again_at = next_attempt_at(failed(retry), 1, 3, AT, 0.5)
    assert again_at == (None if again_after is None else AT + again_after)


@pytest.mark.parametrize("retry", [True, AT, AT + MINUTE])
@pytest.mark.parametrize("attempt", [3, 4])
def test_after_the_last_attempt_there_is_no_other(retry: bool | datetime, attempt: int) -> None:
    assert next_attempt_at(failed(retry), attempt, 3, AT, 0.5) is None


def test_the_delay_grows_with_the_attempt() -> None:
    assert next_attempt_at(failed(True), 2, 3, AT, 1.0) == AT + 5 * MINUTE
