"""Pipelines: what becomes of the buckets around them, and metrics over those of a sibling (embedded-search.md 9)."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.moments import spread
from engine.search.local.aggregation.nodes import (
    Aggregation,
    BucketScript,
    BucketSort,
    RunningPipeline,
    SiblingKind,
    SiblingPipeline,
)
from engine.search.local.aggregation.paths import ParentPipeline, Step, bucket_value, split_path
from engine.search.local.decimal_format import format_number
from engine.search.local.errors import illegal, invalid_pipeline, shard_failure
from engine.search.local.script import ScriptFailure, evaluate, evaluate_number


def parent_pipelines(children: Sequence[Aggregation]) -> list[ParentPipeline]:
    """The pipelines over the buckets that have these children, each after those that it looks at."""
    waiting = [each for each in children if isinstance(each, ParentPipeline)]
    ordered: list[ParentPipeline] = []
    while waiting:
        names = {each.name for each in waiting}
        ready = [each for each in waiting if not names & _looks_at(each)]
        if not ready:
            raise invalid_pipeline(f"pipelines look at each other: {', '.join(sorted(names))}")
        # One at a time: those that are equally ready keep the order of the request.
        ordered.append(ready[0])
        waiting.remove(ready[0])
    return ordered


def _looks_at(pipeline: ParentPipeline) -> set[str]:
    paths = _paths(pipeline)
    return {name for path in paths for name in (split_path(path)[0].name, split_path(path)[0].name.partition(".")[0])}


def _paths(pipeline: ParentPipeline) -> list[str]:
    if isinstance(pipeline, BucketScript):
        return [path for _, path in pipeline.paths]
    if isinstance(pipeline, BucketSort):
        return [key.target for key in pipeline.keys]
    return [pipeline.path]


def apply_pipelines(pipelines: Sequence[ParentPipeline], buckets: list[JsonObject]) -> list[JsonObject]:
    """The buckets that are left of one parent's, in order and with what pipelines add to them. Raises SearchError."""
    for each in pipelines:
        if isinstance(each, BucketSort):
            buckets = _sorted(each, buckets)
        elif isinstance(each, RunningPipeline):
            _add_running(each, buckets)
        elif each.is_selector:
            buckets = [bucket for bucket in buckets if is_kept(each, bucket)]
        else:
            for bucket in buckets:
                _add_scripted(each, bucket)
    return buckets


def is_kept(selector: BucketScript, bucket: JsonObject) -> bool:
    """Whether the bucket stays. Raises SearchError 400 if the script fails."""
    params = dict(selector.params)
    for name, path in selector.paths:
        found = bucket_value(bucket, path, selector.gap_policy)
        params[name] = math.nan if found is None else found
    try:
        return evaluate(selector.script, params)
    except ScriptFailure as failure:
        raise _script_failure(selector, failure) from failure


def _add_scripted(pipeline: BucketScript, bucket: JsonObject) -> None:
    params = dict(pipeline.params)
    for name, path in pipeline.paths:
        found = bucket_value(bucket, path, pipeline.gap_policy)
        if found is None and pipeline.gap_policy != "keep_values":
            return
        params[name] = math.nan if found is None else found
    try:
        result = evaluate_number(pipeline.script, params)
    except ScriptFailure as failure:
        raise _script_failure(pipeline, failure) from failure
    if result is not None:
        bucket[pipeline.name] = _shown(result, pipeline.format, pipeline.at)


def _script_failure(pipeline: BucketScript, failure: ScriptFailure) -> Exception:
    return shard_failure("_all", "script_exception", f"runtime error in [{pipeline.name}]: {failure}")


def _shown(number: float, form: str | None, at: str) -> JsonObject:
    # JSON has neither NaN nor infinities.
    shown: JsonObject = {"value": number if math.isfinite(number) else None}
    if form is not None and math.isfinite(number):
        shown["value_as_string"] = _formatted(number, form, at)
    return shown


def _formatted(number: float, form: str, at: str) -> str:
    try:
        return format_number(number, form)
    except ValueError as error:
        raise illegal(str(error), at) from error


def looks_only_at(selector: BucketScript, names: Mapping[str, object] | set[str]) -> bool:
    """Whether the selector needs nothing of a bucket but its count and these metrics."""
    for _, path in selector.paths:
        steps = split_path(path)
        head = steps[0].name
        is_known = head in ("_count", "_key") or head in names or head.partition(".")[0] in names
        if len(steps) > 1 or not is_known:
            return False
    return True


