"""Durations as rules write them: a positive integer and one of ``s m h d`` (rest-api.md 1.5)."""

import re
from datetime import timedelta

_DURATION = re.compile(r"([1-9][0-9]*)([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST = timedelta(days=36_500)
"""Longer ones count as this, so that instants stay within the calendar."""


def is_duration(text: object) -> bool:
    """Whether the text is a duration (``5m``; not ``0s``, ``01m``, ``1.5h``, ``1w``)."""
    return isinstance(text, str) and _DURATION.fullmatch(text) is not None


def parse_duration(text: str) -> timedelta:
    """The length of a duration text; beyond a century it counts as a century.

    Raises ValueError when the text is no duration.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a positive integer and one of s, m, h, d, like 5m")
    return window_length(int(match[1]), match[2])


def window_length(size: int, unit: str) -> timedelta:
    """The length of ``size`` units (``s m h d``; a day is 24 h exactly)."""
    seconds = size * _SECONDS[unit]
    return timedelta(seconds=seconds) if seconds < _LONGEST.total_seconds() else _LONGEST
