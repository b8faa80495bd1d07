"""Date patterns of java.time (``yyyy-MM-dd'T'HH:mm[:ss]``), compiled for reading and writing."""

import re
from dataclasses import dataclass
from functools import partial

from engine.timing.dates.civil import DAY, NANOS, Civil, days_from_civil, from_nanos, iso_week, to_nanos
from engine.timing.dates.zone import Zone, parse_offset, parse_zone

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OFFSET = r"Z|[+-]\d{2}(?::?\d{2})?"
_ZONE = r"[A-Za-z][A-Za-z0-9_+/-]*|[+-]\d{2}(?::?\d{2})?"
_NUMBERS = {"M": "month", "L": "month", "d": "day", "D": "day_of_year", "H": "hour", "k": "hour_24", "h": "hour_12",
            "K": "hour_11", "m": "minute", "s": "second", "e": "weekday", "Q": "quarter", "q": "quarter",
            "w": "week"}  # fmt: skip

_QUOTED = re.compile("'((?:[^']|'')*)'")
"""Literal text, in which two quotes mean one; without any text they mean one, too."""


@dataclass(frozen=True, slots=True)
class Element:
    """A run of one pattern letter, or (letter ``'``) literal text."""

    letter: str
    count: int
    text: str = ""


def parse_parts(parts: dict[str, str | None], *, round_up: bool, zone: Zone) -> int:
    """The instant of named date parts; what is missing is filled up from below, or the time of day from above."""
    get = partial(_number, parts)
    nano_text = parts.get("nano")
    civil_time = (
        _hour(parts, 23 if round_up else 0),
        get("minute", 59 if round_up else 0),
        get("second", 59 if round_up else 0),
        int(nano_text.ljust(9, "0")[:9]) if nano_text else (NANOS - 1 if round_up else 0),
    )
    local = to_nanos(Civil(1970, 1, 1, *civil_time)) + _day(parts) * DAY * NANOS
    zone_text = parts.get("zone")
    if not zone_text:
        return zone.from_local(local)
    offset = parse_offset(zone_text)
    return local - offset * NANOS if offset is not None else parse_zone(zone_text).from_local(local)


def _number(parts: dict[str, str | None], name: str, default: int) -> int:
    text = parts.get(name)
    return int(text) if text else default


def _hour(parts: dict[str, str | None], default: int) -> int:
    if parts.get("hour"):
        return _number(parts, "hour", 0)
    if parts.get("hour_24"):
        return _number(parts, "hour_24", 24) % 24
    afternoon = 12 if (parts.get("half") or "").upper() == "PM" else 0
    if parts.get("hour_12"):
        return _number(parts, "hour_12", 12) % 12 + afternoon
    if parts.get("hour_11"):
        return _number(parts, "hour_11", 0) + afternoon
    return default


def _day(parts: dict[str, str | None]) -> int:
    year = _year(parts)
    if parts.get("day_of_year"):
        return days_from_civil(year, 1, 1) + _number(parts, "day_of_year", 1) - 1
    if parts.get("week"):
        first = days_from_civil(_number(parts, "week_year", year), 1, 4)
        monday = first - (first + 3) % 7 + (_number(parts, "week", 1) - 1) * 7
        return monday + _number(parts, "weekday", 1) - 1
    month = _number(parts, "month", 3 * _number(parts, "quarter", 1) - 2)
    if parts.get("month_name"):
        month = next(i for i, name in enumerate(_MONTHS, 1) if name[:3].lower() == str(parts["month_name"])[:3].lower())
    civil = Civil(year, month, _number(parts, "day", 1))
    return to_nanos(civil) // (DAY * NANOS)


def _year(parts: dict[str, str | None]) -> int:
    if parts.get("short_year"):
        return 2000 + _number(parts, "short_year", 0)
    return _number(parts, "year", _number(parts, "week_year", 1970))


def split_pattern(pattern: str) -> list[Element]:
    """The pattern's elements; ``[`` and ``]`` are elements of their own. Raises ValueError."""
    elements: list[Element] = []
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == "'":
            quoted = _QUOTED.match(pattern, position)
            if quoted is None:
                raise ValueError(f"unclosed quote in date format [{pattern}]")
            elements.append(Element("'", 0, quoted[1].replace("''", "'") or "'"))
            position = quoted.end()
            continue
        end = position
        while end < len(pattern) and pattern[end] == letter:
            end += 1
        if letter.isalpha():
            elements.append(Element(letter, end - position))
        else:
            elements.extend(Element(letter if letter in "[]" else "'", 0, letter) for _ in range(end - position))
        position = end
    return elements


