"""Buckets paths (embedded-search.md 9): ``_count``, ``metric``, ``stats.max``, ``a>metric``, ``a['key']>metric``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.nodes import (
    Aggregation,
    Buckets,
    BucketScript,
    BucketSort,
    Composite,
    Everything,
    Filter,
    GapPolicy,
    Histogram,
    Metric,
    Missing,
    NestedObjects,
    ReverseNested,
    RunningPipeline,
    SiblingPipeline,
)
from engine.search.local.errors import illegal, invalid_pipeline, shard_failure

_STEP = re.compile(r"([^>\[\]]+)(?:\[(?:'([^']*)'|\"([^\"]*)\"|([^\]'\"]*))\])?")
_STATS = ("count", "min", "max", "avg", "sum")
METRIC_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "stats": _STATS,
    "extended_stats": (
        *_STATS, "sum_of_squares", "variance", "variance_population", "variance_sampling", "std_deviation",
        "std_deviation_population", "std_deviation_sampling", "std_upper", "std_lower",
    ),
}  # fmt: skip
SingleBucket = Filter | Missing | Everything | NestedObjects | ReverseNested
ParentPipeline = BucketScript | BucketSort | RunningPipeline


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path; ``key`` picks a bucket."""

    name: str
    key: str | None = None


def split_path(path: str) -> list[Step]:
    """The parts of a path. Raises SearchError 400."""
    steps = []
    for part in path.split(">"):
        match = _STEP.fullmatch(part.strip())
        if match is None:
            raise invalid_pipeline(f"[{path}] is not a buckets path")
        steps.append(Step(match[1], next((key for key in match.groups()[1:] if key is not None), None)))
    return steps


def metric_property(metric: Metric, given: str) -> str | None:
    """The name of one of a metric's values; None if it has none of that name."""
    if metric.kind == "percentiles":
        found = percent_key(given)
        return found if found in [str(float(each)) for each in metric.percents] else None
    known = METRIC_PROPERTIES.get(metric.kind, ("value", ""))
    return (given or "value") if given in known else None


def percent_key(text: str) -> str | None:
    """A percentage as answers write it: ``95`` is ``95.0``."""
    try:
        return str(float(text))
    except ValueError:
        return None


def check_place(parent: Buckets | None, children: Sequence[Aggregation]) -> None:
    """Whether aggregations stand where they may: below this parent, None for the top level. Raises SearchError 400."""
    for each in children:
        if isinstance(each, ParentPipeline) and (parent is None or isinstance(parent, SingleBucket)):
            raise invalid_pipeline(f"aggregation [{each.name}] must be declared inside of one with several buckets")
        if isinstance(each, RunningPipeline) and not isinstance(parent, Histogram):
            raise invalid_pipeline(f"{each.kind} aggregation [{each.name}] must have a histogram as parent")
        if isinstance(each, Everything) and parent is not None:
            raise illegal(f"aggregation [{each.name}] of type [global] can only be at the top level", each.at)
        if isinstance(each, Composite) and not (parent is None or isinstance(parent, SingleBucket)):
            reason = f"[composite] aggregation [{each.name}] cannot be used below one with several buckets"
            raise shard_failure("_all", "illegal_argument_exception", reason)


def check_siblings(aggregations: Sequence[Aggregation]) -> None:
    """Whether the paths of the pipelines among the aggregations lead somewhere. Raises SearchError 400."""
    for each in aggregations:
        if isinstance(each, BucketScript):
            for _, path in each.paths:
                _check_value_path(split_path(path), aggregations, path)
        elif isinstance(each, BucketSort):
            for key in each.keys:
                _check_value_path(split_path(key.target), aggregations, key.target)
        elif isinstance(each, RunningPipeline):
            _check_value_path(split_path(each.path), aggregations, each.path)
        elif isinstance(each, SiblingPipeline):
            _check_sibling(each, aggregations)


