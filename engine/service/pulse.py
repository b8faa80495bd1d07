"""Whether the service is at work: when its last tick began, and how the last one ended."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from engine.ports.store import DeliveryReport
from engine.service.runs import RunReport
from engine.service.search_reports import SearchReport

OLDEST_TICK_S = 180.0
"""A tick begins at least each minute, also where nothing is due. After three minutes without one something is stuck."""


class Pulse:
    """Observes ticks; may be asked from any thread. ``monotonic`` tells seconds that no wall clock moves."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last_tick = monotonic()
        self._failure: str | None = None
        self._has_ticked = False

    @property
    def tick_age_s(self) -> float:
        """How long ago the last tick began, or the watch, before the first one."""
        return max(0.0, self._monotonic() - self._last_tick)

    @property
    def is_beating(self) -> bool:
        """Whether the last tick is not older than it may be."""
        return self.tick_age_s <= OLDEST_TICK_S

    @property
    def has_ticked(self) -> bool:
        """Whether a tick has ended well yet."""
        return self._has_ticked

    @property
    def failure(self) -> str | None:
        """What the last tick failed with; None if it ended well."""
        return self._failure

    def tick_began(self, at: datetime) -> None:
        self._last_tick = self._monotonic()

    def tick_ended(self, error: BaseException | None) -> None:
        self._has_ticked = self._has_ticked or error is None
        self._failure = None if error is None else type(error).__name__

    def run_ended(self, report: RunReport) -> None:
        """Runs have figures of their own."""

    def searched(self, report: SearchReport) -> None:
        """So have searches."""

    def delivered(self, reports: Sequence[DeliveryReport]) -> None:
        """So have deliveries."""