def reading_expression(elements: list[Element], pattern: str) -> "re.Pattern[str]":
    """A regular expression with a named group for each part. Raises ValueError for letters that mean nothing."""
    seen: set[str] = set()
    try:
        text = "".join(_reading(element, seen) for element in elements)
        return re.compile(text, re.ASCII | re.IGNORECASE)
    except (KeyError, re.error) as error:
        raise ValueError(f"Invalid format: [{pattern}]: {error}") from error


def _reading(element: Element, seen: set[str]) -> str:
    letter, count = element.letter, element.count
    if letter == "'":
        return re.escape(element.text)
    if letter in "[]":
        return "(?:" if letter == "[" else ")?"
    name, expression = _part(letter, count)
    if name in seen:
        return f"(?:{expression})"
    seen.add(name)
    return f"(?P<{name}>{expression})"


def _part(letter: str, count: int) -> tuple[str, str]:
    if letter in "yuY":
        if count == 2:
            return "short_year", r"\d{2}"
        digits = rf"\d{{{count}}}" if count >= 4 else r"\d{1,9}"
        return ("week_year" if letter == "Y" else "year"), rf"{digits}|[+-]\d{{4,9}}"
    if letter in "ML" and count >= 3:
        return "month_name", "|".join(name if count > 3 else name[:3] for name in _MONTHS)
    if letter == "E":
        return "day_name", "|".join(name if count > 3 else name[:3] for name in _DAYS)
    if letter == "a":
        return "half", "AM|PM"
    if letter in "Sn":
        return "nano", rf"\d{{{min(count, 9)}}}"
    if letter in "XxZO":
        return "zone", _OFFSET
    if letter in "zVv":
        return "zone", _ZONE
    width = 3 if letter == "D" else 2
    return _NUMBERS[letter], rf"\d{{{count}}}" if count > 1 else rf"\d{{1,{width}}}"


def write(elements: list[Element], nanos: int, zone: Zone) -> str:
    """The instant in the pattern's form, in the zone's civil time."""
    civil = from_nanos(zone.to_local(nanos))
    offset = zone.offset_at(nanos)
    return "".join(_written(element, civil, offset, zone) for element in elements)


def _written(element: Element, civil: Civil, offset: int, zone: Zone) -> str:
    letter, count = element.letter, element.count
    if letter in "'[]":
        return element.text if letter == "'" else ""
    if letter in "XxZOzVv":
        return _written_zone(letter, count, offset, zone)
    if letter in "yu":
        return _written_year(civil.year, count)
    if letter in "Sn":
        return f"{civil.nano:09}"[:count].ljust(count, "0")
    days = days_from_civil(civil.year, civil.month, civil.day)
    if letter == "Y":
        return _written_year(iso_week(days)[0], count)
    if letter in "ML" and count >= 3:
        return _MONTHS[civil.month - 1] if count > 3 else _MONTHS[civil.month - 1][:3]
    if letter == "E":
        return _DAYS[(days + 3) % 7] if count > 3 else _DAYS[(days + 3) % 7][:3]
    if letter == "a":
        return "PM" if civil.hour >= 12 else "AM"
    number = {
        "M": civil.month, "L": civil.month, "d": civil.day, "H": civil.hour, "k": civil.hour or 24,
        "h": civil.hour % 12 or 12, "K": civil.hour % 12, "m": civil.minute, "s": civil.second,
        "D": days - days_from_civil(civil.year, 1, 1) + 1, "e": (days + 3) % 7 + 1, "Q": (civil.month + 2) // 3,
        "q": (civil.month + 2) // 3, "w": iso_week(days)[1],
    }[letter]  # fmt: skip
    return f"{number:0{count}}"


def _written_year(year: int, count: int) -> str:
    if count == 2:
        return f"{year % 100:02}"
    text = f"{abs(year):0{count}}"
    return f"-{text}" if year < 0 else f"+{text}" if year > 9999 and count >= 4 else text


def _written_zone(letter: str, count: int, offset: int, zone: Zone) -> str:
    if letter in "zVv":
        return str(zone.rules) if zone.rules is not None else "Z" if offset == 0 else _offset_text(offset, ":")
    if offset == 0 and (letter == "X" or (letter == "Z" and count == 5)):
        return "Z"
    if letter == "O" or (letter == "Z" and count == 4):
        return "GMT" if offset == 0 else "GMT" + _offset_text(offset, ":")
    if letter in "Xx" and count == 1 and offset % 3600 == 0:
        return _offset_text(offset, "")[:3]
    return _offset_text(offset, ":" if (letter in "Xx" and count in (3, 5)) or (letter == "Z" and count == 5) else "")


def _offset_text(offset: int, separator: str) -> str:
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}{separator}{minutes:02}"
