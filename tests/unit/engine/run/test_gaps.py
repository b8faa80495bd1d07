"""Gaps (rule-run.md 9.4)."""

from datetime import timedelta

import pytest

from engine.model.outcome import Gap
from engine.run.gaps import find_gap

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("window", "interval", "after_s", "delay_s", "gap"),
    [
        (5, 5, 20 * 60, 0, (0, 900)),
        (5, 1, 60, 0, None),
        (5, 5, 301.2, 0, None),
        (5, 5, 303, 0, None),
        (5, 5, 303.001, 0, (0, 3.001)),
        (5, 10, 600, 0, None),
        (5, 10, 603.5, 0, (300, 303.5)),
        (5, 10, 1200, 0, (300, 900)),
        (5, 1, 600, 60, (0, 240)),
        (5, 1, 360, 60, None),
    ],
)
def test_gap(midnight, window, interval, after_s, delay_s, gap):
    found = find_gap(
        window=window * MINUTE,
        interval=interval * MINUTE,
        previous_started_at=midnight,
        started_at=midnight + timedelta(seconds=after_s),
        query_delay=timedelta(seconds=delay_s),
    )
    assert found == (gap and Gap(*(midnight + timedelta(seconds=second) for second in gap)))


def test_the_example_of_the_specification(midnight):
    start = midnight + timedelta(hours=10)
    gap = find_gap(
        window=5 * MINUTE,
        interval=5 * MINUTE,
        previous_started_at=start,
        started_at=start + 20 * MINUTE,
        query_delay=timedelta(0),
    )
    assert (gap.start, gap.end, gap.duration_s) == (start, start + 15 * MINUTE, 900)


@pytest.mark.parametrize("missing", ["window", "previous_started_at"])
def test_no_gap_without_a_window_or_a_previous_run(midnight, missing):
    given = {
        "window": 5 * MINUTE,
        "interval": 5 * MINUTE,
        "previous_started_at": midnight,
        "started_at": midnight + 60 * MINUTE,
        "query_delay": timedelta(0),
    }
    assert find_gap(**(given | {missing: None})) is None
