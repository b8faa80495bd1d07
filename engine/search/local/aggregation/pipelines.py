"""Pipelines: selecting buckets by script, statistics over the buckets of a sibling (embedded-search.md 9)."""

import math
from collections.abc import Mapping

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.paths import Step, bucket_value, split_path
from engine.search.local.decimal_format import format_number
from engine.search.local.errors import illegal, shard_failure
from engine.search.local.plan import BucketSelector, StatsBucket
from engine.search.local.script import ScriptFailure, evaluate


def is_kept(selector: BucketSelector, bucket: JsonObject) -> bool:
    """Whether the bucket stays. Raises SearchError 400 if the script fails."""
    params: dict[str, JsonValue] = dict(selector.params)
    for name, path in selector.paths:
        found = bucket_value(bucket, path, selector.gap_policy)
        params[name] = math.nan if found is None else found
    try:
        return evaluate(selector.script, params)
    except ScriptFailure as failure:
        raise shard_failure("_all", "script_exception", f"runtime error in [{selector.name}]: {failure}") from failure


def looks_only_at(selector: BucketSelector, names: Mapping[str, object] | set[str]) -> bool:
    """Whether the selector needs nothing of a bucket but its count and these metrics."""
    for _, path in selector.paths:
        steps = split_path(path)
        head = steps[0].name
        is_known = head in ("_count", "_key") or head in names or head.partition(".")[0] in names
        if len(steps) > 1 or steps[0].key is not None or not is_known:
            return False
    return True


def statistics(pipeline: StatsBucket, parent: JsonObject) -> JsonObject:
    """Count, least, greatest, mean and sum of a value over all buckets that are left."""
    numbers = [number for number in _numbers(pipeline, parent) if number is not None]
    stats: JsonObject = {"count": len(numbers)}
    stats["min"] = float(min(numbers)) if numbers else None
    stats["max"] = float(max(numbers)) if numbers else None
    stats["avg"] = math.fsum(numbers) / len(numbers) if numbers else None
    stats["sum"] = math.fsum(numbers)
    if pipeline.format is not None:
        try:
            texts = {
                f"{key}_as_string": format_number(stats[key], pipeline.format)
                for key in ("min", "max", "avg", "sum")
                if stats[key] is not None
            }
        except ValueError as error:
            raise illegal(str(error), pipeline.at) from error
        stats.update(texts)
    return stats


def _numbers(pipeline: StatsBucket, parent: JsonObject) -> list[float | None]:
    head, *rest = split_path(pipeline.path)
    name, prop = head.name, ""
    if name not in parent:
        name, _, prop = head.name.partition(".")
    buckets = parent[name]["buckets"]
    path = _join(rest) if rest else prop or "_count"
    listed = buckets.values() if isinstance(buckets, dict) else buckets
    return [bucket_value(bucket, path, pipeline.gap_policy) for bucket in listed]


def _join(steps: list[Step]) -> str:
    return ">".join(step.name if step.key is None else f"{step.name}['{step.key}']" for step in steps)
