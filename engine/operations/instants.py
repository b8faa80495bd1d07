"""Times that callers give in queries: ISO 8601, or date math such as ``now-1d``."""

from datetime import datetime

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import from_ms, to_ms
from engine.timing.dates.format import DEFAULT_FORMAT, date_format
from engine.timing.dates.math import resolve_date

_NANOS_A_MS = 1_000_000


def instant_of(path: str, text: str, at: datetime) -> datetime:
    """The instant that a text means, ``now`` being ``at``. Raises InvalidInput with that path."""
    try:
        nanos = resolve_date(text, date_format(DEFAULT_FORMAT), now=to_ms(at) * _NANOS_A_MS)
        return from_ms(nanos // _NANOS_A_MS)
    except (ValueError, OverflowError):
        raise InvalidInput([Problem(path, f"{text[:40]!r} is no time", "write ISO 8601, or like now-1d")]) from None
