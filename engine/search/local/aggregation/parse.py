"""Aggregations from JSON to a plan (embedded-search.md 7, 8, 9)."""

from collections.abc import Callable, Mapping
from typing import get_args

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.filters import parse_filters
from engine.search.local.aggregation.paths import check_siblings
from engine.search.local.errors import illegal, parsing, unsupported
from engine.search.local.hits_request import parse_hits
from engine.search.local.plan import (
    Aggregation,
    Buckets,
    BucketSelector,
    DateBounds,
    DateRange,
    GapPolicy,
    KeySource,
    Metric,
    MetricKind,
    Order,
    StatsBucket,
    Terms,
    TopHits,
)
from engine.search.local.script import parse_script
from engine.search.local.shape import (
    as_bool,
    as_int,
    as_list,
    as_many,
    as_object,
    as_text,
    check_keys,
    only_key,
    pointer,
)

_DEEPEST = 20
_METRICS: tuple[MetricKind, ...] = get_args(MetricKind)
_LATER_NAMES = """
adjacency_matrix auto_date_histogram avg_bucket boxplot bucket_correlation bucket_count_ks_test bucket_script
bucket_sort cartesian_bounds cartesian_centroid categorize_text change_point children composite cumulative_cardinality
cumulative_sum date_histogram derivative diversified_sampler extended_stats extended_stats_bucket filter
frequent_item_sets geo_bounds geo_centroid geo_distance geo_line geohash_grid geohex_grid geotile_grid global histogram
inference ip_prefix ip_range matrix_stats max_bucket median_absolute_deviation min_bucket missing moving_avg moving_fn
moving_percentiles nested normalize parent percentile_ranks percentiles percentiles_bucket random_sampler range
rare_terms rate reverse_nested sampler scripted_metric serial_diff significant_terms significant_text string_stats
sum_bucket t_test time_series top_metrics variable_width_histogram weighted_avg
"""
_LATER = frozenset(_LATER_NAMES.split())
_MOST_TOP_HITS = 100
_MOST_TERMS_SIZE = 2**31 - 1


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
    check_siblings(parsed, is_top_level=depth == 0)
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
        return _BUCKETS[kind](Buckets(name, here, meta, children), members)
    if sub:
        raise parsing(f"aggregation [{name}] of type [{kind}] cannot accept sub-aggregations", pointer(at, sub_key))
    return _LEAVES[kind](Aggregation(name, here, meta), members)


def _metric(kind: MetricKind) -> Callable[[Aggregation, JsonObject], Aggregation]:
    def parse(base: Aggregation, members: JsonObject) -> Aggregation:
        known = ["field", "missing", "format", "script", "value_type"]
        if kind == "cardinality":
            known += ["precision_threshold", "rehash", "execution_hint"]
        check_keys(members, known, base.at, kind)
        _refuse_script(members, base.at)
        if "field" not in members:
            raise illegal(f"Required one of fields [field, script], but none were specified in [{kind}]", base.at)
        field = as_text(members["field"], pointer(base.at, "field"))
        missing = _scalar(members.get("missing"), pointer(base.at, "missing"))
        return Metric(base.name, base.at, base.meta, kind, field, missing, _text(members, "format", base.at))

    return parse


def _refuse_script(members: JsonObject, at: str) -> None:
    if "script" in members:
        raise unsupported("aggregation option [script]", pointer(at, "script"))


def _text(members: JsonObject, key: str, at: str) -> str | None:
    given = members.get(key)
    return None if given is None else as_text(given, pointer(at, key))


def _scalar(value: JsonValue, at: str) -> JsonValue:
    if isinstance(value, dict | list):
        raise parsing("expected a text, a number or a boolean", at)
    return value


_COMMON_TERMS_KEYS = ("size", "shard_size", "order", "min_doc_count", "shard_min_doc_count", "collect_mode",
                      "show_term_doc_count_error")  # fmt: skip
_TERMS_KEYS = (*_COMMON_TERMS_KEYS, "field", "script", "missing", "value_type", "include", "exclude", "format",
               "execution_hint")  # fmt: skip


