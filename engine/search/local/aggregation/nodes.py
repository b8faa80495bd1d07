"""Aggregations as typed values (embedded-search.md 7, 8, 9)."""

from dataclasses import dataclass
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.plan import HitsRequest
from engine.search.local.query.nodes import Query
from engine.search.local.script import Expression

MetricKind = Literal["avg", "min", "max", "sum", "stats", "extended_stats", "value_count", "cardinality",
                     "percentiles", "median_absolute_deviation"]  # fmt: skip
SiblingKind = Literal["stats_bucket", "extended_stats_bucket", "avg_bucket", "sum_bucket", "min_bucket", "max_bucket",
                      "percentiles_bucket"]  # fmt: skip
RunningKind = Literal["cumulative_sum", "derivative", "serial_diff"]
GapPolicy = Literal["skip", "insert_zeros", "keep_values"]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What all aggregations share. ``at``: JSON pointer of the aggregation in the request."""

    name: str
    at: str
    meta: JsonObject | None


@dataclass(frozen=True, slots=True)
class Metric(Aggregation):
    """A metric of a field's values. ``percents`` and ``is_keyed`` are for percentiles, ``sigma`` for extended_stats."""

    kind: MetricKind
    field: str
    missing: JsonValue = None
    format: str | None = None
    percents: tuple[float, ...] = ()
    is_keyed: bool = True
    sigma: float = 2.0


@dataclass(frozen=True, slots=True)
class KeySource:
    """A field whose values are bucket keys."""

    field: str
    missing: JsonValue = None
    value_type: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One criterion of bucket order: ``_key``, ``_count`` or a metric (with a property)."""

    target: str
    descending: bool
    property: str = "value"


@dataclass(frozen=True, slots=True)
class Buckets(Aggregation):
    """What bucket aggregations share."""

    children: tuple[Aggregation, ...]


@dataclass(frozen=True, slots=True)
class Terms(Buckets):
    """``terms`` (one source) and ``multi_terms`` (``is_multi``). ``include``/``exclude``: keys, or an expression."""

    sources: tuple[KeySource, ...]
    is_multi: bool = False
    size: int = 10
    order: tuple[Order, ...] = (Order("_count", True),)
    min_doc_count: int = 1
    include: tuple[JsonValue, ...] | str | None = None
    exclude: tuple[JsonValue, ...] | str | None = None
    format: str | None = None
    shows_error: bool = False


@dataclass(frozen=True, slots=True)
class DateBounds:
    """One range as requested; None = open."""

    start: JsonValue
    end: JsonValue
    key: str | None


@dataclass(frozen=True, slots=True)
class DateRange(Buckets):
    """``date_range``."""

    field: str
    ranges: tuple[DateBounds, ...]
    format: str | None = None
    time_zone: str | None = None
    missing: JsonValue = None
    is_keyed: bool = False


@dataclass(frozen=True, slots=True)
class Filters(Buckets):
    """``filters``: named queries, or anonymous ones under their positions. ``other_key``: of those that meet none."""

    queries: tuple[tuple[str, Query], ...]
    other_key: str | None = None
    is_named: bool = True
    is_keyed: bool = True


@dataclass(frozen=True, slots=True)
class Filter(Buckets):
    """``filter``: the documents that meet a query."""

    query: Query

    def as_filters(self) -> Filters:
        """The same as one of several filters."""
        return Filters(self.name, self.at, self.meta, self.children, (("", self.query),))


@dataclass(frozen=True, slots=True)
class Missing(Buckets):
    """``missing``: the documents without a value. ``is_filled``: each of them is given one, so that there are none."""

    field: str
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class Everything(Buckets):
    """``global``: all documents of the indices, whatever the query says."""


@dataclass(frozen=True, slots=True)
class NestedObjects(Buckets):
    """``nested``: the nested objects of a path."""

    path: str


@dataclass(frozen=True, slots=True)
class ReverseNested(Buckets):
    """``reverse_nested``: from nested objects back to those around them, or (None) to their documents."""

    path: str | None = None


@dataclass(frozen=True, slots=True)
class NumberStep:
    """Buckets of one width."""

    width: float
    offset: float = 0.0


CalendarUnit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class DateStep:
    """Buckets of a calendar unit, or of so many milliseconds (``width``); ``offset`` in milliseconds."""

    unit: CalendarUnit | None
    width: int = 0
    offset: int = 0
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class StepBounds:
    """Where buckets begin and end; None = open."""

    low: JsonValue
    high: JsonValue


@dataclass(frozen=True, slots=True)
class Histogram(Buckets):
    """``histogram`` and ``date_histogram``. ``extended``: buckets that are there in any case; ``hard``: no others."""

    field: str
    step: NumberStep | DateStep
    min_doc_count: int = 0
    order: tuple[Order, ...] = (Order("_key", False),)
    extended: StepBounds | None = None
    hard: StepBounds | None = None
    missing: JsonValue = None
    is_keyed: bool = False
    format: str | None = None


@dataclass(frozen=True, slots=True)
class NumberRange(Buckets):
    """``range`` and ``ip_range`` (``is_of_ips``). Of the latter's ranges a ``mask`` is the key and both ends."""

    field: str
    ranges: tuple[DateBounds, ...]
    missing: JsonValue = None
    is_keyed: bool = False
    format: str | None = None
    is_of_ips: bool = False


@dataclass(frozen=True, slots=True)
class CompositeSource:
    """One part of composite keys. ``step`` is None for ``terms``. ``has_null``: documents without a value count, too,
    before the others if ``is_null_first``."""

    name: str
    field: str
    step: NumberStep | DateStep | None
    is_date: bool
    descending: bool
    has_null: bool
    is_null_first: bool
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Composite(Buckets):
    """``composite``: buckets of the combinations of several sources, in pages."""

    sources: tuple[CompositeSource, ...]
    size: int = 10
    after: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class TopHits(Aggregation):
    """``top_hits``."""

    hits: HitsRequest


@dataclass(frozen=True, slots=True)
class BucketScript(Aggregation):
    """``bucket_selector`` (``is_selector``) keeps the buckets for which the script holds, ``bucket_script`` adds what
    it gives. ``paths``: parameter -> buckets path."""

    paths: tuple[tuple[str, str], ...]
    script: Expression
    params: JsonObject
    gap_policy: GapPolicy = "skip"
    is_selector: bool = False
    format: str | None = None


@dataclass(frozen=True, slots=True)
class BucketSort(Aggregation):
    """``bucket_sort``: the order of buckets by paths, and which of them are left. ``size`` None: all."""

    keys: tuple[Order, ...]
    start: int = 0
    size: int | None = None
    gap_policy: GapPolicy = "skip"


@dataclass(frozen=True, slots=True)
class RunningPipeline(Aggregation):
    """A value that each bucket of a histogram gets from those before it."""

    kind: RunningKind
    path: str
    gap_policy: GapPolicy = "skip"
    format: str | None = None
    lag: int = 1


@dataclass(frozen=True, slots=True)
class SiblingPipeline(Aggregation):
    """A metric over the buckets of a sibling."""

    kind: SiblingKind
    path: str
    gap_policy: GapPolicy = "skip"
    format: str | None = None
    percents: tuple[float, ...] = ()
    sigma: float = 2.0
