"""Query values in the stored form of a field's type (embedded-search.md 2.2, 2.3, 4).

An exact value is a span of stored values: mostly from itself to itself, but a day on a date field is a whole day and
a network on an ip field all its addresses.
"""

import math
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from engine.model.jsonvalue import JsonValue
from engine.search.local.errors import BadValue
from engine.search.local.mapping import Field
from engine.search.local.query.nodes import Bound, Range
from engine.search.local.values import (
    INTEGER_RANGES,
    ip_number_text,
    parse_boolean,
    parse_ip,
    parse_number,
    round_float,
    to_text,
)
from engine.timing.dates import UTC_ZONE, Zone, date_format, parse_zone, resolve_date


@dataclass(frozen=True, slots=True)
class Span:
    """Stored values from ``low`` to ``high``; an open end is None."""

    low: object = None
    high: object = None
    is_low_inclusive: bool = True
    is_high_inclusive: bool = True

    @property
    def is_single(self) -> bool:
        return self.low is not None and self.low == self.high and self.is_low_inclusive and self.is_high_inclusive


def single(stored: object) -> Span:
    """The span of one stored value."""
    return Span(stored, stored)


def value_span(field: Field, value: JsonValue, now: int) -> Span | None:
    """What an exact value stands for; None if no document can have it. Raises BadValue."""
    family = field.family
    if family in ("keyword", "text"):
        return single(to_text(value))
    if family == "integer":
        number = parse_number(value)
        low, high = INTEGER_RANGES[field.type]
        return single(int(number)) if number == int(number) and low <= number <= high else None
    if family == "float":
        return single(_rounded(field, float(parse_number(value))))
    if family == "boolean":
        return single(parse_boolean(value))
    if family == "ip":
        return _network(value) if isinstance(value, str) and "/" in value else single(parse_ip(value))
    if family == "date":
        low_instant, high_instant = (_instant(field, value, None, now, up, UTC_ZONE) for up in (False, True))
        return Span(_stored(field, low_instant), _stored(field, high_instant))
    raise BadValue("illegal_argument_exception", f"fields of type [{field.type}] cannot be searched for exact values")


def _network(value: str) -> Span:
    try:
        network = ip_network(value, strict=False)
    except ValueError as error:
        raise BadValue("illegal_argument_exception", f"'{value[:100]}' is not an IP network") from error
    shift = 0xFFFF << 32 if isinstance(network, IPv4Network) else 0
    first, last = int(network.network_address) + shift, int(network.broadcast_address) + shift
    return Span(ip_number_text(first), ip_number_text(last))


def range_span(field: Field, query: Range, now: int) -> Span | None:
    """The span of a range query; None if it is empty for the field's type. Raises BadValue."""
    if field.family == "integer":
        return _integer_span(field, query)
    if field.family in ("geo_point", "geo_shape"):
        reason = f"fields of type [{field.type}] do not support range queries"
        raise BadValue("illegal_argument_exception", reason)
    try:
        zone = parse_zone(query.time_zone) if query.time_zone is not None else UTC_ZONE
    except ValueError as error:
        raise BadValue("illegal_argument_exception", str(error)) from error
    low = _bound(field, query, query.lower, now, zone, is_lower=True)
    high = _bound(field, query, query.upper, now, zone, is_lower=False)
    return Span(low, high, query.lower is None or query.lower.inclusive, query.upper is None or query.upper.inclusive)


def _bound(field: Field, query: Range, bound: Bound | None, now: int, zone: Zone, *, is_lower: bool) -> object:
    if bound is None:
        return None
    family = field.family
    if family == "date":
        # The end of an incomplete date counts where the bound lies behind it: `gt` and `lte`.
        round_up = bound.inclusive != is_lower
        return _stored(field, _instant(field, bound.value, query.format, now, round_up, zone))
    if family == "float":
        return _rounded(field, float(parse_number(bound.value)))
    if family == "ip":
        return parse_ip(bound.value)
    if family == "boolean":
        return parse_boolean(bound.value)
    return to_text(bound.value)


def _integer_span(field: Field, query: Range) -> Span | None:
    low, high = INTEGER_RANGES[field.type]
    if query.lower is not None:
        number = parse_number(query.lower.value)
        low = max(low, math.ceil(number) if query.lower.inclusive else math.floor(number) + 1)
    if query.upper is not None:
        number = parse_number(query.upper.value)
        high = min(high, math.floor(number) if query.upper.inclusive else math.ceil(number) - 1)
    return Span(low, high) if low <= high else None


def _rounded(field: Field, number: float) -> float:
    try:
        return round_float(field, number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _instant(field: Field, value: JsonValue, form: str | None, now: int, round_up: bool, zone: Zone) -> int:
    try:
        compiled = date_format(form or field.format)
        if isinstance(value, bool):
            raise ValueError(f"failed to parse date field [{value}] with format [{compiled.text}]")
        if not isinstance(value, str) and compiled.epoch_unit is not None:
            instant: int = round(value * compiled.epoch_unit)
            return instant
        return resolve_date(str(value), compiled, now=now, round_up=round_up, zone=zone)
    except (ValueError, OverflowError) as error:
        raise BadValue("parse_exception", str(error)[:300]) from error


def _stored(field: Field, instant: int) -> int:
    low, high = INTEGER_RANGES["long"]
    return min(max(instant // field.nanos_per_unit, low), high)
