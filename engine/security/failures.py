"""Failed attempts to come in, counted for a while: whoever guesses passwords is made to wait."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.errors import TooManyRequests

WINDOW = timedelta(minutes=1)
MOST_OF_ADDRESS = 60
MOST_OF_USER_AT_ADDRESS = 10
_MOST_COUNTED = 10_000


@dataclass(slots=True)
class _Count:
    since: datetime
    failures: int = 0


class FailureLimit:
    """Failures of each address, and of each user name at an address, within a minute.

    Nobody is kept out elsewhere: else a stranger could lock out a user whose name he knows.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, str | None], _Count] = OrderedDict()

    def check(self, address: str, user: str, at: datetime) -> None:
        """Raises TooManyRequests while there were too many failures."""
        for key, most in ((address, None), MOST_OF_ADDRESS), ((address, user), MOST_OF_USER_AT_ADDRESS):
            count = self._counts.get(key)
            if count is not None and count.failures >= most and at - count.since < WINDOW:
                wait = math.ceil((count.since + WINDOW - at).total_seconds())
                raise TooManyRequests(f"too many failed attempts from [{address}]: wait {wait} s", max(wait, 1))

    def note(self, address: str, user: str, at: datetime) -> None:
        """Count a failure."""
        for key in ((address, None), (address, user)):
            count = self._counts.get(key)
            if count is None or not timedelta(0) <= at - count.since < WINDOW:
                count = self._counts[key] = _Count(at)
            count.failures += 1
            self._counts.move_to_end(key)
        while len(self._counts) > _MOST_COUNTED:
            self._counts.popitem(last=False)
