"""What all connectors read from answers (connectors-core.md 1.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http_answer import describe_status, retry_after, source_of_status
from engine.ports.http import HttpResponse

AT = datetime(2024, 1, 1, 12, tzinfo=UTC)


def answer(status: int = 429, reason: str = "", **headers: str) -> HttpResponse:
    return HttpResponse(status, reason, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("5.9", 5),
        ("120abc", 120),
        (" 7", 7),
        ("+7", 7),
        ("0", 0),
        ("-5", 0),
        ("Mon, 01 Jan 2024 12:05:00 GMT", 300),
        ("Mon, 01 Jan 2024 13:05:00 +0100", 300),
        ("Mon, 01 Jan 2024 11:00:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_an_http_date(text: str, seconds: int) -> None:
    assert retry_after(answer(retry_after=text), AT) == AT + timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "٥", "Mon, 99 Jan 2024"])
def test_any_other_retry_after_counts_as_absent(text: str) -> None:
    assert retry_after(answer(retry_after=text), AT) is None


def test_without_the_header_there_is_no_time() -> None:
    assert retry_after(answer(), AT) is None


def test_an_absurdly_long_wait_stays_within_the_calendar() -> None:
    longest = retry_after(answer(retry_after="9" * 5000), AT)
    assert longest is not None
    assert longest > AT + timedelta(days=365)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,9} [A-Z][a-z]{2} \d{1,9} \d{1,3}:\d{1,3}:\d{1,3} .{0,6}"))
def test_any_retry_after_is_a_time_from_now_on_or_none(text: str) -> None:
    at = retry_after(answer(retry_after=text), AT)
    assert at is None or at >= AT


@pytest.mark.parametrize(
    ("status", "source"),
    [
        (401, "user"),
        (403, "user"),
        (409, "user"),
        (429, "user"),
        (418, "framework"),
        (404, "framework"),
        (500, "framework"),
    ],
)
def test_who_is_at_fault_for_a_status(status: int, source: str) -> None:
    assert source_of_status(status) == source


def test_a_status_without_reason_has_no_blank_end() -> None:
    assert [describe_status(answer(502, "Bad Gateway")), describe_status(answer(502))] == ["[502] Bad Gateway", "[502]"]
