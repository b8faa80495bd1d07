"""Rows of an ES|QL answer that are stored on alert documents (rule-type-es-query.md 9.6)."""

import json
from collections.abc import Sequence

from engine.model.jsonvalue import JsonObject

_PREFIX = "kibana.alert.esql."
ROW_FIELDS = tuple(
    _PREFIX + name for name in ("results", "results_total_count", "results_stored_count", "results_truncated")
)
_MOST_ROWS = 100
_MOST_BYTES = 262_144
_BRACKETS = 2


class RowBudget:
    """What one run may store of its rows, spent by its alerts in the order of their reports."""

    def __init__(self, rows: int = _MOST_ROWS, size: int = _MOST_BYTES) -> None:
        self._rows, self._bytes = rows, size

    def spend(self, hits: Sequence[JsonObject]) -> JsonObject:
        """The four fields of an alert's document: its rows up to the first that does not fit, and their numbers."""
        stored: list[JsonObject] = []
        left = self._bytes - _BRACKETS
        for hit in hits:
            row = hit["_source"]
            size = len(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()) + bool(stored)
            if len(stored) >= self._rows or size > left:
                break
            stored.append(row)
            left -= size
        self._rows -= len(stored)
        self._bytes = max(left, 0)
        return dict(zip(ROW_FIELDS, (stored, len(hits), len(stored), len(stored) < len(hits)), strict=True))
