"""Date formats: named ones and patterns, alternatives separated by ``||``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from engine.timing.dates.civil import NANOS
from engine.timing.dates.pattern import Element, parse_parts, reading_expression, split_pattern, write
from engine.timing.dates.zone import UTC_ZONE, Zone

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"
MILLI = 1_000_000

_DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_LENIENT_DATE = r"(?P<year>[+-]?\d{1,9})-(?P<month>\d\d?)-(?P<day>\d\d?)"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_LENIENT_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d?):(?P<second>\d\d?)"
_FRACTION = r"(?P<nano>\d{1,9})"
_OFFSET = r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)"
_OPTIONAL_CLOCK = rf"(?:T(?:(?P<hour>D2)(?::(?P<minute>D2)(?::(?P<second>D2)(?:[.,]{_FRACTION})?)?)?)?{_OFFSET}?)?"
_STRICT_OPTIONAL = (
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)" + _OPTIONAL_CLOCK.replace("D2", r"\d\d") + ")?)?"
)
_LENIENT_OPTIONAL = (
    r"(?P<year>[+-]?\d{1,9})(?:-(?P<month>\d\d?)(?:-(?P<day>\d\d?)" + _OPTIONAL_CLOCK.replace("D2", r"\d\d?") + ")?)?"
)
_ISO_MILLIS = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
_ISO_NANOS = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX"

_NAMED: dict[str, tuple[str, str]] = {
    "strict_date_optional_time": (_STRICT_OPTIONAL, _ISO_MILLIS),
    "strict_date_optional_time_nanos": (_STRICT_OPTIONAL, _ISO_NANOS),
    "date_optional_time": (_LENIENT_OPTIONAL, _ISO_MILLIS),
    "iso8601": (_STRICT_OPTIONAL, _ISO_MILLIS),
    "strict_date_time": (rf"{_DATE}T{_CLOCK}\.{_FRACTION}{_OFFSET}", _ISO_MILLIS),
    "date_time": (rf"{_LENIENT_DATE}T{_LENIENT_CLOCK}\.{_FRACTION}{_OFFSET}", _ISO_MILLIS),
    "strict_date_time_no_millis": (rf"{_DATE}T{_CLOCK}{_OFFSET}", "yyyy-MM-dd'T'HH:mm:ssXXX"),
    "date_time_no_millis": (rf"{_LENIENT_DATE}T{_LENIENT_CLOCK}{_OFFSET}", "yyyy-MM-dd'T'HH:mm:ssXXX"),
    "strict_date": (_DATE, "yyyy-MM-dd"),
    "strict_year_month_day": (_DATE, "yyyy-MM-dd"),
    "date": (_LENIENT_DATE, "yyyy-MM-dd"),
    "year_month_day": (_LENIENT_DATE, "yyyy-MM-dd"),
    "strict_year_month": (r"(?P<year>\d{4})-(?P<month>\d\d)", "yyyy-MM"),
    "year_month": (r"(?P<year>[+-]?\d{1,9})-(?P<month>\d\d?)", "yyyy-MM"),
    "strict_year": (r"(?P<year>\d{4})", "yyyy"),
    "year": (r"(?P<year>[+-]?\d{1,9})", "yyyy"),
    "basic_date": (r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", "yyyyMMdd"),
    "basic_date_time": (
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)\."
        + _FRACTION
        + _OFFSET,
        "yyyyMMdd'T'HHmmss.SSSX",
    ),
    "basic_date_time_no_millis": (
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)" + _OFFSET,
        "yyyyMMdd'T'HHmmssX",
    ),
    "strict_date_hour_minute": (rf"{_DATE}T(?P<hour>\d\d):(?P<minute>\d\d)", "yyyy-MM-dd'T'HH:mm"),
    "strict_date_hour_minute_second": (rf"{_DATE}T{_CLOCK}", "yyyy-MM-dd'T'HH:mm:ss"),
    "date_hour_minute_second": (rf"{_LENIENT_DATE}T{_LENIENT_CLOCK}", "yyyy-MM-dd'T'HH:mm:ss"),
    "strict_date_hour_minute_second_millis": (rf"{_DATE}T{_CLOCK}\.{_FRACTION}", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
    "date_hour_minute_second_millis": (
        rf"{_LENIENT_DATE}T{_LENIENT_CLOCK}\.{_FRACTION}",
        "yyyy-MM-dd'T'HH:mm:ss.SSS",
    ),
}
_EPOCH_UNITS = {"epoch_millis": MILLI, "epoch_second": NANOS}
_EPOCH_NUMBER = re.compile(r"(-?)(\d{1,20})(?:\.(\d{1,9}))?", re.ASCII)

_Reader = Callable[[str, bool, Zone], int | None]
_Writer = Callable[[int, Zone], str]


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A date format. ``epoch_unit``: nanoseconds of one unit if plain numbers are epoch counts in it, else None."""

    text: str
    epoch_unit: int | None
    readers: tuple[_Reader, ...]
    writer: _Writer

    def parse(self, text: str, *, round_up: bool = False, zone: Zone = UTC_ZONE) -> int:
        """The instant of a date text; ``zone`` holds for texts without an offset. Raises ValueError."""
        for read in self.readers:
            instant = read(text, round_up, zone)
            if instant is not None:
                return instant
        raise ValueError(f"failed to parse date field [{text}] with format [{self.text}]")

    def write(self, nanos: int, zone: Zone = UTC_ZONE) -> str:
        """The instant in the first alternative's form."""
        return self.writer(nanos, zone)


@lru_cache(maxsize=512)
def date_format(text: str) -> DateFormat:
    """Compile a format. Raises ValueError for unknown names and letters."""
    names = text.split("||")
    if not all(names):
        raise ValueError(f"Invalid format: [{text}]: an alternative is empty")
    compiled = [_compile(name) for name in names]
    unit = next((_EPOCH_UNITS[name] for name in names if name in _EPOCH_UNITS), None)
    return DateFormat(text, unit, tuple(reader for reader, _ in compiled), compiled[0][1])


def _compile(name: str) -> tuple[_Reader, _Writer]:
    if name in _EPOCH_UNITS:
        return partial(_read_epoch, _EPOCH_UNITS[name]), partial(_write_epoch, _EPOCH_UNITS[name])
    if name in _NAMED:
        expression, pattern = _NAMED[name]
        return partial(_read, re.compile(expression, re.ASCII)), partial(write, split_pattern(pattern))
    elements: list[Element] = split_pattern(name)
    return partial(_read, reading_expression(elements, name)), partial(write, elements)


def _read(expression: "re.Pattern[str]", text: str, round_up: bool, zone: Zone) -> int | None:
    match = expression.fullmatch(text)
    if match is None:
        return None
    try:
        return parse_parts(match.groupdict(), round_up=round_up, zone=zone)
    except ValueError:
        return None


def _read_epoch(unit: int, text: str, round_up: bool, zone: Zone) -> int | None:
    del round_up, zone
    match = _EPOCH_NUMBER.fullmatch(text)
    if match is None:
        return None
    fraction = int((match[3] or "").ljust(9, "0")) * unit // NANOS
    nanos = int(match[2]) * unit + fraction
    return -nanos if match[1] else nanos


def _write_epoch(unit: int, nanos: int, zone: Zone) -> str:
    del zone
    whole, rest = divmod(abs(nanos), unit)
    fraction = f".{rest:0{len(str(unit)) - 1}}".rstrip("0") if rest else ""
    return f"{'-' if nanos < 0 else ''}{whole}{fraction}"
