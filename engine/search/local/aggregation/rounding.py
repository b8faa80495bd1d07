"""Bucket keys of histograms: values rounded down to the start of their bucket (embedded-search.md 8).

The database computes the keys of documents; the same in Python gives the keys of buckets without documents.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.search.local.aggregation.nodes import CalendarUnit, DateStep, NumberStep
from engine.timing.dates import Zone
from engine.timing.dates.civil import civil_from_days, days_from_civil

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_WIDTHS = {"minute": _MINUTE, "hour": _HOUR, "day": _DAY, "week": 7 * _DAY}
_MONDAY = 4 * _DAY
"""The first Monday after the epoch."""
_RULES_FROM, _RULES_TO = -2_208_988_800_000, 4_102_444_800_000
"""1900 and 2100: beyond, a zone keeps its offset."""


class Rounding(Protocol):
    """From a value to the key of its bucket, and from a key to the next one."""

    def sql(self, x: str) -> str:
        """The key of an SQL expression's value."""

    def round(self, value: float) -> float:
        """The key of a value."""

    def next(self, key: float) -> float:
        """The key after a key."""


@dataclass(frozen=True, slots=True)
class NumberRounding:
    """Buckets of one width."""

    step: NumberStep

    def sql(self, x: str) -> str:
        width, offset = (f"({number!r}::DOUBLE)" for number in (self.step.width, self.step.offset))
        return f"(floor((({x})::DOUBLE - {offset}) / {width}) * {width} + {offset})"

    def round(self, value: float) -> float:
        return math.floor((value - self.step.offset) / self.step.width) * self.step.width + self.step.offset

    def next(self, key: float) -> float:
        return self.round(key + self.step.width * 1.5)


@dataclass(frozen=True, slots=True)
class _Change:
    """An instant at which a zone changes its offset; all in milliseconds."""

    at: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class DateRounding:
    """Buckets of time in a zone. ``changes``: those of the zone around the values that there are."""

    step: DateStep
    zone: Zone
    changes: Sequence[_Change] = field(default=())

    @classmethod
    def over(cls, step: DateStep, zone: Zone, low: int, high: int) -> "DateRounding":
        """The rounding for values (milliseconds) in a range."""
        return cls(step, zone, tuple(_changes(zone, low - 370 * _DAY, high + 370 * _DAY)))

    @property
    def _first_offset(self) -> int:
        return self.changes[0].before if self.changes else self.zone.offset_at(0) * 1000

    def sql(self, x: str) -> str:
        shifted = f"({x} - {self.step.offset})" if self.step.offset else f"({x})"
        return (
            f"({self._rounded_sql(shifted)} + {self.step.offset})" if self.step.offset else self._rounded_sql(shifted)
        )

    def _rounded_sql(self, x: str) -> str:
        if not self.changes:
            offset = self._first_offset
            return f"({self._floor_sql(f'({x} + {offset})')} - {offset})" if offset else self._floor_sql(x)
        known = "".join(f" WHEN {x} < {change.at} THEN {change.before}" for change in self.changes)
        offset_sql = f"(CASE{known} ELSE {self.changes[-1].after} END)"
        floor_sql = self._floor_sql(f"({x} + {offset_sql})")
        cases = "".join(self._case_sql(change) for change in self.changes)
        back = f"(CASE{cases} ELSE s.f - {self.changes[-1].after} END)"
        # A list of one binds what is computed once and used many times.
        return f"list_transform([struct_pack(o := {offset_sql}, f := {floor_sql})], lambda s: {back})[1]"

    def _case_sql(self, change: _Change) -> str:
        low, high = sorted((change.at + change.before, change.at + change.after))
        if change.after > change.before:
            inside = str(change.at)
        else:
            inside = f"s.f - {change.before}" if self._is_of_days else "s.f - s.o"
        return f" WHEN s.f < {low} THEN s.f - {change.before} WHEN s.f < {high} THEN {inside}"

    @property
    def _is_of_days(self) -> bool:
        return self.step.unit is not None and self.step.unit not in ("minute", "hour")

    def _floor_sql(self, x: str) -> str:
        if self.step.unit in _MONTHS:
            return f"epoch_ms(date_trunc('{self.step.unit}', epoch_ms(({x})::BIGINT)))"
        width, first = self._grid()
        from_first = f"({x} - {first})"
        return f"({x} - (({from_first} % {width}) + {width}) % {width})"

    def _grid(self) -> tuple[int, int]:
        """The width of the buckets, and one local time at which one begins."""
        if self.step.unit is None:
            return self.step.width, 0
        return _WIDTHS[self.step.unit], _MONDAY if self.step.unit == "week" else 0

    def _floor(self, local: int) -> int:
        unit = self.step.unit
        if unit in _MONTHS:
            return _start_of_months(_as_months(local), _MONTHS[str(unit)])
        width, first = self._grid()
        return local - (local - first) % width

    def _offset_at(self, instant: int) -> int:
        at = bisect_right([change.at for change in self.changes], instant)
        return self.changes[at - 1].after if at else self._first_offset

    def round(self, value: float) -> int:
        instant = int(value) - self.step.offset
        offset = self._offset_at(instant)
        return self._to_instant(self._floor(instant + offset), offset) + self.step.offset

    def _to_instant(self, local: int, offset: int) -> int:
        """The instant of a local time; of two, the one with the offset (for days and more: the first)."""
        for change in self.changes:
            low, high = sorted((change.at + change.before, change.at + change.after))
            if local < low:
                return local - change.before
            if local < high:
                if change.after > change.before:
                    return change.at
                return local - (change.before if self._is_of_days else offset)
        return local - (self.changes[-1].after if self.changes else self._first_offset)

    def next(self, key: float) -> int:
        start = int(key)
        unit = self.step.unit
        if unit in _MONTHS:
            local = start - self.step.offset
            months = _as_months(local + self._offset_at(local)) // _MONTHS[str(unit)] * _MONTHS[str(unit)]
            following = _start_of_months(months + _MONTHS[str(unit)], 1)
            return self._to_instant(following, self._offset_at(local)) + self.step.offset
        width, _ = self._grid()
        ahead = width
        # A bucket may be longer than its width, where clocks are set back within it.
        while (found := self.round(start + ahead)) <= start:
            ahead += min(width, _HOUR)
        return found


def _as_months(local: int) -> int:
    year, month, _ = civil_from_days(local // _DAY)
    return year * 12 + month - 1


def _start_of_months(months: int, size: int) -> int:
    year, month = divmod(months // size * size, 12)
    return days_from_civil(year, month + 1, 1) * _DAY


def _changes(zone: Zone, low: int, high: int) -> Iterator[_Change]:
    if zone.rules is None:
        return
    at, end = max(low, _RULES_FROM), min(high, _RULES_TO)
    before = _offset_of(zone, at)
    while at < end:
        following = at + 7 * _DAY
        after = _offset_of(zone, following)
        if after != before:
            yield _Change(_find(zone, at, following, before), before, after)
        at, before = following, after


def _find(zone: Zone, low: int, high: int, before: int) -> int:
    """The first millisecond of a new offset."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_of(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset_of(zone: Zone, instant: int) -> int:
    return zone.offset_at(instant * 1_000_000) * 1000


CALENDAR_UNITS: dict[str, CalendarUnit] = {
    "minute": "minute", "1m": "minute", "hour": "hour", "1h": "hour", "day": "day", "1d": "day", "week": "week",
    "1w": "week", "month": "month", "1M": "month", "quarter": "quarter", "1q": "quarter", "year": "year", "1y": "year",
}  # fmt: skip
