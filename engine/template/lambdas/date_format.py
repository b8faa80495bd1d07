"""Dates laid out by tokens like ``YYYY-MM-DD``, as moment.js lays them out in English (templates.md 6.3)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from engine.model.instant import to_ms

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LITERAL: Final = r"\[[^\[]*\]"
_LONG_NAMES: Final = "LTS|LT|LL?L?L?|l{1,4}"
_LONG: Final = re.compile(rf"({_LITERAL})|(\\)?({_LONG_NAMES})", re.DOTALL)
_TOKEN: Final = re.compile(
    rf"({_LITERAL})|(\\)?("
    r"[Hh]mm(?:ss)?|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[ow]?|W[oW]?|Qo?|N{1,5}|YYYYYY|YYYYY|YYYY|YY|y{2,4}|yo?|"
    r"gg(?:ggg?)?|GG(?:GGG?)?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|Y|.)",
    re.DOTALL,
)
_LONG_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LT": "h:mm A",
        "LTS": "h:mm:ss A",
        "L": "MM/DD/YYYY",
        "LL": "MMMM D, YYYY",
        "LLL": "MMMM D, YYYY h:mm A",
        "LLLL": "dddd, MMMM D, YYYY h:mm A",
        "l": "M/D/YYYY",
        "ll": "MMM D, YYYY",
        "lll": "MMM D, YYYY h:mm A",
        "llll": "ddd, MMM D, YYYY h:mm A",
    }
)


def format_moment(at: datetime, layout: str) -> str:
    """The aware datetime in its own zone, laid out. What is no token is copied, as is ``[text]`` and, without its
    backslash, ``\\x``.
    """
    expanded = _LONG.sub(lambda found: _LONG_FORMATS[found[3]] if found[3] and not found[2] else found[0], layout)
    return _TOKEN.sub(lambda found: _write(at, found), expanded)


def _write(at: datetime, found: re.Match[str]) -> str:
    literal, backslash, token = found[1], found[2], found[3]
    if literal is not None:
        return literal[1:-1]
    if backslash is not None or token not in _TOKENS:
        return token
    return _TOKENS[token](at)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _day_of_year(at: datetime) -> int:
    return at.timetuple().tm_yday


def _weekday(at: date) -> int:
    """0 = Sunday."""
    return at.isoweekday() % 7


def _week(at: datetime) -> tuple[int, int]:
    """Year and number of the week, which starts on Sunday; week 1 is the one with 1 January in it."""
    saturday = _day_of_year(at) + 6 - _weekday(at)
    days = 366 if _is_leap(at.year) else 365
    if saturday > days:
        return at.year + 1, 1
    return at.year, (saturday + 6) // 7


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _iso_year(at: datetime) -> int:
    return at.isocalendar().year


def _iso_week(at: datetime) -> int:
    return at.isocalendar().week


def _hour_of_12(at: datetime) -> int:
    return at.hour % 12 or 12


def _zone_name(at: datetime) -> str:
    return at.tzname() or ""


def _offset(at: datetime, separator: str) -> str:
    minutes = round((at.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{separator}{rest:02}"


def _fraction(digits: int) -> Callable[[datetime], str]:
    return lambda at: f"{at.microsecond // 1000:03}000000"[:digits]


def _numbers(name: str, part: Callable[[datetime], int]) -> dict[str, Callable[[datetime], str]]:
    """A number by itself, as an ordinal, and with two digits, under one, two and two letters."""
    return {
        name: lambda at: str(part(at)),
        f"{name}o": lambda at: _ordinal(part(at)),
        name * 2: lambda at: f"{part(at):02}",
    }


_TOKENS: Final[Mapping[str, Callable[[datetime], str]]] = MappingProxyType(
    {
        "Y": lambda at: f"{at.year:04}",
        "YY": lambda at: f"{at.year % 100:02}",
        "YYYY": lambda at: f"{at.year:04}",
        "YYYYY": lambda at: f"{at.year:05}",
        "YYYYYY": lambda at: f"+{at.year:06}",
        "y": lambda at: str(at.year),
        "yo": lambda at: _ordinal(at.year),
        "yy": lambda at: f"{at.year:02}",
        "yyy": lambda at: f"{at.year:03}",
        "yyyy": lambda at: f"{at.year:04}",
        **{"N" * count: (lambda _: "AD") for count in (1, 2, 3, 5)},
        "NNNN": lambda _: "Anno Domini",
        "Q": lambda at: str((at.month + 2) // 3),
        "Qo": lambda at: _ordinal((at.month + 2) // 3),
        **_numbers("M", lambda at: at.month),
        "MMM": lambda at: MONTHS[at.month - 1][:3],
        "MMMM": lambda at: MONTHS[at.month - 1],
        **_numbers("D", lambda at: at.day),
        "DDD": lambda at: str(_day_of_year(at)),
        "DDDo": lambda at: _ordinal(_day_of_year(at)),
        "DDDD": lambda at: f"{_day_of_year(at):03}",
        "d": lambda at: str(_weekday(at)),
        "do": lambda at: _ordinal(_weekday(at)),
        "dd": lambda at: WEEKDAYS[at.weekday()][:2],
        "ddd": lambda at: WEEKDAYS[at.weekday()][:3],
        "dddd": lambda at: WEEKDAYS[at.weekday()],
        "e": lambda at: str(_weekday(at)),
        "E": lambda at: str(at.isoweekday()),
        **_numbers("w", lambda at: _week(at)[1]),
        "gg": lambda at: f"{_week(at)[0] % 100:02}",
        "gggg": lambda at: f"{_week(at)[0]:04}",
        "ggggg": lambda at: f"{_week(at)[0]:05}",
        **_numbers("W", _iso_week),
        "GG": lambda at: f"{_iso_year(at) % 100:02}",
        "GGGG": lambda at: f"{_iso_year(at):04}",
        "GGGGG": lambda at: f"{_iso_year(at):05}",
        "A": lambda at: "AM" if at.hour < 12 else "PM",
        "a": lambda at: "am" if at.hour < 12 else "pm",
        "H": lambda at: str(at.hour),
        "HH": lambda at: f"{at.hour:02}",
        "h": lambda at: str(_hour_of_12(at)),
        "hh": lambda at: f"{_hour_of_12(at):02}",
        "k": lambda at: str(at.hour or 24),
        "kk": lambda at: f"{at.hour or 24:02}",
        "m": lambda at: str(at.minute),
        "mm": lambda at: f"{at.minute:02}",
        "s": lambda at: str(at.second),
        "ss": lambda at: f"{at.second:02}",
        **{"S" * digits: _fraction(digits) for digits in range(1, 10)},
        "hmm": lambda at: f"{_hour_of_12(at)}{at.minute:02}",
        "hmmss": lambda at: f"{_hour_of_12(at)}{at.minute:02}{at.second:02}",
        "Hmm": lambda at: f"{at.hour}{at.minute:02}",
        "Hmmss": lambda at: f"{at.hour}{at.minute:02}{at.second:02}",
        "z": _zone_name,
        "zz": _zone_name,
        "Z": lambda at: _offset(at, ":"),
        "ZZ": lambda at: _offset(at, ""),
        "X": lambda at: str(to_ms(at.astimezone(UTC)) // 1000),
        "x": lambda at: str(to_ms(at.astimezone(UTC))),
    }
)
