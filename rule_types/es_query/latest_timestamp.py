"""``latestTimestamp``: the newest document already alerted on, so that none counts twice (rule-type-es-query.md 5)."""

import re
from collections.abc import Iterable
from datetime import datetime

from engine.model.instant import from_ms, iso, parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue

STATE_KEY = "latestTimestamp"

_ISO_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def latest_timestamp(state: JsonObject) -> str | None:
    """The remembered instant in ISO form; None when absent or unreadable."""
    return _iso_instant(state.get(STATE_KEY))


def newest_sort_value(hits: Iterable[JsonObject]) -> str | None:
    """The first sort value that is a date, of the first hit that has one; tie-breakers are passed over."""
    for hit in hits:
        values = hit.get("sort")
        for value in values if isinstance(values, list) else ():
            instant = _iso_instant(value)
            if instant is not None:
                return instant
    return None


def _iso_instant(value: JsonValue) -> str | None:
    try:
        instant = _instant(value)
    except (ValueError, OverflowError):
        return None
    return None if instant is None else iso(instant)


def _instant(value: JsonValue) -> datetime | None:
    if isinstance(value, str):
        return parse_iso(value) if _ISO_DATE.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value:
        return None
    return from_ms(int(value))
