"""Time zones by name: IANA names, and fixed offsets as timeframes write them (actions-scheduling.md 8.3)."""

import os
import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII)
_LARGEST_OFFSET_H = 14


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name.

    Raises ValueError for an unknown one.
    """
    if name in ("UTC", "GMT", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"unknown time zone {name!r}: write an IANA name such as Europe/Vienna") from None


def zone_or_offset(name: str) -> tzinfo:
    """The zone of an IANA name or of a fixed offset: ``UTC+1``, ``GMT-5``, ``+02:00``. ``UTC+1`` is ahead of UTC.

    Raises ValueError for anything else.
    """
    match = _OFFSET.fullmatch(name)
    if match is None:
        return zone_named(name)
    sign, hours, minutes = match[1], int(match[2]), int(match[3] or 0)
    if hours > _LARGEST_OFFSET_H:
        raise ValueError(f"no time zone is {name!r}: offsets go up to {_LARGEST_OFFSET_H} hours")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)


def process_zone(place: Path = Path("/etc/localtime")) -> str:
    """The IANA name of the zone that this process lives in, as far as the system tells it, else ``UTC``."""
    found = [os.environ.get("TZ", "").removeprefix(":")]
    if place.is_symlink():
        found.append(str(place.readlink()).rpartition("zoneinfo/")[2])
    for name in filter(None, found):
        try:
            zone_named(name)
        except ValueError:
            continue
        return name
    return "UTC"
