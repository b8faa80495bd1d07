"""The forms in which a document or a query may hold a shape, and how shapes are kept (embedded-search.md 2.2).

Shapes come from strangers: size and nesting are bounded before anything is built, and what cannot be told inside from
outside is refused. The geometry library takes a while to load, so it is loaded with the first shape.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import BadValue

Geometry: TypeAlias = Any
"""A geometry of the library."""

_MOST_POINTS = 200_000
_DEEPEST = 10
_NUMBER = r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*"
_BBOX = re.compile(rf"\s*BBOX\s*\({_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\)\s*", re.IGNORECASE | re.ASCII)
_SPLIT = "split the shape at the date line"


def parse_shape(value: JsonValue) -> Geometry:
    """A shape from GeoJSON or WKT. Raises BadValue."""
    if isinstance(value, str):
        geometry = _from_wkt(value)
    elif isinstance(value, dict):
        geometry = _from_geojson(value, 0, _Budget())
    else:
        raise _bad("a shape is an object (GeoJSON) or a text (WKT)")
    return _checked(geometry)


def stored_shape(value: JsonValue) -> str:
    """A shape as it is kept: the hexadecimal digits of its binary form. Raises BadValue."""
    import shapely

    return str(shapely.to_wkb(parse_shape(value), hex=True))


def show_shape(geometry: Geometry, form: str | None) -> JsonValue:
    """GeoJSON, or WKT where ``form`` is ``wkt``."""
    from shapely.geometry import mapping

    shown: JsonObject = mapping(geometry)
    return _wkt(shown) if form == "wkt" else _listed(shown)


def _checked(geometry: Geometry) -> Geometry:
    import shapely

    if geometry.is_empty:
        raise _bad("it is empty")
    west, south, east, north = geometry.bounds
    if not all(map(math.isfinite, geometry.bounds)):
        raise _bad("a coordinate is not finite")
    if south < -90 or north > 90 or west < -180 or east > 180:
        raise _bad(
            f"it reaches from [{west} {south}] to [{east} {north}], beyond longitude 180 or latitude 90: {_SPLIT}"
        )
    if not shapely.is_valid(geometry):
        raise _bad(f"it is not valid: {shapely.is_valid_reason(geometry)}")
    if any(map(_goes_over_date_line, _parts(geometry))):
        raise _bad(f"it reads as going over the date line: {_SPLIT}, or list its positions counter-clockwise")
    return geometry


def _parts(geometry: Geometry) -> Iterator[Geometry]:
    for part in getattr(geometry, "geoms", (geometry,)):
        if hasattr(part, "geoms"):
            yield from _parts(part)
        else:
            yield part


def _goes_over_date_line(part: Geometry) -> bool:
    """Whether a cluster would take the short way over the date line where plane geometry takes the long one round.

    It does so with wide polygons whose positions run clockwise, and with wide steps of lines.
    """
    west, _, east, _ = part.bounds
    if not 180 < east - west < 360:
        return False
    if part.geom_type == "Polygon":
        return not part.exterior.is_ccw
    longitudes = [position[0] for position in part.coords]
    return any(abs(after - before) > 180 for before, after in pairwise(longitudes))


def _from_wkt(text: str) -> Geometry:
    import shapely

    box = _BBOX.fullmatch(text)
    if box is not None:
        west, east, north, south = map(float, box.groups())
        return _envelope(west, north, east, south)
    if text.count(",") >= _MOST_POINTS:
        raise _too_many()
    depth = 0
    for character in re.findall(r"[()]", text):
        depth += 1 if character == "(" else -1
        if depth > _DEEPEST:
            raise _bad(f"it is nested deeper than {_DEEPEST}")
    try:
        return shapely.force_2d(shapely.from_wkt(text))
    except (shapely.errors.GEOSException, ValueError) as error:
        raise _bad(f"it is not WKT: {str(error)[:200]}") from None


class _Budget:
    """Counts points while a shape is read."""

    def __init__(self) -> None:
        self._left = _MOST_POINTS

    def point(self, value: JsonValue) -> tuple[float, float]:
        self._left -= 1
        if self._left < 0:
            raise _too_many()
        if not isinstance(value, list) or len(value) not in (2, 3) or not all(map(_is_number, value)):
            raise _bad(f"a position is [longitude, latitude], not {str(value)[:100]}")
        return float(value[0]), float(value[1])

    def line(self, value: JsonValue) -> list[tuple[float, float]]:
        return [self.point(each) for each in _list(value)]

    def ring(self, value: JsonValue) -> list[tuple[float, float]]:
        line = self.line(value)
        if len(line) < 4 or line[0] != line[-1]:
            raise _bad("a ring of a polygon has at least four positions, and the last is the first again")
        return line

    def rings(self, value: JsonValue) -> list[list[tuple[float, float]]]:
        rings = [self.ring(each) for each in _list(value)]
        if not rings:
            raise _bad("a polygon has at least one ring")
        return rings


def _from_geojson(value: JsonObject, depth: int, budget: _Budget) -> Geometry:
    import shapely

    if depth > _DEEPEST:
        raise _bad(f"it is nested deeper than {_DEEPEST}")
    kind = str(value.get("type", "")).lower()
    if kind == "geometrycollection":
        parts = [each for each in _list(value.get("geometries")) if isinstance(each, dict)]
        return shapely.GeometryCollection([_from_geojson(each, depth + 1, budget) for each in parts])
    coordinates = value.get("coordinates")
    if kind == "envelope":
        return _from_envelope(coordinates, budget)
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise _bad(f"type [{str(value.get('type'))[:100]}] is none of {', '.join([*_BUILDERS, 'envelope'])}")
    try:
        return builder(budget, coordinates)
    except (shapely.errors.GEOSException, ValueError) as error:
        raise _bad(str(error)[:200]) from None


def _polygon(rings: list[list[tuple[float, float]]]) -> Geometry:
    import shapely

    return shapely.Polygon(rings[0], rings[1:])


def _build(name: str, content: Any) -> Geometry:
    import shapely

    return getattr(shapely, name)(content)


_BUILDERS: Mapping[str, Callable[[_Budget, JsonValue], Geometry]] = {
    "point": lambda budget, given: _build("Point", budget.point(given)),
    "linestring": lambda budget, given: _build("LineString", budget.line(given)),
    "polygon": lambda budget, given: _polygon(budget.rings(given)),
    "multipoint": lambda budget, given: _build("MultiPoint", budget.line(given)),
    "multilinestring": lambda budget, given: _build("MultiLineString", [budget.line(each) for each in _list(given)]),
    "multipolygon": lambda budget, given: _build(
        "MultiPolygon", [_polygon(budget.rings(each)) for each in _list(given)]
    ),
}


def _from_envelope(coordinates: JsonValue, budget: _Budget) -> Geometry:
    corners = budget.line(coordinates)
    if len(corners) != 2:
        raise _bad("an envelope has two corners, [[west, north], [east, south]]")
    (west, north), (east, south) = corners
    return _envelope(west, north, east, south)


def _envelope(west: float, north: float, east: float, south: float) -> Geometry:
    """A box; one whose west is east of its east goes over the date line."""
    import shapely

    if south > north:
        raise _bad("the north of a box is not south of its south")
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union_all([shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)])


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise _bad("coordinates are arrays")
    return value


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _too_many() -> BadValue:
    return _bad(f"it has more than {_MOST_POINTS} positions: simplify it")


def _bad(reason: str) -> BadValue:
    return BadValue("parse_exception", f"failed to parse geo_shape: {reason}")


def _listed(shown: JsonObject) -> JsonObject:
    if "geometries" in shown:
        return {"type": shown["type"], "geometries": [_listed(each) for each in shown["geometries"]]}
    return {"type": shown["type"], "coordinates": _as_lists(shown["coordinates"])}


def _as_lists(value: Any) -> JsonValue:
    return [_as_lists(each) for each in value] if isinstance(value, tuple | list) else value


def _wkt(shown: JsonObject) -> str:
    """As Elasticsearch writes it: every number with its fraction."""
    name = str(shown["type"]).upper()
    if "geometries" in shown:
        return f"{name} ({', '.join(_wkt(each) for each in shown['geometries'])})"
    content = shown["coordinates"]
    if name == "POINT":
        return f"{name} ({_position(content)})"
    return f"{name} {_positions(content, is_multipoint=name == 'MULTIPOINT')}"


def _positions(value: Any, *, is_multipoint: bool) -> str:
    if isinstance(value[0], float | int):
        return f"({_position(value)})" if is_multipoint else _position(value)
    return f"({', '.join(_positions(each, is_multipoint=is_multipoint) for each in value)})"


def _position(value: Any) -> str:
    return f"{float(value[0])} {float(value[1])}"
