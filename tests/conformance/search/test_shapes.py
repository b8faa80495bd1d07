"""Points and shapes, and the filters that sort documents by them (embedded-search.md 2.2, 4, 8, 15)."""

from typing import Any

import pytest

from engine.model.errors import SearchError

TRUCKS: dict[str, Any] = {
    "@timestamp": {"type": "date"},
    "truck": {"type": "keyword"},
    "place": {"type": "geo_point"},
    "area": {"type": "geo_shape"},
}
ZONES: dict[str, Any] = {"title": {"type": "keyword"}, "shape": {"type": "geo_shape"}}


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def truck(document_id: str, name: str, minute: int, **members: Any) -> dict[str, Any]:
    return {"_id": document_id, "@timestamp": f"2024-05-07T10:{minute:02}:00.000Z", "truck": name, **members}


WEST, EAST = square(0, 0, 10, 10), square(8, 0, 20, 10)


@pytest.fixture
async def map_(backend):
    """Two zones that overlap, a hole in a third, and trucks in, on the edge of, and outside them."""
    if backend.name == "osmem":
        pytest.skip("osmem-server knows neither indexed shapes nor shapes in WKT")
    hole = [[[30, 0], [40, 0], [40, 10], [30, 10], [30, 0]], [[33, 3], [37, 3], [37, 7], [33, 7], [33, 3]]]
    zones = [
        {"_id": "west", "title": "West", "shape": WEST},
        {"_id": "east", "title": "East", "shape": "POLYGON ((8 0, 20 0, 20 10, 8 10, 8 0))"},
        {"_id": "ring", "title": "Ring", "shape": {"type": "Polygon", "coordinates": hole}},
    ]
    await backend.load("zones", zones, ZONES)
    documents = [
        truck("1", "a", 1, place={"lon": 5, "lat": 5}),
        truck("2", "a", 3, place=[9, 5]),
        truck("3", "b", 2, place="5,15"),
        truck("4", "c", 2, place="POINT (50 50)"),
        truck("5", "c", 4, place=[35, 5]),
        truck("6", "d", 4, place=[31, 1]),
        truck("7", "e", 1, area=square(1, 1, 2, 2)),
        truck("8", "f", 1, area=square(9, 9, 12, 12)),
        truck("9", "g", 1),
    ]
    await backend.load("trucks", documents, TRUCKS)
    return backend


def by_shape(field: str, shape: dict[str, Any] | str, **options: Any) -> dict[str, Any]:
    return {"geo_shape": {field: {"shape": shape, **options}}}


def by_zone(field: str, zone: str, index: str = "zones") -> dict[str, Any]:
    return {"geo_shape": {field: {"indexed_shape": {"index": index, "id": zone, "path": "shape"}}}}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (by_shape("place", WEST), ["1", "2"]),
        (by_shape("place", "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"), ["1", "2"]),
        (by_shape("place", {"type": "envelope", "coordinates": [[0, 10], [10, 0]]}), ["1", "2"]),
        (by_shape("place", square(-170, 0, 170, 10)), ["1", "2", "3", "5", "6"]),
        (by_shape("area", WEST), ["7", "8"]),
        (by_shape("area", WEST, relation="within"), ["7"]),
        (by_shape("area", WEST, relation="disjoint"), []),
        (by_shape("area", {"type": "Point", "coordinates": [1.5, 1.5]}, relation="contains"), ["7"]),
        (by_zone("place", "west"), ["1", "2"]),
        (by_zone("place", "east"), ["2", "3"]),
        (by_zone("place", "ring"), ["6"]),
        (by_zone("area", "east"), ["8"]),
        ({"bool": {"must_not": by_zone("place", "west"), "filter": {"exists": {"field": "place"}}}}, list("3456")),
        ({"exists": {"field": "area"}}, ["7", "8"]),
    ],
)
async def test_documents_by_shape(map_, query, ids):
    assert await map_.ids("trucks", query) == ids


@pytest.mark.parametrize(("relation", "ids"), [("within", ["1", "2"]), ("disjoint", ["3", "4", "5", "6"])])
async def test_points_have_all_relations_but_on_opensearch(map_, relation, ids):
    query = by_shape("place", WEST, relation=relation)
    if map_.name == "opensearch":
        with pytest.raises(SearchError, match="relation not supported"):
            await map_.ids("trucks", query)
    else:
        assert await map_.ids("trucks", query) == ids


async def test_filters_put_documents_into_buckets(hosts):
    aggs = {
        "levels": {
            "filters": {
                "filters": {"errors": {"term": {"level": "error"}}, "a": {"term": {"host": "a"}}},
                "other_bucket_key": "rest",
            },
            "aggs": {"hosts": {"terms": {"field": "host"}}, "most": {"max": {"field": "count"}}},
        }
    }
    answer = await hosts.search("hosts", size=0, aggs=aggs, query={"range": {"count": {"lt": 8}}})
    buckets = answer["aggregations"]["levels"]["buckets"]
    assert {name: bucket["doc_count"] for name, bucket in buckets.items()} == {"errors": 2, "a": 3, "rest": 4}
    assert [(each["key"], each["doc_count"]) for each in buckets["rest"]["hosts"]["buckets"]] == [("b", 2), ("c", 2)]
    assert buckets["a"]["most"]["value"] == 6


