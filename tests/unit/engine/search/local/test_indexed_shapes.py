"""Shapes that a query names by document and path, however the index keeps them (embedded-search.md 4)."""

from typing import Any

import pytest

from engine.search.local import LocalSearch

WEST, EAST = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0))"
PLACES = [{"_id": "w", "place": [5, 5]}, {"_id": "e", "place": [15, 5]}]


@pytest.fixture
def map_(search: LocalSearch) -> None:
    """In ``one`` documents hold at most one shape, in ``several`` some hold two; ``raw`` is no field of either."""
    mapping = {"dynamic": False, "properties": {"area": {"properties": {"shape": {"type": "geo_shape"}}}}}
    zones = [
        {"_id": "east", "area": {"shape": EAST}, "raw": {"shape": WEST}},
        {"_id": "west", "area": {"shape": WEST}},
        {"_id": "none"},
    ]
    search.add_documents_now("one", zones, mapping)
    search.add_documents_now("several", [*zones, {"_id": "both", "area": {"shape": [WEST, EAST]}}], mapping)
    search.add_documents_now("places", PLACES, {"properties": {"place": {"type": "geo_point"}}})


@pytest.mark.usefixtures("map_")
@pytest.mark.parametrize(
    ("index", "zone", "path", "found"),
    [
        ("one", "east", "area.shape", ["e"]),
        ("one", "west", "area.shape", ["w"]),
        ("one", "east", "raw.shape", ["w"]),
        ("several", "east", "area.shape", ["e"]),
        # As on a cluster, the first one counts.
        ("several", "both", "area.shape", ["w"]),
    ],
)
async def test_the_shape_of_a_document(ask: Any, index: str, zone: str, path: str, found: list[str]) -> None:
    named = {"index": index, "id": zone, "path": path}
    answer = await ask("places", query={"geo_shape": {"place": {"indexed_shape": named}}})
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == found


@pytest.mark.usefixtures("map_")
@pytest.mark.parametrize(
    ("zone", "path", "reason"),
    [
        ("none", "area.shape", "Shape with ID [none] in index [one] found but missing [area.shape] field"),
        ("south", "area.shape", "Shape with ID [south] in index [one] not found"),
        ("east", "shape", "Shape with ID [east] in index [one] found but missing [shape] field"),
    ],
)
async def test_a_shape_that_is_not_there(refused: Any, zone: str, path: str, reason: str) -> None:
    named = {"index": "one", "id": zone, "path": path}
    assert reason in str(await refused("places", query={"geo_shape": {"place": {"indexed_shape": named}}}))
