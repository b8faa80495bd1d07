"""Instants: aware UTC datetimes of millisecond precision, and their two outside forms."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

# A run writes its few instants again and again, in one form and the other, also for each of its alerts.
_remembering = lru_cache(maxsize=4096)


@_remembering
def iso(at: datetime) -> str:
    """ISO 8601 text with exactly three fraction digits and ``Z``."""
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def parse_iso(text: str) -> datetime:
    """The instant that an ISO 8601 text names; without offset it is UTC.

    Raises ValueError for anything else.
    """
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return floor_ms(at)


def floor_ms(at: datetime) -> datetime:
    """The instant cut to whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@_remembering
def to_ms(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return (at - _EPOCH) // _MS


@_remembering
def from_ms(ms: int) -> datetime:
    """The instant of that many milliseconds since the epoch."""
    return _EPOCH + ms * _MS
