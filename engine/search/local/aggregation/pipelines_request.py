"""Pipeline aggregations from JSON (embedded-search.md 9)."""

from collections.abc import Callable

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.nodes import (
    Aggregation,
    BucketScript,
    BucketSort,
    Order,
    RunningKind,
    RunningPipeline,
    SiblingKind,
    SiblingPipeline,
)
from engine.search.local.aggregation.options import gap_policy, text_option
from engine.search.local.errors import illegal, unsupported
from engine.search.local.script import Expression, parse_script
from engine.search.local.shape import (
    as_int,
    as_list,
    as_many,
    as_number,
    as_object,
    as_text,
    check_keys,
    only_key,
    pointer,
)

_DEFAULT_PERCENTS = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)


def parse_bucket_selector(base: Aggregation, members: JsonObject) -> Aggregation:
    """``bucket_selector``. Raises SearchError 400."""
    check_keys(members, ("buckets_path", "script", "gap_policy"), base.at, "bucket_selector")
    return _script(base, members, is_selector=True)


def parse_bucket_script(base: Aggregation, members: JsonObject) -> Aggregation:
    """``bucket_script``. Raises SearchError 400."""
    check_keys(members, ("buckets_path", "script", "gap_policy", "format"), base.at, "bucket_script")
    return _script(base, members, is_selector=False)


def _script(base: Aggregation, members: JsonObject, *, is_selector: bool) -> Aggregation:
    here = pointer(base.at, "buckets_path")
    given = members.get("buckets_path")
    if isinstance(given, str):
        given = {"_value": given}
    elif isinstance(given, list):
        given = {f"_value{i}": each for i, each in enumerate(given)}
    paths = tuple((name, as_text(path, here)) for name, path in as_object(given, here).items())
    script, params = _script_and_params(members.get("script"), pointer(base.at, "script"))
    gap, form = gap_policy(members, base.at), text_option(members, "format", base.at)
    return BucketScript(base.name, base.at, base.meta, paths, script, params, gap, is_selector, form)


def _script_and_params(script: JsonValue, at: str) -> tuple[Expression, JsonObject]:
    if not isinstance(script, dict):
        return parse_script(as_text(script, at)), {}
    check_keys(script, ("source", "inline", "params", "lang"), at, "script")
    if script.get("lang", "painless") != "painless":
        raise unsupported(f"script language [{script['lang']}]", at)
    source = as_text(script.get("source", script.get("inline")), at)
    return parse_script(source), as_object(script.get("params", {}), pointer(at, "params"))


def parse_bucket_sort(base: Aggregation, members: JsonObject) -> Aggregation:
    """``bucket_sort``. Raises SearchError 400."""
    at = base.at
    check_keys(members, ("sort", "from", "size", "gap_policy"), at, "bucket_sort")
    start, size = as_int(members.get("from", 0), pointer(at, "from")), members.get("size")
    if start < 0:
        raise illegal(f"[from] must be a non-negative integer: [{start}]", pointer(at, "from"))
    most = None if size is None else as_int(size, pointer(at, "size"))
    if most is not None and most <= 0:
        raise illegal(f"[size] must be a positive integer: [{most}]", pointer(at, "size"))
    given = members.get("sort")
    keys = tuple(_sort_key(each, pointer(at, "sort")) for each in ([] if given is None else as_many(given)))
    if not keys and not start and most is None:
        reason = f"[{base.name}] is configured to perform nothing. Please set either of [sort, size, from]"
        raise illegal(reason, at)
    return BucketSort(base.name, at, base.meta, keys, start, most, gap_policy(members, at))


def _sort_key(given: JsonValue, at: str) -> Order:
    if isinstance(given, str):
        return Order(given, descending=False)
    path, options = only_key(given, at, "a sort key")
    if isinstance(options, dict):
        check_keys(options, ("order",), at, "sort")
        options = options.get("order", "asc")
    direction = as_text(options, at).lower()
    if direction not in ("asc", "desc"):
        raise illegal(f"sort order is [asc] or [desc], not [{direction[:100]}]", at)
    return Order(path, direction == "desc")


def parse_running(kind: RunningKind) -> Callable[[Aggregation, JsonObject], Aggregation]:
    """How pipelines over the buckets of a histogram are read."""

    def parse(base: Aggregation, members: JsonObject) -> Aggregation:
        known = ["buckets_path", "gap_policy", "format", *(["lag"] if kind == "serial_diff" else [])]
        if members.get("unit") is not None:
            raise unsupported(f"option [unit] of aggregation [{kind}]", pointer(base.at, "unit"))
        check_keys(members, known, base.at, kind)
        lag = as_int(members.get("lag", 1), pointer(base.at, "lag"))
        if lag <= 0:
            raise illegal(f"[lag] must be a positive integer: [{lag}]", pointer(base.at, "lag"))
        form = text_option(members, "format", base.at)
        return RunningPipeline(
            base.name, base.at, base.meta, kind, _one_path(members, base.at), gap_policy(members, base.at), form, lag
        )

    return parse


def parse_sibling(kind: SiblingKind) -> Callable[[Aggregation, JsonObject], Aggregation]:
    """How metrics over the buckets of a sibling are read."""

    def parse(base: Aggregation, members: JsonObject) -> Aggregation:
        at = base.at
        known = ["buckets_path", "gap_policy", "format"]
        known += {"percentiles_bucket": ["percents", "keyed"], "extended_stats_bucket": ["sigma"]}.get(kind, [])
        check_keys(members, known, at, kind)
        if members.get("keyed", True) is not True:
            raise unsupported(f"option [keyed] of aggregation [{kind}]", pointer(at, "keyed"))
        percents: tuple[float, ...] = _DEFAULT_PERCENTS
        if members.get("percents") is not None:
            percents = parse_percents(members["percents"], pointer(at, "percents"))
        sigma = as_number(members.get("sigma", 2.0), pointer(at, "sigma"))
        gap, form = gap_policy(members, at), text_option(members, "format", at)
        return SiblingPipeline(base.name, at, base.meta, kind, _one_path(members, at), gap, form, percents, sigma)

    return parse


def parse_percents(given: JsonValue, at: str) -> tuple[float, ...]:
    """Percentages between 0 and 100, at least one, in order. Raises SearchError 400."""
    percents = tuple(sorted(as_number(each, at) for each in as_list(given, at)))
    if not percents:
        raise illegal("[percents] must not be empty", at)
    if percents[0] < 0 or percents[-1] > 100:
        raise illegal("percent must be in [0,100]", at)
    return percents


def _one_path(members: JsonObject, at: str) -> str:
    path = members.get("buckets_path")
    if isinstance(path, list) and len(path) == 1:
        path = path[0]
    return as_text(path, pointer(at, "buckets_path"))