@pytest.mark.parametrize(
    ("filters", "counts"),
    [
        ({"filters": [{"term": {"host": "a"}}, {"match": {"message": "full"}}]}, [4, 3]),
        ({"filters": [{"term": {"host": "a"}}], "other_bucket": True}, [4, 8]),
        ({"filters": [{"match_none": {}}]}, [0]),
    ],
)
async def test_anonymous_filters_give_a_list(hosts, filters, counts):
    answer = await hosts.search("hosts", size=0, aggs={"f": {"filters": filters}})
    assert [bucket["doc_count"] for bucket in answer["aggregations"]["f"]["buckets"]] == counts


async def test_filters_stand_below_other_buckets(hosts):
    filters = {"filters": {"filters": {"up": {"term": {"up": True}}}, "other_bucket_key": "down"}}
    aggs = {"hosts": {"terms": {"field": "host"}, "aggs": {"f": filters}}}
    answer = await hosts.search("hosts", size=0, aggs=aggs)
    found = {
        each["key"]: {name: bucket["doc_count"] for name, bucket in each["f"]["buckets"].items()}
        for each in answer["aggregations"]["hosts"]["buckets"]
    }
    assert found == {name: {"up": 2, "down": 2} for name in "abc"}


async def test_the_search_of_a_containment_rule(map_):
    newest = {
        "size": 1,
        "sort": [{"@timestamp": {"order": "desc"}}],
        "_source": False,
        "fields": [
            "truck",
            {"field": "@timestamp", "format": "strict_date_optional_time"},
            {"field": "place", "format": "wkt"},
        ],
    }
    split = {"terms": {"field": "truck", "size": 10_922}, "aggs": {"newest": {"top_hits": newest}}}
    zones = {name: by_zone("place", name) for name in ("west", "east", "ring")}
    answer = await map_.search(
        "trucks",
        size=0,
        stored_fields=["*"],
        docvalue_fields=[{"field": "@timestamp", "format": "date_time"}],
        query={"bool": {"must": [], "should": [], "must_not": [], "filter": [
            {"match_all": {}},
            {"range": {"@timestamp": {"gte": "2024-05-07T10:01:00.000Z", "lt": "2024-05-07T10:04:00.000Z"}}},
            {"exists": {"field": "place"}},
        ]}},
        aggs={"shapes": {"filters": {"filters": zones, "other_bucket_key": "other"}, "aggs": {"split": split}}},
    )  # fmt: skip
    found = {}
    for zone, bucket in answer["aggregations"]["shapes"]["buckets"].items():
        for entity in bucket["split"]["buckets"]:
            [hit] = entity["newest"]["hits"]["hits"]
            found[zone, entity["key"]] = hit["_id"], hit["fields"]["place"], hit["fields"]["@timestamp"]
    assert found == {
        ("west", "a"): ("2", ["POINT (9.0 5.0)"], ["2024-05-07T10:03:00.000Z"]),
        ("east", "a"): ("2", ["POINT (9.0 5.0)"], ["2024-05-07T10:03:00.000Z"]),
        ("east", "b"): ("3", ["POINT (15.0 5.0)"], ["2024-05-07T10:02:00.000Z"]),
        ("other", "c"): ("4", ["POINT (50.0 50.0)"], ["2024-05-07T10:02:00.000Z"]),
    }


async def test_shapes_are_shown_as_geojson_or_wkt(map_):
    wanted = ["area", {"field": "place", "format": "geojson"}]
    answer = await map_.search("trucks", query={"ids": {"values": ["7"]}}, fields=wanted, _source=False)
    [shown] = answer["hits"]["hits"][0]["fields"]["area"]
    assert shown["type"] == "Polygon"
    assert sorted({tuple(point) for point in shown["coordinates"][0]}) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    wanted = [{"field": "area", "format": "wkt"}]
    answer = await map_.search("trucks", query={"ids": {"values": ["7"]}}, fields=wanted, _source=False)
    assert answer["hits"]["hits"][0]["fields"]["area"][0].startswith("POLYGON ((")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (by_zone("place", "nowhere"), 400),
        (by_zone("place", "west", "no-such-index"), 404),
        (by_shape("truck", WEST), 400),
        (by_shape("place", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}), 400),
        (by_shape("place", "POLYGON ((0 0, 1 1"), 400),
        (by_shape("place", WEST, relation="beside"), 400),
        ({"geo_shape": {"place": {}}}, 400),
    ],
)
async def test_what_cannot_be_asked(map_, query, status):
    with pytest.raises(SearchError) as raised:
        await map_.search("trucks", query=query)
    assert raised.value.status == status
