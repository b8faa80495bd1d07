"""The two clocks, the real and the manual one, and the two id sources."""

import asyncio
import heapq
import itertools
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine.model.instant import floor_ms, parse_iso
from engine.ports.clock import Timer


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return floor_ms(datetime.now(UTC))

    def monotonic(self) -> float:
        return time.monotonic()

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, call)


class _ManualTimer:
    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def fire(self) -> None:
        if self._call is not None:
            self._call()


class ManualClock:
    """A clock that moves only when told to, for tests, one-shot runs and backtests.

    ``start`` is an aware datetime or an ISO 8601 text.
    """

    def __init__(self, start: datetime | str) -> None:
        at = parse_iso(start) if isinstance(start, str) else floor_ms(start.astimezone(UTC))
        self._start = self._now = at
        self._timers: list[tuple[datetime, int, _ManualTimer]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = _ManualTimer(call)
        heapq.heappush(self._timers, (self._now + timedelta(seconds=seconds), next(self._order), timer))
        return timer

    def set(self, at: datetime) -> None:
        """Move to a later instant, making the calls that fall due on the way.

        Raises ValueError for an earlier one: a rule's time never runs backwards.
        """
        if at < self._now:
            raise ValueError(f"the clock shows {self._now.isoformat()}; it cannot go back to {at.isoformat()}")
        while self._timers and self._timers[0][0] <= at:
            due, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, due)
            timer.fire()
        self._now = floor_ms(at)

    def advance(self, by: timedelta) -> None:
        """Move forward by a length of time."""
        self.set(self._now + by)


_VARIANT_DIGITS = "89ab"


def random_id() -> str:
    """A random UUID, version 4; a third of the time that `uuid.uuid4` takes, and each run needs several."""
    digits = os.urandom(16).hex()
    variant = _VARIANT_DIGITS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class CountingIds:
    """UUIDs counted from 1, for tests that compare whole results."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> str:
        return str(uuid.UUID(int=next(self._numbers), version=4))
