"""The time window that one run looks at (rule-type-es-query.md 4, rule-type-index-threshold.md 3)."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from engine.model.errors import RunError
from engine.model.instant import iso

WindowUnit = Literal["s", "m", "h", "d"]


class TimeWindow(NamedTuple):
    """Start and end as ISO texts with milliseconds."""

    start: str
    end: str


def window_before(at: datetime, length: timedelta, query_delay: timedelta) -> TimeWindow:
    """The window of that length which ends the query delay before the evaluation instant.

    Raises RunError when it would begin before the calendar does.
    """
    try:
        end = at - query_delay
        return TimeWindow(iso(end - length), iso(end))
    except OverflowError:
        raise RunError("execute", f"the window of {length} before {iso(at)} begins before the year 1") from None
