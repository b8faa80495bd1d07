"""The aggregations that both stack rule types share (rule-type-es-query.md 6.2)."""

from typing import Literal

from engine.model.jsonvalue import JsonObject
from rule_types.comparators import Condition

AggType = Literal["count", "avg", "min", "max", "sum"]
MAX_TERM_SIZE = 1000

_DEFAULT_TERM_SIZE = 100


def group_size(term_size: int | None, alert_limit: int | None) -> int:
    """How many buckets to ask for: the term size, or alert limit + 1 when it is above a limit."""
    size = term_size or _DEFAULT_TERM_SIZE
    return size if alert_limit is None or size <= alert_limit else alert_limit + 1


def grouping_agg(fields: tuple[str, ...], size: int, order: JsonObject | None) -> JsonObject:
    """``terms`` for one field, ``multi_terms`` for several; ``order`` None = by document count, descending."""
    kind, body = (
        ("terms", {"field": fields[0]})
        if len(fields) == 1
        else ("multi_terms", {"terms": [{"field": field} for field in fields]})
    )
    return {kind: {**body, "size": size, **({"order": order} if order else {})}}


def group_order(agg_type: AggType, sorted_by: str) -> JsonObject | None:
    """Largest metric first, smallest for ``min``; None for ``count``."""
    if agg_type == "count":
        return None
    return {sorted_by: "asc" if agg_type == "min" else "desc"}


def metric_agg(agg_type: AggType, agg_field: str | None) -> JsonObject:
    """The metric of a field."""
    return {agg_type: {"field": agg_field}}


def condition_selector(condition: Condition, path: str) -> JsonObject:
    """Keeps the buckets whose value at ``path`` meets the condition."""
    return {"bucket_selector": {"buckets_path": {"compareValue": path}, "script": condition.script()}}


GROUP_COUNT_AGG: JsonObject = {"stats_bucket": {"buckets_path": "groupAgg._count"}}
"""Counts the buckets that survived the condition."""
