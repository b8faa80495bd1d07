"""A limit on how often one address may ask (rest-api.md 1.3): a bucket that fills evenly, for each of the newest."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from engine.model.errors import TooManyRequests

_MOST_ADDRESSES = 10_000


class RateLimit:
    """``per_second`` requests in the long run, a burst of two seconds' worth at once. ``now``: a monotonic clock."""

    def __init__(self, per_second: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._most = per_second, 2.0 * per_second
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count one request. Raises TooManyRequests."""
        now = self._now()
        left, since = self._left.pop(address, (self._most, now))
        left = min(self._most, left + (now - since) * self._per_second)
        is_allowed = left >= 1
        self._left[address] = (left - 1 if is_allowed else left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        if not is_allowed:
            wait = math.ceil((1 - left) / self._per_second)
            raise TooManyRequests(f"more than {self._per_second} requests a second from one address", wait)
