"""Shapes as documents and queries hold them (embedded-search.md 2.2)."""

import time

import pytest

from engine.search.local.errors import BadValue
from engine.search.local.geo_shape import parse_shape, show_shape, stored_shape

RING = [[0, 0], [4, 0], [4, 3], [0, 3], [0, 0]]
GEOJSON = {
    "Point": [1, 2],
    "LineString": [[0, 0], [1, 2]],
    "Polygon": [RING],
    "MultiPoint": [[0, 0], [1, 2]],
    "MultiLineString": [[[0, 0], [1, 2]], [[3, 3], [4, 4]]],
    "MultiPolygon": [[RING], [[[9, 9], [10, 9], [10, 10], [9, 9]]]],
}


@pytest.mark.parametrize("kind", GEOJSON)
def test_every_kind_of_geojson(kind):
    given = {"type": kind.lower(), "coordinates": GEOJSON[kind]}
    shown = show_shape(parse_shape(given), None)
    assert shown == {"type": kind, "coordinates": GEOJSON[kind]}
    again = show_shape(parse_shape(show_shape(parse_shape(given), "wkt")), None)
    assert again == shown


def test_a_collection_of_shapes():
    given = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}
    assert show_shape(parse_shape(given), "wkt") == "GEOMETRYCOLLECTION (POINT (1.0 2.0))"
    assert show_shape(parse_shape(given), "geojson") == given


def test_heights_are_left_out():
    assert show_shape(parse_shape({"type": "Point", "coordinates": [1, 2, 3]}), "wkt") == "POINT (1.0 2.0)"
    assert show_shape(parse_shape("POINT Z (1 2 3)"), "wkt") == "POINT (1.0 2.0)"


@pytest.mark.parametrize(
    "given",
    [
        {"type": "envelope", "coordinates": [[0, 3], [4, 0]]},
        "BBOX (0, 4, 3, 0)",
        "bbox(0.0,4.0,3.0,0.0)",
        {"type": "Polygon", "coordinates": [RING]},
    ],
)
def test_boxes(given):
    assert parse_shape(given).equals(parse_shape({"type": "Polygon", "coordinates": [RING]}))


def test_a_box_over_the_date_line_is_two():
    shape = parse_shape({"type": "envelope", "coordinates": [[170, 10], [-170, -10]]})
    for longitude, is_inside in ((175, True), (-175, True), (0, False), (165, False)):
        assert shape.intersects(parse_shape(f"POINT ({longitude} 0)")) is is_inside


def test_the_whole_world_is_a_box():
    assert parse_shape("POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))").area == 360 * 180


def test_a_wide_shape_is_wide_if_it_runs_counter_clockwise():
    assert parse_shape("POLYGON ((-170 0, 170 0, 170 10, -170 10, -170 0))").area == 3400
    assert parse_shape("LINESTRING (-170 0, 0 0, 170 0)").length == 340


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]}, "Self-intersection"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 3], [0, 3]]]}, "the last is the first again"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [0, 0]]]}, "at least four"),
        ({"type": "Polygon", "coordinates": []}, "at least one ring"),
        ({"type": "Polygon", "coordinates": 5}, "coordinates are arrays"),
        ({"type": "Polygon"}, "coordinates are arrays"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "failed to parse"),
        ({"type": "Point", "coordinates": [1]}, "a position is"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "a position is"),
        ({"type": "Point", "coordinates": [True, 2]}, "a position is"),
        ({"type": "Point", "coordinates": [1e300, 2]}, "a position is"),
        ({"type": "Point", "coordinates": [181, 2]}, "split the shape"),
        ({"type": "Point", "coordinates": [1, 91]}, "latitude 90"),
        ({"type": "Circle", "coordinates": [1, 2], "radius": "1km"}, r"type \[Circle\]"),
        ({"type": "GeometryCollection", "geometries": []}, "empty"),
        ({}, "type"),
        ({"type": "envelope", "coordinates": [[0, 0], [4, 3]]}, "north"),
        ({"type": "envelope", "coordinates": [[0, 0]]}, "two corners"),
        ("POLYGON ((170 0, -170 0, -170 10, 175 15, 170 10, 170 0))", "over the date line"),
        ("MULTIPOLYGON (((0 50, 1 50, 1 51, 0 50)), ((170 0, -170 0, -170 10, 170 0)))", "over the date line"),
        ("GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (LINESTRING (170 0, -170 0)))", "over the date line"),
        ("POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))", "Self-intersection"),
        ("POLYGON ((0 0, 4 0", "not WKT"),
        ("POINT EMPTY", "empty"),
        ("POINT (nan 0)", "failed to parse"),
        ("", "not WKT"),
        ("POINT (1 2); DROP", "not WKT"),
        (5, "an object"),
        ([1, 2], "an object"),
        (True, "an object"),
    ],
)
def test_what_is_no_shape_is_refused_with_a_reason(given, reason):
    with pytest.raises(BadValue, match=reason):
        parse_shape(given)


def zigzag(count):
    return [[at * 1e-4 % 90, at % 2] for at in range(count)]


@pytest.mark.parametrize(
    "given",
    [
        {"type": "LineString", "coordinates": zigzag(1_000_000)},
        {"type": "Polygon", "coordinates": [[*zigzag(1_000_000), [0, 0]]]},
        f"LINESTRING ({', '.join(f'{x} {y}' for x, y in zigzag(1_000_000))})",
        "GEOMETRYCOLLECTION (" * 100_000 + "POINT (1 1)" + ")" * 100_000,
    ],
)
def test_huge_shapes_are_refused_soon(given):
    began = time.process_time()
    with pytest.raises(BadValue, match=r"more than 200000 positions|nested deeper"):
        parse_shape(given)
    assert time.process_time() - began < 60


def test_deep_collections_are_refused():
    given = {"type": "Point", "coordinates": [1, 2]}
    for _ in range(12):
        given = {"type": "GeometryCollection", "geometries": [given]}
    with pytest.raises(BadValue, match="nested deeper"):
        parse_shape(given)


def test_what_is_stored_is_one_text():
    assert stored_shape("POINT (1 2)") == stored_shape({"type": "Point", "coordinates": [1, 2]})
