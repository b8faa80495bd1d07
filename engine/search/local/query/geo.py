"""The query ``geo_shape``: documents by where their points or shapes are (embedded-search.md 4)."""

from dataclasses import dataclass
from typing import Literal, get_args

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import BadValue, illegal, parsing
from engine.search.local.geo_shape import Geometry, parse_shape
from engine.search.local.query.nodes import Query
from engine.search.local.shape import as_bool, as_number, as_object, as_text, check_keys, only_key
from engine.search.local.shape import pointer as inside

SpatialRelation = Literal["intersects", "disjoint", "within", "contains"]


@dataclass(frozen=True, slots=True)
class IndexedShape:
    """A shape that a document of an index holds at a path."""

    index: str
    id: str
    path: str = "shape"


@dataclass(frozen=True, slots=True)
class GeoShape(Query):
    """Documents whose values have a relation to a shape: to be ``within`` it, to ``contain`` it, and so on."""

    field: str
    shape: Geometry | IndexedShape
    relation: SpatialRelation = "intersects"


def parse_geo_shape(content: JsonObject, at: str) -> Query:
    """The query at a JSON pointer. Raises SearchError 400."""
    rest = {key: value for key, value in content.items() if key not in ("boost", "_name", "ignore_unmapped")}
    boost = as_number(content.get("boost", 1.0), inside(at, "boost"))
    name = content.get("_name")
    # Unmapped fields match nothing in any case.
    as_bool(content.get("ignore_unmapped", False), inside(at, "ignore_unmapped"))
    field, given = only_key(rest, at, "[geo_shape] query")
    here = inside(at, field)
    options = as_object(given, here)
    check_keys(options, ("shape", "indexed_shape", "relation"), here, "geo_shape")
    if ("shape" in options) == ("indexed_shape" in options):
        raise parsing("[geo_shape] query needs either [shape] or [indexed_shape]", here)
    shape = (
        _shape(options["shape"], inside(here, "shape"))
        if "shape" in options
        else _indexed(options["indexed_shape"], inside(here, "indexed_shape"))
    )
    query_name = None if name is None else as_text(name, inside(at, "_name"))
    return GeoShape(field, shape, _relation(options, here), boost=boost, name=query_name)


def _shape(given: JsonValue, at: str) -> Geometry:
    try:
        return parse_shape(given)
    except BadValue as problem:
        raise illegal(problem.reason, at) from None


def _indexed(given: JsonValue, at: str) -> IndexedShape:
    members = as_object(given, at)
    check_keys(members, ("index", "id", "path", "routing"), at, "indexed_shape")
    index, document_id = (as_text(members.get(key), inside(at, key)) for key in ("index", "id"))
    return IndexedShape(index, document_id, as_text(members.get("path", "shape"), inside(at, "path")))


def _relation(options: JsonObject, at: str) -> SpatialRelation:
    given = str(options.get("relation", "intersects")).lower()
    for known in get_args(SpatialRelation):
        if given == known:
            return known  # type: ignore[no-any-return]
    raise illegal(
        f"relation is one of {', '.join(get_args(SpatialRelation))}, not [{given[:100]}]", inside(at, "relation")
    )
