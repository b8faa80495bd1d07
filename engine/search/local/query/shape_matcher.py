"""Which documents are where a ``geo_shape`` query asks for: candidates by SQL, the rest by the geometry library."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from engine.search.local.database import Run
from engine.search.local.errors import BadValue, illegal, index_not_found, shard_failure
from engine.search.local.fragment import Sql, sql, value
from engine.search.local.geo_shape import Geometry, parse_shape
from engine.search.local.index import Index, IndexView, made_id
from engine.search.local.query.geo import GeoShape, IndexedShape, SpatialRelation
from engine.search.local.query.metadata import id_condition
from engine.search.local.source_values import values_at
from engine.search.local.table import Column

_PREDICATES: Mapping[SpatialRelation, str] = {
    "intersects": "intersects",
    "disjoint": "intersects",
    "within": "covers",
    "contains": "covered_by",
}
"""What the query's shape does to a value, as the library names it."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Values with the numbers of their documents, in a search tree."""

    numbers: list[int]
    tree: Any


@dataclass(slots=True)
class ShapeMatcher:
    """The shapes of one search on its snapshot.

    ``within``: by table, the condition of the documents that matter; their values are then read once for all queries.
    """

    run: Run
    find_index: Callable[[str], Index | None]
    within: Mapping[str, Sql] = field(default_factory=dict)
    _shapes: dict[IndexedShape, Geometry] = field(default_factory=dict)
    _candidates: dict[tuple[str, str], _Candidates] = field(default_factory=dict)

    def limited(self, within: Mapping[str, Sql]) -> "ShapeMatcher":
        """The same for a part of the documents."""
        return replace(self, within=within, _candidates={})

    def matching(self, view: IndexView, query: GeoShape) -> set[int]:
        """The numbers of the documents that match. Raises SearchError for an indexed shape that is not there."""
        geometry = self._geometry(query.shape)
        mapped, column = view.fields.get(query.field), view.column(query.field)
        if mapped is not None and mapped.family not in ("geo_point", "geo_shape"):
            reason = f"Field [{mapped.name}] is of unsupported type [{mapped.type}] for [geo_shape] query"
            raise shard_failure(view.name, "query_shard_exception", reason)
        if mapped is None or column is None:
            return set()
        is_point = mapped.family == "geo_point"
        if query.relation == "contains" and is_point and geometry.geom_type != "Point":
            return set()
        candidates = self._read(view, column, geometry, query.relation, is_point=is_point)
        hit = candidates.tree.query(geometry, predicate=_PREDICATES[query.relation]).tolist()
        numbers = {candidates.numbers[at] for at in hit}
        if query.relation == "disjoint":
            return set(candidates.numbers) - numbers
        if query.relation == "within" and column.is_list:
            met = set(hit)
            numbers -= {number for at, number in enumerate(candidates.numbers) if at not in met}
        return numbers

    def load(self, shapes: Iterable[IndexedShape]) -> None:
        """Read many indexed shapes at once."""
        wanted: dict[tuple[str, str], list[IndexedShape]] = {}
        for each in shapes:
            if each not in self._shapes:
                wanted.setdefault((each.index, each.path), []).append(each)
        for (index, path), listed in wanted.items():
            kept = self._kept(index, path, [each.id for each in listed])
            documents = self._documents(index, [each.id for each in listed if each.id not in kept])
            for each in listed:
                is_kept = each.id in kept
                self._shapes[each] = kept[each.id] if is_kept else _shape_of(documents.get(each.id), each, path)

    def _geometry(self, shape: Geometry | IndexedShape) -> Geometry:
        if not isinstance(shape, IndexedShape):
            return shape
        self.load([shape])
        return self._shapes[shape]

    def _kept(self, name: str, path: str, ids: list[str]) -> dict[str, Geometry]:
        """By id, the shapes that the index keeps as such: to read one from its document takes fifty times as long."""
        import shapely

        view = self._view(name)
        mapped, column = view.fields.get(path), view.column(path)
        if mapped is None or mapped.family != "geo_shape" or column is None or column.is_list:
            return {}
        found = {key: kept for key, kept in self._rows(view, column.name, ids) if kept is not None}
        return dict(zip(found, shapely.from_wkb(list(found.values())), strict=True))

    def _documents(self, name: str, ids: list[str]) -> dict[str, Any]:
        return {key: orjson.loads(str(text)) for key, text in self._rows(self._view(name), "src", ids)}

    def _rows(self, view: IndexView, column: str, ids: list[str]) -> Iterator[tuple[str, object]]:
        """Id and column of each document that is there."""
        if ids:
            statement = sql(f"SELECT id, seq, {column} FROM {view.table} WHERE {{}}", id_condition(view, ids))
            for document_id, number, found in self.run.fetch(statement):
                yield made_id(view.name, int(str(number))) if document_id is None else str(document_id), found

    def _view(self, name: str) -> IndexView:
        index = self.find_index(name)
        if index is None:
            raise index_not_found(name)
        with index.lock:
            return index.view()

    def _read(
        self, view: IndexView, column: Column, geometry: Geometry, relation: SpatialRelation, *, is_point: bool
    ) -> _Candidates:
        scope = self.within.get(view.table)
        if scope is not None:
            key = view.table, column.name
            if key not in self._candidates:
                self._candidates[key] = self._fetch(view, column, scope, is_point=is_point)
            return self._candidates[key]
        needs_all = relation == "disjoint" or (relation == "within" and column.is_list)
        box = None if needs_all or not is_point else _in_box(geometry)
        return self._fetch(view, column, Sql("TRUE"), is_point=is_point, box=box)

    def _fetch(
        self, view: IndexView, column: Column, scope: Sql, *, is_point: bool, box: Sql | None = None
    ) -> _Candidates:
        import shapely

        one = f"unnest({column.name})" if column.is_list else column.name
        values = sql(f"SELECT seq, {one} AS x FROM {view.table} WHERE {column.name} IS NOT NULL AND ({{}})", scope)
        picked = "x.lon, x.lat" if is_point else "x"
        rows = self.run.fetch(sql(f"SELECT seq, {picked} FROM ({{}}) WHERE {{}}", values, box or Sql("TRUE")))
        numbers = [int(str(row[0])) for row in rows]
        if is_point:
            geometries = shapely.points([row[1] for row in rows], [row[2] for row in rows]) if rows else []
        else:
            geometries = shapely.from_wkb([row[1] for row in rows])
        return _Candidates(numbers, shapely.STRtree(geometries))


def _in_box(geometry: Geometry) -> Sql:
    west, south, east, north = (value(each, "DOUBLE") for each in geometry.bounds)
    return sql("x.lon BETWEEN {} AND {} AND x.lat BETWEEN {} AND {}", west, east, south, north)


def _shape_of(document: Any, shape: IndexedShape, path: str) -> Geometry:
    if document is None:
        raise illegal(f"Shape with ID [{shape.id}] in index [{shape.index}] not found")
    found = [each for each in values_at(document, path) if each is not None]
    if not found:
        raise illegal(f"Shape with ID [{shape.id}] in index [{shape.index}] found but missing [{path}] field")
    try:
        return parse_shape(found[0])
    except BadValue as problem:
        raise illegal(f"Shape with ID [{shape.id}] in index [{shape.index}]: {problem.reason}") from None
