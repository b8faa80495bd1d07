"""From a search answer to results: one for an ungrouped rule, one a bucket for a grouped one (7.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject
from rule_types.answer import bucket_key, number_at, object_at, objects_at, required_object
from rule_types.grouping import group_pairs
from rule_types.texts import key_text

ALL_DOCUMENTS = "all documents"
"""What the result of an ungrouped rule is called internally; no alert bears this name."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was observed of one group: a metric or a count, the hits shown for it, its field -> key pairs."""

    group: str
    observed: float
    hits: Sequence[JsonObject]
    grouping: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """``is_limit_reached``: more groups met the condition than the alert limit lets through."""

    results: list[Result]
    is_limit_reached: bool = False


def read_ungrouped(answer: JsonObject, *, has_metric: bool) -> Results:
    """The one result. A metric without value counts as 0 (7.1). Raises RunError for a malformed answer."""
    hits = required_object(answer, "hits")
    if has_metric:
        observed = number_at(object_at(object_at(answer, "aggregations"), "metricAgg"), "value")
    else:
        total = hits.get("total")
        observed = number_at(total, "value") if isinstance(total, dict) else number_at(hits, "total")
    return Results([Result(ALL_DOCUMENTS, observed or 0, objects_at(hits, "hits"))])


def read_grouped(answer: JsonObject, fields: Sequence[str], alert_limit: int) -> Results:
    """One result a bucket in answer order, at most ``alert_limit``. Raises RunError for a malformed answer."""
    required_object(answer, "hits")
    aggregations = object_at(answer, "aggregations")
    buckets = objects_at(object_at(aggregations, "groupAgg"), "buckets")
    surviving = number_at(object_at(aggregations, "groupAggCount"), "count") or 0
    return Results([_of_bucket(bucket, fields) for bucket in buckets[:alert_limit]], surviving > alert_limit)


def _of_bucket(bucket: JsonObject, fields: Sequence[str]) -> Result:
    key = bucket_key(bucket)
    value = number_at(object_at(bucket, "metricAgg"), "value")
    observed = (number_at(bucket, "doc_count") or 0) if value is None else value
    hits = objects_at(object_at(object_at(bucket, "topHitsAgg"), "hits"), "hits")
    return Result(key_text(key), observed, hits, group_pairs(fields, key))