def _check_sibling(pipeline: SiblingPipeline, aggregations: Sequence[Aggregation]) -> None:
    head, *rest = split_path(pipeline.path)
    name, _, prop = head.name.partition(".")
    sibling = next((a for a in aggregations if a.name in (head.name, name)), None)
    while isinstance(sibling, SingleBucket) and rest:
        head, *rest = rest
        name, _, prop = head.name.partition(".")
        sibling = next((a for a in sibling.children if a.name in (head.name, name)), None)
    if not isinstance(sibling, Buckets) or isinstance(sibling, SingleBucket) or head.key is not None:
        raise invalid_pipeline(f"No aggregation with several buckets found for path [{pipeline.path}]")
    if rest or prop:
        _check_value_path(rest or [Step(prop)], sibling.children, pipeline.path)


def _check_value_path(steps: Sequence[Step], aggregations: Sequence[Aggregation], path: str) -> None:
    head, *rest = steps
    if not rest and head.name in ("_count", "_key"):
        return
    name, _, prop = head.name.partition(".")
    found = next((a for a in aggregations if a.name == head.name), None)
    found = found or next((a for a in aggregations if a.name == name), None)
    if found is not None and found.name == head.name:
        prop = ""
    if isinstance(found, Metric) and not rest and metric_property(found, prop or head.key or "") is not None:
        return
    if (
        isinstance(found, BucketScript | RunningPipeline)
        and not rest
        and not (isinstance(found, BucketScript) and found.is_selector)
    ):
        return
    if isinstance(found, SiblingPipeline) and not rest:
        return
    if isinstance(found, SingleBucket):
        _check_value_path(rest or [Step(prop or "_count")], found.children, path)
        return
    if isinstance(found, Buckets):
        if not rest and prop == "_bucket_count":
            return
        if head.key is not None:
            _check_value_path(rest or [Step("_count")], found.children, path)
            return
    raise invalid_pipeline(f"No aggregation found for path [{path}]")


def bucket_value(bucket: JsonObject, path: str, gap_policy: GapPolicy) -> float | None:
    """What a path means in a bucket; None for a gap (a value that is not there, or any value of an empty bucket)."""
    found = _walk(bucket, split_path(path))
    is_count = path.endswith("_count")
    is_gap = found is None or (bucket["doc_count"] == 0 and not is_count and gap_policy != "keep_values")
    if is_gap:
        return 0.0 if gap_policy == "insert_zeros" else None
    return float(found)


def _walk(bucket: JsonObject, steps: Sequence[Step]) -> JsonValue:
    head, *rest = steps
    if head.name in ("_count", "_key"):
        return bucket["doc_count" if head.name == "_count" else "key"]
    name, _, prop = head.name.partition(".")
    if head.name in bucket:
        name, prop = head.name, ""
    result = bucket.get(name, {})
    if prop == "_bucket_count":
        return len(result["buckets"])
    if "buckets" in result and head.key is not None:
        picked = pick_bucket(result, head.key)
        return None if picked is None else _walk(picked, rest or [Step("_count")])
    if "doc_count" in result:
        return _walk(result, rest or [Step(prop or "_count")])
    return metric_value(result, prop or head.key or "value")


def metric_value(result: JsonObject, wanted: str) -> JsonValue:
    """One of the values that a metric's answer holds."""
    if "values" in result:
        return _percentile(result["values"], wanted)
    if wanted in ("std_upper", "std_lower"):
        return result["std_deviation_bounds"][wanted.removeprefix("std_")]
    return result.get(wanted)


def _percentile(values: JsonValue, wanted: str) -> JsonValue:
    key = percent_key(wanted)
    if isinstance(values, dict):
        return values.get(key)
    return next((each["value"] for each in values if str(each["key"]) == key), None)


def pick_bucket(result: JsonObject, key: str) -> JsonObject | None:
    """The bucket of that key."""
    buckets = result["buckets"]
    if isinstance(buckets, dict):
        picked: JsonObject | None = buckets.get(key)
        return picked
    return next((b for b in buckets if key in (str(b["key"]), b.get("key_as_string"))), None)
