"""Metrics: the SQL that computes them and the form of their answers (embedded-search.md 7)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.moments import spread
from engine.search.local.aggregation.nodes import Metric
from engine.search.local.decimal_format import format_number
from engine.search.local.errors import BadValue, bad_query_value, shard_failure
from engine.search.local.fragment import Sql, sql, value
from engine.search.local.relation import FieldValues, Relation
from engine.search.local.values import converter, parse_number, write_date

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class MetricColumns:
    """A metric bound to the data: aggregate expressions, and how their values become the answer."""

    name: str
    expressions: tuple[Sql, ...]
    assemble: Callable[[Row], JsonObject]
    orders: Mapping[str, Sql]

    def empty(self) -> JsonObject:
        """The answer for a bucket without documents."""
        return self.assemble([None] * len(self.expressions))


def bind_metric(metric: Metric, relation: Relation) -> MetricColumns:
    """The metric for these documents. Raises SearchError 400 for types that it cannot take."""
    values = relation.values(metric.field)
    if values is None:
        return _bind_unmapped(metric)
    is_counting = metric.kind in ("value_count", "cardinality")
    if values.family == "geo_shape" or (not is_counting and values.family in ("keyword", "ip", "geo_point")):
        raise shard_failure(
            relation.parts[0].view.name,
            "illegal_argument_exception",
            f"Field [{metric.field}] of type [{values.field.type}] is not supported for aggregation [{metric.kind}]",
        )
    source = Sql(values.slot)
    if metric.missing is not None:
        source = _with_missing(metric, values, source, relation)
    if metric.kind not in ("value_count", "cardinality"):
        source = _as_numbers(values, source)
    return _columns(metric, source, values.is_list, values)


def _bind_unmapped(metric: Metric) -> MetricColumns:
    if metric.missing is None:
        return _columns(metric, Sql("NULL::DOUBLE"), False, None)
    if metric.kind in ("value_count", "cardinality"):
        return _columns(metric, value(str(metric.missing), "VARCHAR"), False, None)
    try:
        return _columns(metric, value(float(parse_number(metric.missing)), "DOUBLE"), False, None)
    except BadValue as problem:
        raise bad_query_value("_all", metric.field, problem) from problem


def _with_missing(metric: Metric, values: FieldValues, source: Sql, relation: Relation) -> Sql:
    try:
        stored = converter(values.field)(metric.missing)
    except BadValue as problem:
        raise bad_query_value(relation.parts[0].view.name, metric.field, problem) from problem
    if values.is_list:
        return sql("coalesce({}, {})", source, value([stored], f"{values.sql_type}[]"))
    return sql("coalesce({}, {})", source, value(stored, values.sql_type))


def _as_numbers(values: FieldValues, source: Sql) -> Sql:
    """Booleans as 0 and 1, instants as milliseconds."""
    listed = "[]" if values.is_list else ""
    if values.family == "boolean":
        return sql("({})::TINYINT" + listed, source)
    if values.family == "date" and values.field.nanos_per_unit == 1:
        if values.is_list:
            return sql("list_transform({}, lambda x: x / 1000000.0)", source)
        return sql("({} / 1000000.0)", source)
    return source


def _columns(metric: Metric, source: Sql, is_list: bool, values: FieldValues | None) -> MetricColumns:
    is_exact = values is not None and values.sql_type in ("BIGINT", "UBIGINT", "BOOLEAN")
    parts = _list_parts(source, is_exact) if is_list else _scalar_parts(source, is_exact)
    if metric.kind == "percentiles":
        return _percentile_columns(metric, parts["sorted"], values)
    shape = _SHAPES[metric.kind]

    def assemble(row: Row) -> JsonObject:
        return _shown(metric, values, shape(dict(zip(_PARTS[metric.kind], row, strict=True)), metric))

    expressions = tuple(parts[name] for name in _PARTS[metric.kind])
    return MetricColumns(metric.name, expressions, assemble, _orders(metric, parts))


def _orders(metric: Metric, parts: Mapping[str, Sql]) -> dict[str, Sql]:
    """By property, what buckets are ordered by."""
    count, total, squares = parts["count"], parts["sum"], parts["squares"]
    average = sql("({}) / nullif({}, 0)", total, count)
    orders = {**parts, "avg": average, "sum": sql("coalesce({}, 0)", total), "sum_of_squares": squares}
    for end, divisor in (("population", count), ("sampling", sql("({} - 1)", count))):
        spread = sql("(({}) - ({}) * ({}) / nullif({}, 0)) / nullif({}, 0)", squares, total, total, count, divisor)
        orders[f"variance_{end}"] = sql("greatest({}, 0)", spread)
        orders[f"std_deviation_{end}"] = sql("sqrt(greatest({}, 0))", spread)
    orders["variance"], orders["std_deviation"] = orders["variance_population"], orders["std_deviation_population"]
    for end, sign in (("upper", "+"), ("lower", "-")):
        bound = f"(({{}}) {sign} {metric.sigma!r} * ({{}}))"
        orders[f"std_{end}"] = sql(bound, average, orders["std_deviation"])
    orders["value"] = orders.get(_ORDER_PARTS.get(metric.kind, metric.kind), count)
    return orders


def _percentile_columns(metric: Metric, ordered: Sql, values: FieldValues | None) -> MetricColumns:
    """Percentiles are found between the two values next to a rank, as exact ones are."""
    keys = [str(each) for each in metric.percents]
    picked = {
        key: sql(f"list_aggregate({{}}, 'quantile_cont', {percent / 100!r})", ordered)
        for key, percent in zip(keys, metric.percents, strict=True)
    }
    as_text = _writer(metric, values)

    def assemble(row: Row) -> JsonObject:
        found = dict(zip(keys, row, strict=True))
        texts = {} if as_text is None else {key: as_text(cast("float", n)) for key, n in found.items() if n is not None}
        if metric.is_keyed:
            return {"values": {**found, **{f"{key}_as_string": text for key, text in texts.items()}}}
        named: list[JsonObject] = [{"key": float(key), "value": number} for key, number in found.items()]
        for each in named:
            if (text := texts.get(str(each["key"]))) is not None:
                each["value_as_string"] = text
        return {"values": named}

    return MetricColumns(metric.name, tuple(picked.values()), assemble, picked)


def _scalar_parts(source: Sql, is_exact: bool) -> dict[str, Sql]:
    return {
        "count": sql("count({})", source),
        "sum": sql("sum({})::DOUBLE" if is_exact else "fsum({})", source),
        "min": sql("min({})::DOUBLE", source),
        "max": sql("max({})::DOUBLE", source),
        "distinct": sql("count(DISTINCT {})", source),
        "squares": sql("fsum(({})::DOUBLE * ({})::DOUBLE)", source, source),
        "deviation": sql("mad(({})::DOUBLE)", source),
        "sorted": sql("list(({})::DOUBLE) FILTER (WHERE ({}) IS NOT NULL)", source, source),
    }


def _list_parts(source: Sql, is_exact: bool) -> dict[str, Sql]:
    return {
        "count": sql("coalesce(sum(len({})), 0)::BIGINT", source),
        "sum": sql("sum(list_sum({}))::DOUBLE" if is_exact else "fsum(list_sum({}))", source),
        "min": sql("min(list_min({}))::DOUBLE", source),
        "max": sql("max(list_max({}))::DOUBLE", source),
        "distinct": sql("coalesce(len(list_distinct(flatten(list({})))), 0)", source),
        "squares": sql("fsum(list_sum(list_transform({}, lambda x: x::DOUBLE * x::DOUBLE)))", source),
        "deviation": sql("list_aggregate(flatten(list(({})::DOUBLE[])), 'mad')", source),
        "sorted": sql("flatten(list(({})::DOUBLE[]))", source),
    }


_PARTS: Mapping[str, tuple[str, ...]] = {
    "avg": ("sum", "count"),
    "min": ("min",),
    "max": ("max",),
    "sum": ("sum",),
    "stats": ("count", "min", "max", "sum"),
    "extended_stats": ("count", "min", "max", "sum", "squares"),
    "value_count": ("count",),
    "cardinality": ("distinct",),
    "median_absolute_deviation": ("deviation",),
}
_ORDER_PARTS = {"value_count": "count", "cardinality": "distinct", "median_absolute_deviation": "deviation"}
_Parts = Mapping[str, object]


def _average(parts: _Parts) -> float | None:
    count = cast("int", parts["count"] or 0)
    return cast("float", parts["sum"]) / count if count else None


def _stats(parts: _Parts, _: Metric) -> JsonObject:
    return {
        "count": parts["count"] or 0,
        "min": parts["min"],
        "max": parts["max"],
        "avg": _average(parts),
        "sum": parts["sum"] or 0.0,
    }


def _extended_stats(parts: _Parts, metric: Metric) -> JsonObject:
    count, total, squares = (cast("float", parts[name] or 0) for name in ("count", "sum", "squares"))
    return {**_stats(parts, metric), **spread(int(count), total, squares, metric.sigma)}


_SHAPES: Mapping[str, Callable[[_Parts, Metric], JsonObject]] = {
    "avg": lambda parts, _: {"value": _average(parts)},
    "min": lambda parts, _: {"value": parts["min"]},
    "max": lambda parts, _: {"value": parts["max"]},
    "sum": lambda parts, _: {"value": parts["sum"] or 0.0},
    "stats": _stats,
    "extended_stats": _extended_stats,
    "value_count": lambda parts, _: {"value": parts["count"] or 0},
    "cardinality": lambda parts, _: {"value": parts["distinct"] or 0},
    "median_absolute_deviation": lambda parts, _: {"value": parts["deviation"]},
}


def _shown(metric: Metric, values: FieldValues | None, answer: JsonObject) -> JsonObject:
    """The answer with its values also as texts, for dates, booleans and with a format."""
    if metric.kind in ("value_count", "cardinality") and metric.format is None:
        return answer
    as_text = _writer(metric, values)
    if as_text is None:
        return answer
    numbers = {key: item for key, item in answer.items() if isinstance(item, int | float) and key != "count"}
    texts = {f"{key}_as_string": as_text(item) for key, item in numbers.items()}
    return {**answer, **texts}


def _writer(metric: Metric, values: FieldValues | None) -> Callable[[float], str] | None:
    if values is not None and values.family == "date" and metric.kind not in ("value_count", "cardinality"):
        field = values.field
        return lambda number: write_date(field, round(number * 1_000_000) // field.nanos_per_unit, metric.format)
    if metric.format is not None:
        pattern = metric.format
        return lambda number: format_number(number, pattern)
    if values is not None and values.family == "boolean" and metric.kind in ("min", "max"):
        return lambda number: "true" if number else "false"
    return None