def _terms(base: Buckets, members: JsonObject) -> Aggregation:
    at = base.at
    check_keys(members, _TERMS_KEYS, at, "terms")
    _refuse_script(members, at)
    if "field" not in members:
        raise illegal("Required one of fields [field, script], but none were specified in [terms]", at)
    missing = _scalar(members.get("missing"), pointer(at, "missing"))
    field = as_text(members["field"], pointer(at, "field"))
    source = KeySource(field, missing, _text(members, "value_type", at))
    return Terms(
        base.name, at, base.meta, base.children, (source,), False, *_sizes(base, members),
        _key_list(members, "include", at), _key_list(members, "exclude", at), _text(members, "format", at),
        as_bool(members.get("show_term_doc_count_error", False), pointer(at, "show_term_doc_count_error")),
    )  # fmt: skip


def _multi_terms(base: Buckets, members: JsonObject) -> Aggregation:
    at = base.at
    check_keys(members, ("terms", *_COMMON_TERMS_KEYS), at, "multi_terms")
    sources = []
    for i, each in enumerate(as_list(members.get("terms"), pointer(at, "terms"))):
        here = pointer(pointer(at, "terms"), i)
        source = as_object(each, here)
        check_keys(source, ("field", "missing", "value_type", "format", "script", "time_zone", "user_value_type"), here,
                   "multi_terms")  # fmt: skip
        _refuse_script(source, here)
        for key in ("format", "time_zone"):
            if source.get(key) is not None:
                raise unsupported(f"[multi_terms] option [{key}]", pointer(here, key))
        field = as_text(source.get("field"), pointer(here, "field"))
        missing = _scalar(source.get("missing"), pointer(here, "missing"))
        sources.append(KeySource(field, missing, _text(source, "value_type", here)))
    if len(sources) < 2:
        raise illegal("The [terms] parameter in [multi_terms] must have at least 2 terms", pointer(at, "terms"))
    shows_error = as_bool(members.get("show_term_doc_count_error", False), at)
    sizes = _sizes(base, members)
    return Terms(
        base.name, at, base.meta, base.children, tuple(sources), True, *sizes, shows_error=shows_error
    )  # fmt: skip


def _sizes(base: Buckets, members: JsonObject) -> tuple[int, tuple[Order, ...], int]:
    at = base.at
    size = as_int(members.get("size", 10), pointer(at, "size"))
    if not 0 < size <= _MOST_TERMS_SIZE:
        raise illegal(f"[size] must be greater than 0. Found [{size}] in [{base.name}]", pointer(at, "size"))
    least = as_int(members.get("min_doc_count", 1), pointer(at, "min_doc_count"))
    if least < 0:
        raise illegal(f"[min_doc_count] must be greater than or equal to 0. Found [{least}]", at)
    return size, _order(base, members.get("order")), least


def _order(base: Buckets, value: JsonValue) -> tuple[Order, ...]:
    at = pointer(base.at, "order")
    if value is None:
        return (Order("_count", True),)
    found = []
    for entry in as_many(value):
        members = as_object(entry, at)
        if not members:
            raise parsing("an order needs a key", at)
        for path, direction in members.items():
            if str(direction).lower() not in ("asc", "desc"):
                raise parsing(f"Unknown order direction [{direction}]", at)
            found.append(_order_of(base, path, str(direction).lower() == "desc", at))
    return tuple(found)


def _order_of(base: Buckets, path: str, descending: bool, at: str) -> Order:
    if path in ("_key", "_count", "_term"):
        return Order("_key" if path == "_term" else path, descending)
    if ">" in path:
        raise unsupported(f"order by a metric below another aggregation [{path}]", at)
    name, _, prop = path.replace("[", ".").rstrip("]").partition(".")
    metric = next((child for child in base.children if child.name in (name, path)), None)
    if not isinstance(metric, Metric):
        reason = f"Invalid aggregation order path [{path}]. There is no metric aggregation of that name here"
        raise illegal(reason, at)
    if metric.name == path:
        prop = ""
    known = ("count", "min", "max", "avg", "sum") if metric.kind == "stats" else ("value", "")
    if prop not in known:
        raise illegal(f"Invalid aggregation order path [{path}]: choose one of {', '.join(filter(None, known))}", at)
    return Order(metric.name, descending, prop or "value")


