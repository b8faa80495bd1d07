"""Text of values as JavaScript prints them: numbers, instants and compact JSON (templates.md 4)."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Final

import orjson

from engine.model.instant import iso
from engine.model.jsonvalue import JsonValue
from engine.template.objects import DataArray, DataObject, has_no_dotted_key, settle

MAX_DATA_DEPTH: Final = 100
"""How deeply nested a value may be that is printed."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_NUMBERS: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_quote: Final = JSONEncoder(ensure_ascii=False).encode


class TooDeep(ValueError):
    """A value to be printed is nested deeper than MAX_DATA_DEPTH."""


def number_text(number: float) -> str:
    """The shortest text that reads back as this number, in JavaScript's layout (``2``, ``1e+21``, ``NaN``)."""
    text = repr(number)
    if "n" in text:
        return _NO_NUMBERS[text]
    if "e" not in text:
        return "0" if number == 0 else text.removesuffix(".0")
    mantissa, _, exponent_text = text.removeprefix("-").partition("e")
    digits = mantissa.replace(".", "")
    return ("-" if number < 0 else "") + _lay_out(digits, int(exponent_text))


def _lay_out(digits: str, exponent: int) -> str:
    """Significant digits, the first of them worth 10**exponent, in fixed notation from 1e-6 to below 1e21."""
    if 0 <= exponent < 21:
        whole, fraction = digits[: exponent + 1], digits[exponent + 1 :]
        return whole.ljust(exponent + 1, "0") + (f".{fraction}" if fraction else "")
    if -7 < exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{exponent:+d}"


def datetime_text(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds; a datetime without zone counts as UTC."""
    return iso(at if at.tzinfo is None else at.astimezone(UTC))


def quote(text: str) -> str:
    """The text as a JSON string. Non-ASCII stays as it is, but for lone surrogates, which no encoding can carry."""
    quoted = _quote(text)
    if quoted.isascii():
        return quoted
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def to_json(value: JsonValue) -> str:
    """Compact JSON of a value with all dotted keys in it expanded. Raises TooDeep."""
    if _is_plain(value, MAX_DATA_DEPTH):
        try:
            return orjson.dumps(value).decode()
        except TypeError:  # an integer beyond 64 bits or a lone surrogate
            pass
    parts: list[str] = []
    _write(value, parts.append, MAX_DATA_DEPTH)
    return "".join(parts)


def _is_plain(value: JsonValue, depth: int) -> bool:
    """Whether orjson, which is some thirty times faster than `_write`, prints the very same text."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return True
    if depth == 0:
        return False
    if kind is dict or kind is DataObject:
        if not has_no_dotted_key(value):
            return False
        for member in value.values():  # noqa: SIM110 - all() would take a second stack frame a level
            if not _is_plain(member, depth - 1):
                return False
        return True
    if kind is list or kind is DataArray:
        for element in value:  # noqa: SIM110 - as above
            if not _is_plain(element, depth - 1):
                return False
        return True
    return kind is float and not value.is_integer() and 1e-4 <= abs(value) < 1e15


def _write(value: JsonValue, append: Callable[[str], None], depth: int) -> None:
    if depth < 0:
        raise TooDeep
    match settle(value):
        case DataObject() as members:
            separator = "{"
            for key, member in members.items():
                append(f"{separator}{quote(key)}:")
                separator = ","
                _write(member, append, depth - 1)
            append("}" if members else "{}")
        case DataArray() as elements:
            separator = "["
            for element in elements:
                append(separator)
                separator = ","
                _write(element, append, depth - 1)
            append("]" if elements else "[]")
        case scalar:
            append(_scalar_json(scalar))


def _scalar_json(value: JsonValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quote(value)
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return number_text(value)
        case datetime():
            return quote(datetime_text(value))
    return "null"
