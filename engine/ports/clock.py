"""Clock and id source: the only two places from which time and randomness enter."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Do not make the call; harmless when it was made already."""
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, UTC, whole milliseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never steps, for measuring durations."""
        ...

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Make the call after that many seconds of this clock, on the running event loop."""
        ...


class Ids(Protocol):
    """A source of UUIDs."""

    def __call__(self) -> str:
        """A fresh UUID (version 4 form)."""
        ...