def _sorted(pipeline: BucketSort, buckets: list[JsonObject]) -> list[JsonObject]:
    for key in reversed(pipeline.keys):
        values = [_sort_value(bucket, key.target, pipeline) for bucket in buckets]
        pairs = list(zip(values, buckets, strict=True))
        known = [pair for pair in pairs if pair[0] is not None]
        known.sort(key=lambda pair: cast("float", pair[0]), reverse=key.descending)
        buckets = [bucket for _, bucket in known] + [bucket for value, bucket in pairs if value is None]
    if pipeline.keys and pipeline.gap_policy == "skip":
        buckets = [bucket for bucket in buckets if _has_any(bucket, pipeline)]
    end = None if pipeline.size is None else pipeline.start + pipeline.size
    return buckets[pipeline.start : end]


def _has_any(bucket: JsonObject, pipeline: BucketSort) -> bool:
    return any(_sort_value(bucket, key.target, pipeline) is not None for key in pipeline.keys)


def _sort_value(bucket: JsonObject, path: str, pipeline: BucketSort) -> JsonValue:
    return bucket["key"] if path == "_key" else bucket_value(bucket, path, pipeline.gap_policy)


def _add_running(pipeline: RunningPipeline, buckets: list[JsonObject]) -> None:
    values = [bucket_value(bucket, pipeline.path, pipeline.gap_policy) for bucket in buckets]
    total = 0.0
    for at, (bucket, number) in enumerate(zip(buckets, values, strict=True)):
        if pipeline.kind == "cumulative_sum":
            total += number or 0.0
            bucket[pipeline.name] = _shown(total, pipeline.format, pipeline.at)
            continue
        lag = pipeline.lag if pipeline.kind == "serial_diff" else 1
        before = values[at - lag] if at >= lag else None
        if number is not None and before is not None:
            bucket[pipeline.name] = _shown(number - before, pipeline.format, pipeline.at)


def over_buckets(pipeline: SiblingPipeline, parent: JsonObject) -> JsonObject:
    """The metric over all buckets of the sibling that are left. Raises SearchError."""
    found = [(key, number) for key, number in _numbers(pipeline, parent) if number is not None]
    numbers = [number for _, number in found]
    if pipeline.kind in ("min_bucket", "max_bucket"):
        best = (min if pipeline.kind == "min_bucket" else max)(numbers, default=None)
        return {**_with_text({"value": best}, pipeline), "keys": [key for key, number in found if number == best]}
    if pipeline.kind == "percentiles_bucket":
        return {"values": {str(each): _nearest(sorted(numbers), each) for each in pipeline.percents}}
    return _with_text(_METRICS[pipeline.kind](numbers, pipeline.sigma), pipeline)


def _nearest(numbers: Sequence[float], percent: float) -> float | None:
    # Java rounds halves up.
    return numbers[math.floor(percent / 100 * (len(numbers) - 1) + 0.5)] if numbers else None


def _statistics(numbers: Sequence[float]) -> JsonObject:
    return {
        "count": len(numbers),
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "avg": math.fsum(numbers) / len(numbers) if numbers else None,
        "sum": math.fsum(numbers),
    }


def _extended(numbers: Sequence[float], sigma: float) -> JsonObject:
    squares = math.fsum(number * number for number in numbers)
    return {**_statistics(numbers), **spread(len(numbers), math.fsum(numbers), squares, sigma)}


_METRICS: Mapping[SiblingKind, Callable[[Sequence[float], float], JsonObject]] = {
    "stats_bucket": lambda numbers, _: _statistics(numbers),
    "extended_stats_bucket": _extended,
    "avg_bucket": lambda numbers, _: {"value": _statistics(numbers)["avg"]},
    "sum_bucket": lambda numbers, _: {"value": math.fsum(numbers)},
}


def _with_text(answer: JsonObject, pipeline: SiblingPipeline) -> JsonObject:
    if pipeline.format is None:
        return answer
    form = pipeline.format
    texts = {
        f"{key}_as_string": _formatted(number, form, pipeline.at)
        for key, number in answer.items()
        if isinstance(number, float) and key != "count"
    }
    return {**answer, **texts}


def _numbers(pipeline: SiblingPipeline, parent: JsonObject) -> list[tuple[str, float | None]]:
    """Key and value of every bucket of the sibling."""
    head, *rest = split_path(pipeline.path)
    while True:
        name, prop = head.name, ""
        if name not in parent:
            name, _, prop = head.name.partition(".")
        parent = parent[name]
        if "buckets" in parent:
            break
        head, *rest = rest
    buckets = parent["buckets"]
    path = _join(rest) if rest else prop or "_count"
    listed = list(buckets.items()) if isinstance(buckets, dict) else [(_key_text(each), each) for each in buckets]
    return [(key, bucket_value(bucket, path, pipeline.gap_policy)) for key, bucket in listed]


def _key_text(bucket: JsonObject) -> str:
    return str(bucket.get("key_as_string", bucket.get("key", "")))


def _join(steps: list[Step]) -> str:
    return ">".join(step.name if step.key is None else f"{step.name}['{step.key}']" for step in steps)
