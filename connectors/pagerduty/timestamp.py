"""The ``timestamp`` of an event: epoch milliseconds, ISO 8601 or RFC 2822 (connectors-core.md 7)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,15}")
_ISO = re.compile(
    r"\d{4}-?(\d\d-?\d\d|W\d\d(-?\d)?)([T ]\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?\s?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII
)
_DAY = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_RFC_2822 = re.compile(
    rf"((?P<day>{_DAY}),?\s+)?\d{{1,2}}\s+({_MONTH})\s+(\d{{4}}|\d\d)\s+\d\d:\d\d(:\d\d)?"
    r"\s+(UT|GMT|[ECMP][SD]T|Z|[+-]\d{4})",
    re.ASCII | re.IGNORECASE,
)


def read_timestamp(text: str) -> datetime | None:
    """The instant; None for a blank text. A time without offset is one in UTC. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    try:
        if _WHOLE_NUMBER.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text))
        if _ISO.fullmatch(text):
            return _in_utc(datetime.fromisoformat(re.sub(r"\s(?=[Z+-])", "", text)))
        if match := _RFC_2822.fullmatch(text):
            at = parsedate_to_datetime(text)
            if match["day"] is None or match["day"].title() == at.strftime("%a"):
                return _in_utc(at)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        "is no instant: write ISO 8601 like 2024-01-31T12:00:00Z, RFC 2822, or milliseconds since 1970"
    ) from None


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
