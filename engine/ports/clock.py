"""Clock and id source: the only two places from which time and randomness enter."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, UTC, whole milliseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never steps, for measuring durations."""
        ...


class Ids(Protocol):
    """A source of UUIDs."""

    def __call__(self) -> str:
        """A fresh UUID (version 4 form)."""
        ...
