"""Date formats and date math (embedded-search.md 2.3). Instants are nanoseconds since the epoch, unbounded integers."""

from engine.timing.dates.format import DateFormat, date_format
from engine.timing.dates.math import resolve_date
from engine.timing.dates.zone import UTC_ZONE, Zone, parse_zone

__all__ = ["UTC_ZONE", "DateFormat", "Zone", "date_format", "parse_zone", "resolve_date"]
