"""From a search answer to rows: one for an ungrouped rule, one a bucket for a grouped one.

rule-type-index-threshold.md 5.
"""

from dataclasses import dataclass
from typing import NamedTuple

from engine.model.jsonvalue import JsonObject, JsonValue
from rule_types.answer import bucket_key, number_at, object_at, objects_at
from rule_types.texts import key_text

ALL_DOCUMENTS = "all documents"


class Row(NamedTuple):
    """What was observed of one group; ``key`` is the raw bucket key, None when ungrouped."""

    group: str
    value: float
    key: JsonValue = None


@dataclass(frozen=True, slots=True)
class Rows:
    """``is_limit_reached``: more groups met the condition than the alert limit lets through."""

    rows: list[Row]
    is_limit_reached: bool = False


def read_ungrouped(answer: JsonObject, *, is_count: bool) -> Rows:
    """At most one row; none when nothing was searched or there is no value. Raises RunError for a malformed answer."""
    date_agg = object_at(object_at(answer, "aggregations"), "dateAgg")
    value = _value(date_agg, is_count=is_count)
    return Rows([] if value is None else [Row(ALL_DOCUMENTS, value)])


def read_grouped(answer: JsonObject, alert_limit: int, *, is_count: bool) -> Rows:
    """A row for each of the first ``alert_limit`` buckets that has a value. Raises RunError for a malformed answer."""
    aggregations = object_at(answer, "aggregations")
    rows = []
    for bucket in objects_at(object_at(aggregations, "groupAgg"), "buckets")[:alert_limit]:
        value = _value(object_at(bucket, "dateAgg"), is_count=is_count)
        if value is not None:
            key = bucket_key(bucket)
            rows.append(Row(key_text(key), value, key))
    surviving = number_at(object_at(aggregations, "groupAggCount"), "count") or 0
    return Rows(rows, surviving > alert_limit)


def _value(date_agg: JsonObject, *, is_count: bool) -> float | None:
    ranges = objects_at(date_agg, "buckets")
    return value_in_range(ranges[0], is_count=is_count) if ranges else None


def value_in_range(bucket: JsonObject, *, is_count: bool) -> float | None:
    """The number of a range bucket: its document count, or its metric (None when it has no value)."""
    return number_at(bucket, "doc_count") if is_count else number_at(object_at(bucket, "metricAgg"), "value")
