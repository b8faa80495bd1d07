"""What a search asks for, as typed values: the outcome of reading a request and the input of running it."""

from dataclasses import dataclass
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.query.nodes import Query
from engine.search.local.script import Expression

MetricKind = Literal["avg", "min", "max", "sum", "stats", "value_count", "cardinality"]
GapPolicy = Literal["skip", "insert_zeros", "keep_values"]


@dataclass(frozen=True, slots=True)
class FieldRequest:
    """A pattern of ``fields`` or ``docvalue_fields``."""

    pattern: str
    format: str | None = None
    include_unmapped: bool = False


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """What of ``_source`` is returned."""

    is_returned: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort key: a field, ``_score`` or ``_doc``. ``missing``: ``_last``, ``_first`` or a value."""

    field: str
    descending: bool = False
    missing: JsonValue = "_last"
    unmapped_type: str | None = None
    mode: Literal["min", "max", "sum", "avg", "median"] | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class HitsRequest:
    """Which documents are returned, in which order, and what of them. No ``sort`` means by score."""

    size: int = 10
    start: int = 0
    sort: tuple[SortKey, ...] = ()
    source: SourceFilter = SourceFilter()
    fields: tuple[FieldRequest, ...] = ()
    docvalue_fields: tuple[FieldRequest, ...] = ()
    has_id: bool = True
    has_version: bool = False
    has_seq_no: bool = False


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What all aggregations share. ``at``: JSON pointer of the aggregation in the request."""

    name: str
    at: str
    meta: JsonObject | None


@dataclass(frozen=True, slots=True)
class Metric(Aggregation):
    """A metric of a field's values."""

    kind: MetricKind
    field: str
    missing: JsonValue = None
    format: str | None = None


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
    """``terms`` (one source) and ``multi_terms`` (``is_multi``). ``include``/``exclude`` list exact keys."""

    sources: tuple[KeySource, ...]
    is_multi: bool = False
    size: int = 10
    order: tuple[Order, ...] = (Order("_count", True),)
    min_doc_count: int = 1
    include: tuple[JsonValue, ...] | None = None
    exclude: tuple[JsonValue, ...] | None = None
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
class TopHits(Aggregation):
    """``top_hits``."""

    hits: HitsRequest


@dataclass(frozen=True, slots=True)
class BucketSelector(Aggregation):
    """``bucket_selector``: keeps the buckets for which the script holds. ``paths``: parameter -> buckets path."""

    paths: tuple[tuple[str, str], ...]
    script: Expression
    params: JsonObject
    gap_policy: GapPolicy = "skip"


@dataclass(frozen=True, slots=True)
class StatsBucket(Aggregation):
    """``stats_bucket``: statistics over the buckets of a sibling."""

    path: str
    gap_policy: GapPolicy = "skip"
    format: str | None = None


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A whole search. ``total_limit``: None = count exactly, 0 = do not report a total."""

    query: Query
    hits: HitsRequest
    total_limit: int | None = 10_000
    aggregations: tuple[Aggregation, ...] = ()
    has_aggregations: bool = False
