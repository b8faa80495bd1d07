"""``histogram`` and ``date_histogram`` from JSON, and the steps of their buckets (embedded-search.md 8)."""

import re

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.nodes import Buckets, DateStep, Histogram, NumberStep, Order, StepBounds
from engine.search.local.aggregation.options import field_option, missing_option, scalar, text_option
from engine.search.local.aggregation.rounding import CALENDAR_UNITS
from engine.search.local.aggregation.terms_request import parse_order
from engine.search.local.errors import illegal
from engine.search.local.shape import as_bool, as_int, as_number, as_object, as_text, check_keys, pointer

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_FIXED = re.compile(r"(\d{1,12})(ms|s|m|h|d)", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d{1,12})(ms|s|m|h|d)", re.ASCII)
_COMMON = ("field", "offset", "order", "min_doc_count", "keyed", "extended_bounds", "hard_bounds", "missing", "format",
           "script")  # fmt: skip


def parse_histogram(base: Buckets, members: JsonObject) -> Histogram:
    """``histogram``. Raises SearchError 400."""
    check_keys(members, (*_COMMON, "interval"), base.at, "histogram")
    return _parsed(base, members, parse_number_step(members, base.at), "histogram")


def parse_date_histogram(base: Buckets, members: JsonObject) -> Histogram:
    """``date_histogram``. Raises SearchError 400."""
    known = (*_COMMON, "calendar_interval", "fixed_interval", "time_zone")
    check_keys(members, known, base.at, "date_histogram")
    return _parsed(base, members, parse_date_step(members, base.at), "date_histogram")


def parse_number_step(members: JsonObject, at: str) -> NumberStep:
    """``interval`` and ``offset`` of numbers."""
    if "interval" not in members:
        raise illegal("[interval] is required", at)
    width = as_number(members["interval"], pointer(at, "interval"))
    if not width > 0:
        raise illegal("[interval] must be a positive decimal", pointer(at, "interval"))
    return NumberStep(width, as_number(members.get("offset", 0.0), pointer(at, "offset")))


def parse_date_step(members: JsonObject, at: str) -> DateStep:
    """``calendar_interval`` or ``fixed_interval``, ``offset`` and ``time_zone``."""
    calendar, fixed = members.get("calendar_interval"), members.get("fixed_interval")
    if (calendar is None) == (fixed is None):
        reason = "one of [calendar_interval] and [fixed_interval] is needed" if calendar is None else (
            "[calendar_interval] and [fixed_interval] exclude each other"
        )  # fmt: skip
        raise illegal(reason, at)
    zone, offset = text_option(members, "time_zone", at), _offset(members, at)
    if calendar is not None:
        here = pointer(at, "calendar_interval")
        unit = CALENDAR_UNITS.get(as_text(calendar, here))
        if unit is None:
            reason = f"The supplied interval [{calendar}] could not be parsed as a calendar interval"
            raise illegal(f"{reason}: write one of {', '.join(CALENDAR_UNITS)}", here)
        return DateStep(unit, 0, offset, zone)
    here = pointer(at, "fixed_interval")
    match = _FIXED.fullmatch(as_text(fixed, here))
    if match is None or int(match[1]) == 0:
        raise illegal(f"failed to parse [{fixed}] as a fixed interval: write one like 30s, 5m or 1d", here)
    return DateStep(None, int(match[1]) * _UNITS[match[2]], offset, zone)


def _offset(members: JsonObject, at: str) -> int:
    given = members.get("offset", 0)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    match = _OFFSET.fullmatch(as_text(given, pointer(at, "offset")))
    if match is None:
        raise illegal(f"failed to parse [{given}] as an offset: write one like +6h", pointer(at, "offset"))
    return (-1 if match[1] == "-" else 1) * int(match[2]) * _UNITS[match[3]]


def _parsed(base: Buckets, members: JsonObject, step: NumberStep | DateStep, kind: str) -> Histogram:
    at = base.at
    least = as_int(members.get("min_doc_count", 0), pointer(at, "min_doc_count"))
    if least < 0:
        raise illegal(f"[min_doc_count] must be greater than or equal to 0. Found [{least}]", at)
    return Histogram(
        base.name,
        at,
        base.meta,
        base.children,
        field_option(members, at, kind),
        step,
        least,
        parse_order(base, members.get("order"), (Order("_key", False),)),
        _bounds(members, "extended_bounds", at),
        _bounds(members, "hard_bounds", at),
        missing_option(members, at),
        as_bool(members.get("keyed", False), pointer(at, "keyed")),
        text_option(members, "format", at),
    )


def _bounds(members: JsonObject, key: str, at: str) -> StepBounds | None:
    given, here = members.get(key), pointer(at, key)
    if given is None:
        return None
    bounds = as_object(given, here)
    check_keys(bounds, ("min", "max"), here, key)
    return StepBounds(*(scalar(bounds.get(end), pointer(here, end)) for end in ("min", "max")))
