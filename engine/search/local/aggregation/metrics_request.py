"""Metrics from JSON (embedded-search.md 7)."""

from collections.abc import Callable

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.nodes import Aggregation, Metric, MetricKind
from engine.search.local.aggregation.options import field_option, missing_option, text_option
from engine.search.local.aggregation.pipelines_request import parse_percents
from engine.search.local.errors import illegal
from engine.search.local.shape import as_bool, as_number, check_keys, pointer

_DEFAULT_PERCENTS = [1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0]
_OWN_KEYS = {
    "cardinality": ("precision_threshold", "rehash", "execution_hint"),
    "percentiles": ("percents", "keyed", "hdr", "tdigest"),
    "extended_stats": ("sigma",),
    "median_absolute_deviation": ("compression", "execution_hint"),
}


def parse_metric(kind: MetricKind) -> Callable[[Aggregation, JsonObject], Aggregation]:
    """How metrics of a kind are read."""

    def parse(base: Aggregation, members: JsonObject) -> Aggregation:
        at = base.at
        known = ("field", "missing", "format", "script", "value_type", *_OWN_KEYS.get(kind, ()))
        check_keys(members, known, at, kind)
        field, missing = field_option(members, at, kind), missing_option(members, at)
        percents = members.get("percents", _DEFAULT_PERCENTS) if kind == "percentiles" else []
        sigma = as_number(members.get("sigma", 2.0), pointer(at, "sigma"))
        if sigma < 0:
            raise illegal(f"[sigma] must be greater than or equal to 0. Found [{sigma}]", pointer(at, "sigma"))
        return Metric(
            base.name,
            at,
            base.meta,
            kind,
            field,
            missing,
            text_option(members, "format", at),
            parse_percents(percents, pointer(at, "percents")) if kind == "percentiles" else (),
            as_bool(members.get("keyed", True), pointer(at, "keyed")),
            sigma,
        )

    return parse
