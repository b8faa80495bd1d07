"""Notices by a clock that never steps that somebody set the wall clock: what was planned by it is planned anew."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from engine.ports.clock import Clock

_log = logging.getLogger("tocsin.scheduler")

STEP = timedelta(seconds=2)
"""A wall clock that differs by more from what it should show was set; less is smaller than any bound of a plan."""


class ClockWatch:
    """Calls ``replan(at, step)`` when the wall clock was set; ``step`` is negative when it was set back.

    The first look calls it with a step of zero: the clock may have been set since the times in the store were written.
    """

    def __init__(self, clock: Clock, replan: Callable[[datetime, timedelta], Awaitable[None]]) -> None:
        self._clock, self._replan = clock, replan
        self._offset: timedelta | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> bool:
        """Whether the clock was set since the last look; everything is planned anew by then.

        Whoever looks meanwhile waits for that, too. What ``replan`` raises goes to the caller, and the next look tries
        again.
        """
        async with self._looking:
            at, offset = self._clock.now(), self._present_offset()
            step = timedelta(0) if self._offset is None else offset - self._offset
            is_first, is_set = self._offset is None, abs(step) > STEP
            if is_set:
                _log.warning("the clock was set by %+.1f s", step.total_seconds())
            if is_first or is_set:
                await self._replan(at, step)
                self._offset = offset
            return is_set

    def _present_offset(self) -> timedelta:
        return timedelta(seconds=self._clock.now().timestamp() - self._clock.monotonic())
