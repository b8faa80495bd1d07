"""What is known of searches by their shape: what they cost, and which never travel with others.

The shape of a search is its text without the instants of its window, so that each run of an unchanged rule has the same
one, and a changed rule a new one.
"""

import re
from dataclasses import dataclass

_INSTANT = re.compile(rb'"2\d{3}-\d\d-\d\dT[^"]*"')
"""Beginning with a literal it takes 1 us a search, without it 10. Before 2000 searches only never prove themselves."""
_MOST_SHAPES = 50_000
_NEW_SHARE = 0.3


def shape_of(header: bytes, body: bytes) -> int:
    """Index and body without instants. Different searches of one shape share their history, which does no harm."""
    return hash((header, _INSTANT.sub(b"", body)))


@dataclass(slots=True)
class _Record:
    cost_ms: float | None = None
    is_excluded: bool = False


class ShapeHistory:
    """Costs are milliseconds of the server. The shapes longest known are forgotten beyond 50,000."""

    def __init__(self) -> None:
        self._records: dict[int, _Record] = {}

    def expected_ms(self, shape: int) -> float | None:
        """The cost to expect; None for a shape that has yet to show that it succeeds, or that is to travel alone."""
        record = self._records.get(shape)
        return None if record is None or record.is_excluded else record.cost_ms

    def note_cost(self, shape: int, cost_ms: float) -> None:
        """A search succeeded. A dearer one counts at once, a cheaper one by and by."""
        record = self._record(shape)
        known = record.cost_ms
        if known is None or cost_ms >= known:
            record.cost_ms = cost_ms
        else:
            record.cost_ms = _NEW_SHARE * cost_ms + (1 - _NEW_SHARE) * known

    def doubt(self, shape: int) -> None:
        """Have it prove itself again: something went wrong with it, or with a batch that it was in."""
        self._record(shape).cost_ms = None

    def exclude(self, shape: int) -> None:
        """Never batch it again: it made a whole batch fail (DECISIONS 11)."""
        self._record(shape).is_excluded = True

    def _record(self, shape: int) -> _Record:
        record = self._records.get(shape)
        if record is None:
            if len(self._records) >= _MOST_SHAPES:
                del self._records[next(iter(self._records))]
            record = self._records[shape] = _Record()
        return record
