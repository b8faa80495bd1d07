"""The circuit breaker of a cluster: one that fails again and again is left alone for a while.

Closed: everything goes. After several failures in a row it opens: searches are refused at once, without being sent.
When its rest is over one exchange is let through to try; its success closes the breaker, its failure doubles the rest.
"""

from collections.abc import Callable
from math import ceil

from engine.search.cluster.failures import ClusterUnavailable
from engine.search.cluster.settings import ClusterLimits


class Breaker:
    """``monotonic`` gives seconds of a clock that never steps."""

    def __init__(self, limits: ClusterLimits, monotonic: Callable[[], float]) -> None:
        self._limits, self._monotonic = limits, monotonic
        self._failures = 0
        self._rest_s = 0.0
        self._rests_until: float | None = None
        self._reason = ""

    def check(self) -> None:
        """Raises ClusterUnavailable, with the last failure's text, while the cluster rests."""
        if self._rests_until is not None and (left := self._rests_until - self._monotonic()) > 0:
            raise ClusterUnavailable(f"{self._reason} (not asked again for {ceil(left)} s)")

    @property
    def is_trying(self) -> bool:
        """The rest is over, and nothing has shown yet that the cluster answers again: one exchange at a time."""
        return self._rests_until is not None

    def note_success(self) -> None:
        self._failures, self._rest_s, self._rests_until = 0, 0.0, None

    def note_failure(self, error: ClusterUnavailable) -> None:
        """Count a failure; those of exchanges that were under way when the rest began change nothing."""
        now = self._monotonic()
        if self._rests_until is not None and now < self._rests_until:
            return
        self._failures += 1
        limits = self._limits
        if self._rests_until is None and self._failures < limits.breaker_failures and error.retry_after_s is None:
            return
        self._reason = str(error)
        self._rest_s = min(max(limits.rest_s, 2 * self._rest_s), limits.longest_rest_s)
        self._rests_until = now + max(self._rest_s, error.retry_after_s or 0.0)
