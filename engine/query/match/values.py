"""Values of documents compared with values of queries (kql.md 10)."""

import re
from collections.abc import Callable
from functools import lru_cache
from math import isfinite

from engine.model.jsonvalue import JsonValue
from engine.timing.dates import UTC_ZONE, DateFormat, Zone, date_format, resolve_date
from engine.timing.dates.format import DEFAULT_FORMAT

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,30}\s*", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T.*)?", re.ASCII)
_NANOS_PER_MS = 1_000_000
_BOOLEANS = {"true": True, "false": False}

DEFAULT_DATES = date_format(DEFAULT_FORMAT)

DateBound = Callable[[int], int | None]
"""From the present instant to the instant that a query's date means, both in ms; None: it is no date."""


def as_text(value: JsonValue) -> str:
    """The value as a keyword field would hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def as_number(value: JsonValue) -> int | float | None:
    """The number that a value is or spells; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        return None
    return int(value) if _INTEGER.fullmatch(value) else float(value)


def as_boolean(value: JsonValue) -> bool | None:
    """The truth value that a value is or spells; None if it is none."""
    if isinstance(value, bool):
        return value
    return _BOOLEANS.get(value) if isinstance(value, str) else None


def date_value(value: JsonValue) -> int | None:
    """The instant in ms that a date field holds; None if it holds none."""
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) else int(value) if isfinite(value) else None


def iso_date_value(text: str) -> int | None:
    """The instant in ms of a text that is an ISO date, None for any other."""
    return _parsed(text) if _ISO_DATE.fullmatch(text) else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> int | None:
    try:
        return DEFAULT_DATES.parse(text) // _NANOS_PER_MS
    except (ValueError, OverflowError):
        return None


def date_bound(
    value: JsonValue, *, round_up: bool, zone: Zone = UTC_ZONE, form: DateFormat = DEFAULT_DATES
) -> DateBound:
    """What a query's date means. ``round_up``: an incomplete one means its end, see `resolve_date`.

    Only date math that counts from ``now`` is worked out anew at each instant.
    """
    if isinstance(value, str) and value.startswith("now"):
        return lambda now_ms: _resolve(value, form, now_ms, round_up, zone)
    if isinstance(value, int | float) and not isinstance(value, bool) and form.epoch_unit is not None:
        fixed: int | None = int(value * form.epoch_unit) // _NANOS_PER_MS if isfinite(value) else None
    else:
        fixed = _resolve(as_text(value), form, 0, round_up, zone)
    return lambda _: fixed


def _resolve(text: str, form: DateFormat, now_ms: int, round_up: bool, zone: Zone) -> int | None:
    try:
        return resolve_date(text, form, now=now_ms * _NANOS_PER_MS, round_up=round_up, zone=zone) // _NANOS_PER_MS
    except (ValueError, OverflowError):
        return None
