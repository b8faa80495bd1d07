"""Time zones: offsets and names of the zone database."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.timing.dates.civil import NANOS

_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_000_000, 253_402_000_000
"""Seconds between which `datetime` reaches; beyond, a zone keeps the offset it has there."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone. ``rules`` is None for a fixed offset (in seconds)."""

    offset: int = 0
    rules: ZoneInfo | None = None

    def offset_at(self, nanos: int) -> int:
        """Seconds to add to UTC at an instant."""
        if self.rules is None:
            return self.offset
        seconds = min(max(nanos // NANOS, _FIRST), _LAST)
        shift = (_EPOCH + timedelta(seconds=seconds)).astimezone(self.rules).utcoffset()
        return int(shift.total_seconds()) if shift is not None else 0

    def to_local(self, nanos: int) -> int:
        """The instant's civil time in this zone, as if it were UTC."""
        return nanos + self.offset_at(nanos) * NANOS

    def from_local(self, local: int) -> int:
        """The instant of a civil time: the earlier one if there are two, moved over the gap if there is none."""
        if self.rules is None:
            return local - self.offset * NANOS
        before = self.offset_at(local - 86_400 * NANOS)
        after = self.offset_at(local + 86_400 * NANOS)
        early = local - before * NANOS
        if before == after or self.offset_at(early) == before:
            return early
        late = local - after * NANOS
        return late if self.offset_at(late) == after else early


UTC_ZONE = Zone()


def parse_offset(text: str) -> int | None:
    """Seconds of ``Z``, ``±hh``, ``±hhmm``, ``±hh:mm``; None if the text is no offset."""
    if text in ("Z", "z", "UTC", "GMT", "UT"):
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = int(match[2]), int(match[3] or 0), int(match[4] or 0)
    if hours > 18 or minutes > 59 or seconds > 59:
        return None
    return (1 if match[1] == "+" else -1) * (hours * 3600 + minutes * 60 + seconds)


@lru_cache(maxsize=256)
def parse_zone(text: str) -> Zone:
    """A zone by offset or name. Raises ValueError."""
    offset = parse_offset(text)
    if offset is not None:
        return Zone(offset)
    try:
        return Zone(rules=ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone [{text}]: write an offset like +02:00 or a name like Europe/Berlin"
        ) from error
