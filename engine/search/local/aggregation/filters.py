"""``filters``: a bucket for every query, and one for the documents that meet none (embedded-search.md 8)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.frames import Frame
from engine.search.local.aggregation.nodes import Aggregation, Buckets, Filter, Filters, NestedObjects, ReverseNested
from engine.search.local.errors import illegal, parsing
from engine.search.local.fragment import FALSE, Sql, sql, value
from engine.search.local.index import IndexView
from engine.search.local.query.conditions import QueryContext, compile_query
from engine.search.local.query.geo import GeoShape, IndexedShape
from engine.search.local.query.nodes import Query
from engine.search.local.query.parse import parse_query
from engine.search.local.relation import Relation
from engine.search.local.shape import as_bool, as_text, check_keys, pointer, type_word

_OTHER_KEY = "_other_"


def parse_filters(base: Buckets, members: JsonObject) -> Filters:
    """The aggregation. Raises SearchError 400."""
    at = base.at
    check_keys(members, ("filters", "other_bucket", "other_bucket_key", "keyed"), at, "filters")
    here = pointer(at, "filters")
    given = members.get("filters")
    if not isinstance(given, dict | list):
        raise parsing(f"expected an object or an array but found {type_word(given)}", here)
    if not given:
        raise illegal("[filters] cannot be empty", here)
    named = given.items() if isinstance(given, dict) else enumerate(given)
    queries = tuple((str(name), parse_query(body, pointer(here, name))) for name, body in named)
    other = members.get("other_bucket_key")
    other_key = None if other is None else as_text(other, pointer(at, "other_bucket_key"))
    if other_key is None and as_bool(members.get("other_bucket", False), pointer(at, "other_bucket")):
        other_key = _OTHER_KEY
    is_keyed = as_bool(members.get("keyed", True), pointer(at, "keyed"))
    is_named = isinstance(given, dict)
    return Filters(base.name, at, base.meta, base.children, queries, other_key, is_named, is_named and is_keyed)


def ask_for_tokens(aggregations: Sequence[Aggregation], views: Sequence[IndexView], context: QueryContext) -> None:
    """Note in ``missing_tokens`` what the filters need before they can be judged. Raises SearchError."""
    asked = [found for view in views for found in _filters_in(aggregations, view, view)]
    if asked:
        nothing = context.shapes.limited({view.table: FALSE for view, _ in asked})
        nothing.load(_indexed_shapes(query for _, query in asked))
        sketch = replace(context, shapes=nothing)
        for view, query in asked:
            compile_query(query, view, sketch)


def _filters_in(
    aggregations: Sequence[Aggregation], view: IndexView, documents: IndexView
) -> Iterator[tuple[IndexView, Query]]:
    """Every filter with the documents, or nested objects, of an index that it judges."""
    for each in aggregations:
        if isinstance(each, Filters):
            yield from ((view, query) for _, query in each.queries)
        elif isinstance(each, Filter):
            yield view, each.query
        inside: IndexView | None = view
        if isinstance(each, NestedObjects):
            inside = next(iter(view.way_to(each.path)[-1:]), None)
        elif isinstance(each, ReverseNested):
            inside = documents if each.path is None else next(iter(documents.way_to(each.path)[-1:]), None)
        if isinstance(each, Buckets) and inside is not None:
            yield from _filters_in(each.children, inside, documents)


@dataclass(frozen=True, slots=True)
class FiltersFrame:
    """The documents of filters: bucket ``parent * width + i`` holds those of filter i, the last those of none.

    ``numbers``, ``indices`` and ``documents`` say together which document meets which filter.
    """

    parent: Frame
    width: int
    has_other: bool
    numbers: list[int]
    indices: list[int]
    documents: list[int]

    @property
    def relation(self) -> Relation:
        return self.parent.relation

    def sql(self) -> Sql:
        slots = "".join(f", d.{name}" for name in self.relation.slots)
        met = sql(
            "SELECT unnest({}) AS number, unnest({}) AS ix, unnest({}) AS seq",
            value(self.numbers, "BIGINT[]"),
            value(self.indices, "INTEGER[]"),
            value(self.documents, "BIGINT[]"),
        )
        on = "AS p ON d.ix = p.ix AND d.seq = p.seq"
        found = sql(
            f"SELECT d.ord * {self.width} + p.number AS ord, d.ix, d.seq{slots} FROM ({{}}) AS d JOIN ({{}}) {on}",
            self.parent.sql(),
            met,
        )
        if not self.has_other:
            return found
        head = f"SELECT d.ord * {self.width} + {self.width - 1} AS ord, d.ix, d.seq{slots} FROM"
        others = sql(f"{head} ({{}}) AS d ANTI JOIN ({{}}) {on}", self.parent.sql(), met)
        return sql("{} UNION ALL {}", found, others)


def bind_filters(plan: Filters, frame: Frame, context: QueryContext) -> FiltersFrame:
    """Judge the documents of the search by every filter. Raises SearchError."""
    parts = frame.relation.parts
    limited = context.shapes.limited({part.view.table: part.query.where for part in parts})
    limited.load(_indexed_shapes(query for _, query in plan.queries))
    context = replace(context, shapes=limited)
    has_other = plan.other_key is not None
    bound = FiltersFrame(frame, len(plan.queries) + has_other, has_other, [], [], [])
    for ix, part in enumerate(parts):
        for number, (_, query) in enumerate(plan.queries):
            documents = _matching(query, part.view, part.query.where, context)
            bound.numbers.extend([number] * len(documents))
            bound.indices.extend([ix] * len(documents))
            bound.documents.extend(documents)
    return bound


def _matching(query: Query, view: IndexView, where: Sql, context: QueryContext) -> Sequence[int]:
    if isinstance(query, GeoShape):
        return sorted(context.shapes.matching(view, query))
    condition = compile_query(query, view, context).where
    statement = sql("SELECT seq FROM " + view.table + " WHERE ({}) AND ({})", where, condition)
    return [int(str(row[0])) for row in context.shapes.run.fetch(statement)]


def _indexed_shapes(queries: Iterable[Query]) -> Iterator[IndexedShape]:
    for query in queries:
        if isinstance(query, GeoShape) and isinstance(query.shape, IndexedShape):
            yield query.shape
