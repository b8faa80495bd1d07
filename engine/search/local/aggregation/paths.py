"""Buckets paths (embedded-search.md 9): ``_count``, ``metric``, ``stats.max``, ``a>metric``, ``a['key']>metric``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import invalid_pipeline
from engine.search.local.plan import Aggregation, Buckets, BucketSelector, GapPolicy, Metric, StatsBucket

_STEP = re.compile(r"([^>\[\]]+)(?:\[(?:'([^']*)'|\"([^\"]*)\"|([^\]'\"]*))\])?")
_PROPERTIES = {"stats": ("count", "min", "max", "avg", "sum")}


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


def check_siblings(aggregations: Sequence[Aggregation], *, is_top_level: bool) -> None:
    """Whether every pipeline among the aggregations stands where it may and its paths lead somewhere."""
    for each in aggregations:
        if isinstance(each, BucketSelector):
            if is_top_level:
                raise invalid_pipeline(f"bucket_selector aggregation [{each.name}] must be declared inside of another"
                                       " aggregation")  # fmt: skip
            for _, path in each.paths:
                _check_value_path(split_path(path), aggregations, path)
        elif isinstance(each, StatsBucket):
            head, *rest = split_path(each.path)
            name, _, prop = head.name.partition(".")
            sibling = next((a for a in aggregations if a.name in (head.name, name)), None)
            if not isinstance(sibling, Buckets) or head.key is not None:
                raise invalid_pipeline(f"No aggregation with several buckets found for path [{each.path}]")
            if rest or prop:
                _check_value_path(rest or [Step(prop)], sibling.children, each.path)


def _check_value_path(steps: Sequence[Step], aggregations: Sequence[Aggregation], path: str) -> None:
    head, *rest = steps
    if not rest and head.name in ("_count", "_key"):
        return
    name, _, prop = head.name.partition(".")
    found = next((a for a in aggregations if a.name in (head.name, name)), None)
    if isinstance(found, Metric) and not rest:
        known = _PROPERTIES.get(found.kind, ("value", ""))
        if (prop if found.name != head.name else "") in known:
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
    return float(found) if not isinstance(found, int) else found


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
    if head.key is not None:
        picked = pick_bucket(result, head.key)
        return None if picked is None else _walk(picked, rest or [Step("_count")])
    return result.get(prop or "value")


def pick_bucket(result: JsonObject, key: str) -> JsonObject | None:
    """The bucket of that key."""
    buckets = result["buckets"]
    if isinstance(buckets, dict):
        picked: JsonObject | None = buckets.get(key)
        return picked
    return next((b for b in buckets if key in (str(b["key"]), b.get("key_as_string"))), None)
