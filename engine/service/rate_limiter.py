"""How often connectors of a type are executed: a sliding log (connector-framework.md 7). Pure: the instant is given."""

from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from engine.model.settings import RateLimit

_NEXT = timedelta(milliseconds=1)
"""An execution exactly as old as the window still counts."""


class RateLimiter:
    """Keeps when connectors of limited types were executed. Types without a limit are never held up."""

    def __init__(self, limits: Mapping[str, RateLimit]) -> None:
        self._limits = limits
        self._executed: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def log(self, connector_type_id: str, at: datetime) -> None:
        """Note that one is executed at ``at``."""
        if connector_type_id in self._limits:
            self._executed[connector_type_id].append(at)

    def limited_until(self, connector_type_id: str, at: datetime) -> datetime | None:
        """When the oldest execution leaves the window, if there are more than the limit in it; else None."""
        limit = self._limits.get(connector_type_id)
        if limit is None:
            return None
        executed = self._executed[connector_type_id]
        while executed and executed[0] < at - limit.window:
            executed.popleft()
        return executed[0] + limit.window + _NEXT if len(executed) > limit.limit else None
