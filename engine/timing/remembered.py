"""A verdict that depends on the instant and is worked out anew only when it may have changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Verdict(NamedTuple, Generic[T]):
    """A value that holds from the instant it was asked for up to ``until``, excluded; None: for ever."""

    value: T
    until: datetime | None


class Remembered(Generic[T]):
    """The newest verdict of a function of the instant; asked for an earlier instant it works out that one."""

    def __init__(self, judge: Callable[[datetime], Verdict[T]]) -> None:
        self._judge = judge
        self._since: datetime | None = None
        self._verdict: Verdict[T] | None = None

    def at(self, now: datetime) -> T:
        """The value at an instant."""
        known, since = self._verdict, self._since
        if known is None or since is None or now < since or (known.until is not None and now >= known.until):
            known = self._verdict = self._judge(now)
            self._since = now
        return known.value
