"""Values: from JSON to what is stored, and back to what answers show (embedded-search.md 2.2)."""

import math
import re
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

from engine.model.jsonvalue import JsonValue
from engine.search.local.errors import BadValue
from engine.search.local.geo_point import parse_geo_point
from engine.search.local.geo_shape import stored_shape
from engine.search.local.mapping import Field
from engine.timing.dates import UTC_ZONE, Zone, date_format

Convert = Callable[[JsonValue], object]
"""From one JSON value (not null, not an array) to the stored value; None = not stored. Raises BadValue."""

INTEGER_RANGES: Mapping[str, tuple[int, int]] = {
    "long": (-(2**63), 2**63 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "unsigned_long": (0, 2**64 - 1),
}
_INT64 = INTEGER_RANGES["long"]
_INTEGER_TEXT = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_NUMBER_TEXT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_FLOAT = struct.Struct("<f")
_LARGEST_FLOAT = 3.4e38
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAST_DATE_LENGTH = len("2024-05-07T10:00:00.000Z")


def converter(field: Field) -> Convert:
    """How values of a field are stored."""
    family = field.family
    if family == "keyword":
        return partial(_keyword, field.ignore_above) if field.ignore_above is not None else to_text
    if family == "text":
        return to_text
    if family == "integer":
        return _integer_converter(field)
    if family == "float":
        return _float_converter(field)
    if family == "boolean":
        return parse_boolean
    if family == "date":
        return _date_converter(field)
    if family == "geo_shape":
        return stored_shape
    return parse_geo_point if family == "geo_point" else parse_ip


def to_text(value: JsonValue) -> str:
    """Any scalar as text."""
    if type(value) is str:
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise BadValue("illegal_argument_exception", f"expected a text but found {_shown(value)}")


def _keyword(ignore_above: int, value: JsonValue) -> str | None:
    text = value if type(value) is str else to_text(value)
    if len(text) > ignore_above or (
        2 * len(text) > ignore_above and len(text.encode("utf-16-le", "surrogatepass")) > 2 * ignore_above
    ):
        return None
    return text


def parse_number(value: JsonValue) -> int | float:
    """A JSON number or a numeric text."""
    if type(value) is int:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is str:
        if _INTEGER_TEXT.fullmatch(value):
            return int(value)
        if _NUMBER_TEXT.fullmatch(value) and math.isfinite(float(value)):
            return float(value)
    raise BadValue("number_format_exception", f"For input string: {_shown(value)}")


def parse_integer(type_name: str, coerce: bool, value: JsonValue) -> int:
    """An integer of the type's range; a fraction is cut off."""
    if type(value) is not int:
        if type(value) is str and not coerce:
            raise BadValue("illegal_argument_exception", f"{_shown(value)} is a text and [coerce] is off")
        number = parse_number(value)
        if number != int(number) and not coerce:
            raise BadValue("illegal_argument_exception", f"{_shown(value)} has a decimal part and [coerce] is off")
        value = int(number)
    low, high = INTEGER_RANGES[type_name]
    if low <= value <= high:
        return int(value)
    raise BadValue("illegal_argument_exception", f"Value [{_short(str(value))}] is out of range for type [{type_name}]")


def _integer_converter(field: Field) -> Convert:
    type_name, coerce = field.type, field.coerce
    low, high = INTEGER_RANGES[type_name]

    def convert(value: JsonValue) -> object:
        if type(value) is int and low <= value <= high:
            return value
        return parse_integer(type_name, coerce, value)

    return convert


def _float_converter(field: Field) -> Convert:
    if field.type != "float":
        return partial(_float, field)

    def convert(value: JsonValue) -> object:
        if type(value) is float and -_LARGEST_FLOAT < value < _LARGEST_FLOAT:
            return _FLOAT.unpack(_FLOAT.pack(value))[0]
        return _float(field, value)

    return convert


def round_float(field: Field, number: float) -> float:
    """The number in the precision of the field's type. Raises OverflowError beyond its range."""
    if field.type == "float":
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    if field.type == "half_float":
        return float(struct.unpack("<e", struct.pack("<e", number))[0])
    if field.type == "scaled_float":
        return math.floor(number * field.scaling_factor + 0.5) / field.scaling_factor
    return number


def _float(field: Field, value: JsonValue) -> float:
    try:
        return round_float(field, float(parse_number(value)))
    except OverflowError as error:
        raise BadValue("illegal_argument_exception", f"[{field.type}] supports only finite values") from error


def parse_boolean(value: JsonValue) -> bool:
    """``true``, ``false``, their texts, or the empty text for false."""
    if value is True or value == "true":
        return True
    if value is False or value in ("false", ""):
        return False
    raise BadValue("illegal_argument_exception", f"only [true] or [false] are allowed but got {_shown(value)}")


def _date_converter(field: Field) -> Convert:
    slow = partial(_date, field)
    if field.type != "date" or not field.format.startswith("strict_date_optional_time"):
        return slow

    def convert(value: JsonValue) -> object:
        # By far the most frequent form; everything else takes the general way.
        if type(value) is str and len(value) == _FAST_DATE_LENGTH and value[10] == "T" and value[23] == "Z":
            try:
                since = datetime.fromisoformat(value) - _EPOCH
            except ValueError:
                return slow(value)
            return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
        return slow(value)

    return convert


def _date(field: Field, value: JsonValue) -> int:
    stored = parse_date(field, value) // field.nanos_per_unit
    if not _INT64[0] <= stored <= _INT64[1]:
        raise BadValue("parse_exception", f"date {_shown(value)} is out of range")
    return stored


def parse_date(field: Field, value: JsonValue) -> int:
    """The instant (nanoseconds) of a date as documents hold it."""
    form = date_format(field.format)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue("parse_exception", f"failed to parse date field {_shown(value)} with format [{field.format}]")
    try:
        if not isinstance(value, str) and form.epoch_unit is not None:
            return int(value) * form.epoch_unit if isinstance(value, int) else round(value * form.epoch_unit)
        return form.parse(value if isinstance(value, str) else str(value))
    except (ValueError, OverflowError) as error:
        raise BadValue("parse_exception", _short(str(error))) from error


@lru_cache(maxsize=8192)
def _ip(text: str) -> str:
    try:
        address = ip_address(text)
    except (ValueError, AddressValueError) as error:
        raise BadValue("illegal_argument_exception", f"'{_short(text)}' is not an IP string literal.") from error
    if isinstance(address, IPv6Address) and address.scope_id:
        raise BadValue("illegal_argument_exception", f"'{_short(text)}' is not an IP string literal.")
    return ip_number_text(int(address) + (0xFFFF << 32 if isinstance(address, IPv4Address) else 0))


def parse_ip(value: JsonValue) -> str:
    """An address as 32 hexadecimal digits, whose text order is the order of addresses."""
    if type(value) is not str:
        raise BadValue("illegal_argument_exception", f"{_shown(value)} is not an IP string literal.")
    return _ip(value)


def ip_number_text(number: int) -> str:
    """The stored form of a 128-bit address."""
    return f"{number:032x}"


def write_ip(stored: str) -> str:
    """The canonical text of a stored address."""
    number = int(stored, 16)
    return str(IPv4Address(number & 0xFFFFFFFF)) if number >> 32 == 0xFFFF else str(IPv6Address(number))


def write_date(field: Field, stored: int, form: str | None = None, zone: Zone = UTC_ZONE) -> str:
    """A stored date in a format (default: the field's)."""
    return date_format(form or field.format).write(stored * field.nanos_per_unit, zone)


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "..."


def _shown(value: JsonValue) -> str:
    return (
        "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else f"[{_short(str(value))}]"
    )
