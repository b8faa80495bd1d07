"""A breaker for each connector: after failures in a row its executions fail at once, until one has been tried again.

An addition to Kibana (connector-framework.md 7), off by default. Pure: instants are given.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from engine.model.connector import ConnectorResult
from engine.model.settings import BreakerSettings


@dataclass(slots=True)
class _Failing:
    """A connector that failed lately. ``rests_until``: nothing is sent before; ``is_probing``: one is being tried."""

    failures: int = 0
    rests_until: datetime | None = None
    is_probing: bool = False


class ConnectorBreaker:
    """Keeps which connectors fail. ``key``: what stands for a connector."""

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._failing: dict[Hashable, _Failing] = {}

    def blocked_until(self, key: Hashable, at: datetime) -> datetime | None:
        """Until when the connector must be left alone; None: it may be executed now, and `note` must follow.

        The first one that comes after that time is the probe; the others wait until it is known how that ended.
        """
        failing = self._failing.get(key)
        if failing is None or failing.rests_until is None:
            return None
        if at < failing.rests_until:
            return failing.rests_until
        if failing.is_probing:
            return at + self._settings.open_for
        failing.is_probing = True
        return None

    def note(self, key: Hashable, result: ConnectorResult | None, at: datetime) -> None:
        """How an execution ended; None: it was broken off, which says nothing about the connector.

        Failures that another attempt cannot mend are answers: whoever gives them is there.
        """
        if result is None:
            if key in self._failing:
                self._failing[key].is_probing = False
            return
        if not _is_retryable(result):
            self._failing.pop(key, None)
            return
        failing = self._failing.setdefault(key, _Failing())
        failing.failures += 1
        if failing.is_probing or failing.failures >= self._settings.failures:
            failing.rests_until = at + self._settings.open_for
        failing.is_probing = False


def _is_retryable(result: ConnectorResult) -> bool:
    return not result.is_ok and bool(result.retry)
