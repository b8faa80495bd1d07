"""The window of a run."""

from datetime import timedelta

import pytest

from engine.model.errors import RunError
from engine.model.instant import parse_iso
from rule_types.time_window import window_before


def test_the_window_ends_the_query_delay_before_the_run_and_keeps_milliseconds():
    at = parse_iso("2024-05-06T07:08:09.010Z")
    window = window_before(at, timedelta(minutes=5), timedelta(seconds=7))
    assert window == ("2024-05-06T07:03:02.010Z", "2024-05-06T07:08:02.010Z")


def test_a_day_is_24_hours_whatever_the_clocks_do():
    at = parse_iso("2024-03-31T12:00:00.000+02:00")
    assert window_before(at, timedelta(days=1), timedelta()).start == "2024-03-30T10:00:00.000Z"


def test_a_window_before_the_calendar_fails_the_run():
    with pytest.raises(RunError, match="before the year 1"):
        window_before(parse_iso("0050-01-01"), timedelta(days=36_500), timedelta())