def _key_list(members: JsonObject, key: str, at: str) -> tuple[JsonValue, ...] | None:
    value = members.get(key)
    here = pointer(at, key)
    if value is None:
        return None
    if isinstance(value, str):
        raise unsupported(f"a regular expression in [{key}]", here)
    if isinstance(value, dict):
        raise unsupported(f"partitions in [{key}]", here)
    return tuple(_scalar(each, here) for each in as_list(value, here))


def _date_range(base: Buckets, members: JsonObject) -> Aggregation:
    at = base.at
    check_keys(members, ("field", "ranges", "format", "time_zone", "missing", "keyed", "script"), at, "date_range")
    _refuse_script(members, at)
    if "field" not in members:
        raise illegal("Required one of fields [field, script], but none were specified in [date_range]", at)
    ranges = []
    for i, each in enumerate(as_list(members.get("ranges"), pointer(at, "ranges"))):
        here = pointer(pointer(at, "ranges"), i)
        bounds = as_object(each, here)
        check_keys(bounds, ("from", "to", "key"), here, "date_range")
        start, end = (_scalar(bounds.get(key), pointer(here, key)) for key in ("from", "to"))
        ranges.append(DateBounds(start, end, _text(bounds, "key", here)))
    if not ranges:
        raise illegal(f"No [ranges] specified for the [{base.name}] aggregation", pointer(at, "ranges"))
    return DateRange(
        base.name,
        at,
        base.meta,
        base.children,
        as_text(members["field"], pointer(at, "field")),
        tuple(ranges),
        _text(members, "format", at),
        _text(members, "time_zone", at),
        _scalar(members.get("missing"), pointer(at, "missing")),
        as_bool(members.get("keyed", False), pointer(at, "keyed")),
    )


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


def _bucket_selector(base: Aggregation, members: JsonObject) -> Aggregation:
    check_keys(members, ("buckets_path", "script", "gap_policy"), base.at, "bucket_selector")
    here = pointer(base.at, "buckets_path")
    given = members.get("buckets_path")
    if isinstance(given, str):
        given = {"_value": given}
    elif isinstance(given, list):
        given = {f"_value{i}": each for i, each in enumerate(given)}
    paths = tuple((name, as_text(path, here)) for name, path in as_object(given, here).items())
    at = pointer(base.at, "script")
    script = members.get("script")
    params: JsonObject = {}
    if isinstance(script, dict):
        check_keys(script, ("source", "inline", "params", "lang"), at, "script")
        if script.get("lang", "painless") != "painless":
            raise unsupported(f"script language [{script['lang']}]", at)
        params = as_object(script.get("params", {}), pointer(at, "params"))
        script = script.get("source", script.get("inline"))
    source = as_text(script, at)
    gap = _gap_policy(members, base.at)
    return BucketSelector(base.name, base.at, base.meta, paths, parse_script(source), params, gap)


def _gap_policy(members: JsonObject, at: str) -> GapPolicy:
    given = members.get("gap_policy", "skip")
    for policy in get_args(GapPolicy):
        if given == policy:
            return policy  # type: ignore[no-any-return]
    raise illegal(f"Invalid gap policy: [{given}]", pointer(at, "gap_policy"))


def _stats_bucket(base: Aggregation, members: JsonObject) -> Aggregation:
    check_keys(members, ("buckets_path", "gap_policy", "format"), base.at, "stats_bucket")
    path = members.get("buckets_path")
    if isinstance(path, list) and len(path) == 1:
        path = path[0]
    text = as_text(path, pointer(base.at, "buckets_path"))
    return StatsBucket(
        base.name, base.at, base.meta, text, _gap_policy(members, base.at), _text(members, "format", base.at)
    )


_LEAVES: Mapping[str, Callable[[Aggregation, JsonObject], Aggregation]] = {
    **{kind: _metric(kind) for kind in _METRICS},
    "top_hits": _top_hits,
    "bucket_selector": _bucket_selector,
    "stats_bucket": _stats_bucket,
}
_BUCKETS: Mapping[str, Callable[[Buckets, JsonObject], Aggregation]] = {
    "terms": _terms,
    "multi_terms": _multi_terms,
    "date_range": _date_range,
    "filters": parse_filters,
}
