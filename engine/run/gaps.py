"""Gaps: time that no run of a windowed rule looked at (rule-run.md 9.4)."""

from datetime import datetime, timedelta

from engine.model.outcome import Gap

TOLERANCE = timedelta(seconds=3)
"""Runs never start to the second; less than this is no gap."""


def find_gap(
    *,
    window: timedelta | None,
    interval: timedelta,
    previous_started_at: datetime | None,
    started_at: datetime,
    query_delay: timedelta,
) -> Gap | None:
    """The gap before a run. ``window`` None: the type looks at no window. ``query_delay``: 0 if it shifts nothing."""
    if window is None or previous_started_at is None:
        return None
    left_out_by_design = max(timedelta(0), interval - window)
    start = previous_started_at + left_out_by_design
    end = started_at - window - query_delay
    return Gap(start, end) if end - start > TOLERANCE else None
