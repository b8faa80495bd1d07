"""``FormatDate``: ``date ; zone ; format`` (templates.md 6.3)."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from engine.template.lambdas.contract import LambdaError, LambdaInput
from engine.template.lambdas.date_format import MONTHS, WEEKDAYS, format_moment
from engine.template.tokens import WHITE_SPACE

MAX_CHARS: Final = 1000
_STEPS: Final = 200
"""What one date costs, whatever it is: about twenty microseconds."""

DEFAULT_FORMAT: Final = "YYYY-MM-DD hh:mma"

_ISO: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"\s*(?P<offset>Z|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.ASCII,
)
_RFC_2822: Final = re.compile(
    rf"(?:(?P<weekday>{'|'.join(name[:3] for name in WEEKDAYS)}),?\s)?(?P<day>\d\d?)\s"
    rf"(?P<month>{'|'.join(name[:3] for name in MONTHS)})\s(?P<year>\d{{2,4}})\s"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s(?P<offset>UT|GMT|[ECMP][SD]T|[Zz]|[+-]\d{4})",
    re.ASCII,
)
_NAMED_OFFSET_H: Final = {"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8}
_NO_OFFSET: Final = frozenset({None, "Z", "z", "UT", "GMT"})


def format_date(given: LambdaInput) -> str:
    """The date in a zone (default UTC) and format (default `DEFAULT_FORMAT`)."""
    if len(given.text) > MAX_CHARS:
        raise LambdaError(f"the text is longer than {MAX_CHARS} characters")
    given.charge(_STEPS + len(given.text))
    date, zone, layout = [part.strip(WHITE_SPACE) for part in f"{given.text};;".split(";")][:3]
    if not date:
        raise LambdaError("no date given")
    try:
        local = _read_date(date).astimezone(_zone(zone or "UTC"))
        return format_moment(local, layout or DEFAULT_FORMAT)
    except OverflowError:
        raise LambdaError("the date is beyond the years 1 to 9999") from None


def _read_date(text: str) -> datetime:
    found = _ISO.fullmatch(text) or _RFC_2822.fullmatch(text)
    if found is None:
        raise LambdaError("the date is neither ISO 8601 nor RFC 2822")
    parts = {"weekday": None, "fraction": None, **found.groupdict()}
    try:
        date = _date_of(parts)
    except ValueError:
        raise LambdaError("there is no such date") from None
    if parts["weekday"] is not None and not WEEKDAYS[date.weekday()].startswith(parts["weekday"]):
        raise LambdaError("the date is on another day of the week")
    return date


def _date_of(parts: dict[str, str | None]) -> datetime:
    """The date of these parts; those that are missing are the first or 0. Raises ValueError."""
    month = parts["month"] or "1"
    hour, minute, second = (int(parts[unit] or 0) for unit in ("hour", "minute", "second"))
    ms = int(f"{parts['fraction'] or ''}000"[:3])
    is_end_of_day = hour == 24
    if is_end_of_day and (minute or second or ms):
        raise ValueError
    date = datetime(
        _year(parts["year"] or ""),
        int(month) if month.isdigit() else 1 + [name[:3] for name in MONTHS].index(month),
        int(parts["day"] or 1),
        0 if is_end_of_day else hour,
        minute,
        second,
        ms * 1000,
        _offset(parts["offset"]),
    )
    return date + timedelta(days=1) if is_end_of_day else date


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year <= 49 else 1900)


def _offset(text: str | None) -> tzinfo:
    if text in _NO_OFFSET or text is None:
        return UTC
    if text in _NAMED_OFFSET_H:
        return timezone(timedelta(hours=_NAMED_OFFSET_H[text]))
    digits = text[1:].replace(":", "").ljust(4, "0")
    if int(digits[2:]) > 59:
        raise ValueError
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _zone(name: str) -> tzinfo:
    if name not in _zone_names():
        raise LambdaError("unknown time zone: write an IANA name, with its capitals, such as Europe/Vienna")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    """All names of zones. A file system that does not tell case would find others too."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
