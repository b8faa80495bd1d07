"""Aggregations from JSON to a tree (embedded-search.md 7, 8, 9)."""

from collections.abc import Callable, Mapping
from typing import get_args

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.composite import parse_composite
from engine.search.local.aggregation.date_range import parse_date_range
from engine.search.local.aggregation.filters import parse_filters
from engine.search.local.aggregation.histogram_request import parse_date_histogram, parse_histogram
from engine.search.local.aggregation.metrics_request import parse_metric
from engine.search.local.aggregation.nodes import (
    Aggregation,
    Buckets,
    MetricKind,
    RunningKind,
    SiblingKind,
    TopHits,
)
from engine.search.local.aggregation.paths import check_place, check_siblings
from engine.search.local.aggregation.pipelines_request import (
    parse_bucket_script,
    parse_bucket_selector,
    parse_bucket_sort,
    parse_running,
    parse_sibling,
)
from engine.search.local.aggregation.ranges import parse_ip_range, parse_range
from engine.search.local.aggregation.single import (
    parse_filter,
    parse_global,
    parse_missing,
    parse_nested,
    parse_reverse_nested,
)
from engine.search.local.aggregation.terms_request import parse_multi_terms, parse_terms
from engine.search.local.errors import illegal, parsing, unsupported
from engine.search.local.hits_request import parse_hits
from engine.search.local.shape import as_object, check_keys, only_key, pointer

_DEEPEST = 20
_LATER_NAMES = """
adjacency_matrix auto_date_histogram boxplot bucket_correlation bucket_count_ks_test cartesian_bounds
cartesian_centroid categorize_text change_point children cumulative_cardinality diversified_sampler
frequent_item_sets geo_bounds geo_centroid geo_distance geo_line geohash_grid geohex_grid geotile_grid
inference ip_prefix matrix_stats moving_avg moving_fn moving_percentiles normalize parent percentile_ranks
random_sampler rare_terms rate sampler scripted_metric significant_terms significant_text string_stats t_test
time_series top_metrics variable_width_histogram weighted_avg
"""
_LATER = frozenset(_LATER_NAMES.split())
_MOST_TOP_HITS = 100


def parse_aggregations(body: JsonValue, at: str, depth: int = 0) -> tuple[Aggregation, ...]:
    """The aggregations of an ``aggs`` object. Raises SearchError 400."""
    if depth > _DEEPEST:
        raise illegal(f"aggregations are nested deeper than {_DEEPEST}", at)
    parsed = []
    for name, content in as_object(body, at).items():
        here = pointer(at, name)
        if not name or any(character in name for character in "[]>"):
            raise parsing(f"Invalid aggregation name [{name}]: names may not hold [, ] or >", here)
        parsed.append(_parse_one(name, as_object(content, here), here, depth))
    check_siblings(parsed)
    if depth == 0:
        check_place(None, parsed)
    return tuple(parsed)


def _parse_one(name: str, content: JsonObject, at: str, depth: int) -> Aggregation:
    rest = {key: value for key, value in content.items() if key not in ("aggs", "aggregations", "meta")}
    meta = as_object(content["meta"], pointer(at, "meta")) if "meta" in content else None
    if "aggs" in content and "aggregations" in content:
        raise parsing("[aggs] and [aggregations] are two names of one key", at)
    sub_key = "aggs" if "aggs" in content else "aggregations"
    sub = content.get(sub_key) or {}
    kind, options = only_key(rest, at, f"aggregation [{name}]")
    here = pointer(at, kind)
    if kind in _LATER:
        raise unsupported(f"aggregation [{kind}]", here)
    if kind not in _LEAVES and kind not in _BUCKETS:
        raise parsing(f"unknown aggregation type [{kind}]", here)
    members = as_object(options, here)
    if kind in _BUCKETS:
        children = parse_aggregations(sub, pointer(at, sub_key), depth + 1)
        parsed = _BUCKETS[kind](Buckets(name, here, meta, children), members)
        check_place(parsed, children)
        return parsed
    if sub:
        raise parsing(f"aggregation [{name}] of type [{kind}] cannot accept sub-aggregations", pointer(at, sub_key))
    return _LEAVES[kind](Aggregation(name, here, meta), members)


_TOP_HITS_KEYS = ("from", "size", "sort", "_source", "fields", "docvalue_fields", "stored_fields", "version",
                  "seq_no_primary_term", "explain", "track_scores")  # fmt: skip


def _top_hits(base: Aggregation, members: JsonObject) -> Aggregation:
    for key in ("highlight", "script_fields"):
        if members.get(key):
            raise unsupported(f"[top_hits] option [{key}]", pointer(base.at, key))
    check_keys(members, (*_TOP_HITS_KEYS, "highlight", "script_fields"), base.at, "top_hits")
    hits = parse_hits(members, base.at, default_size=3)
    if hits.start + hits.size > _MOST_TOP_HITS:
        reason = f"Top hits result window is too large, the top hits aggregator [{base.name}]'s from + size must be"
        raise illegal(f"{reason} less than or equal to: [{_MOST_TOP_HITS}]", base.at)
    return TopHits(base.name, base.at, base.meta, hits)


_LEAVES: Mapping[str, Callable[[Aggregation, JsonObject], Aggregation]] = {
    **{kind: parse_metric(kind) for kind in get_args(MetricKind)},
    **{kind: parse_running(kind) for kind in get_args(RunningKind)},
    **{kind: parse_sibling(kind) for kind in get_args(SiblingKind)},
    "top_hits": _top_hits,
    "bucket_selector": parse_bucket_selector,
    "bucket_script": parse_bucket_script,
    "bucket_sort": parse_bucket_sort,
}
_BUCKETS: Mapping[str, Callable[[Buckets, JsonObject], Buckets]] = {
    "terms": parse_terms,
    "multi_terms": parse_multi_terms,
    "date_range": parse_date_range,
    "range": parse_range,
    "ip_range": parse_ip_range,
    "histogram": parse_histogram,
    "date_histogram": parse_date_histogram,
    "composite": parse_composite,
    "filters": parse_filters,
    "filter": parse_filter,
    "missing": parse_missing,
    "global": parse_global,
    "nested": parse_nested,
    "reverse_nested": parse_reverse_nested,
}
