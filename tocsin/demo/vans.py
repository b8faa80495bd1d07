"""A small map and the vans that drive over it during the two hours of the web log. The town is made up."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from tocsin.demo.weblog import LENGTH, START

ZONES_MAPPING: JsonObject = {"properties": {"title": {"type": "keyword"}, "shape": {"type": "geo_shape"}}}
VANS_MAPPING: JsonObject = {
    "properties": {"@timestamp": {"type": "date"}, "van": {"type": "keyword"}, "place": {"type": "geo_point"}}
}

_Stop = tuple[int, float, float]
"""Where a van is at which minute: minute, longitude, latitude."""

_ROUTES: Mapping[str, Sequence[_Stop]] = {
    "van 7": ((0, 9.97, 50.01), (20, 9.97, 50.01), (40, 10.01, 50.01), (60, 10.01, 50.01), (90, 10.065, 50.01)),
    "van 8": ((0, 10.03, 50.05), (120, 10.04, 50.04)),
    "van 9": ((0, 10.07, 50.005), (45, 10.07, 50.005), (60, 10.12, 50.005)),
}


def zones() -> Iterator[JsonObject]:
    """The old town, a rectangle, and the harbour, which has a corner cut off; GeoJSON."""
    old_town = [[10.0, 50.0], [10.02, 50.0], [10.02, 50.02], [10.0, 50.02], [10.0, 50.0]]
    harbour = [[10.05, 50.0], [10.08, 50.0], [10.08, 50.01], [10.07, 50.02], [10.05, 50.02], [10.05, 50.0]]
    for title, ring in (("old town", old_town), ("harbour", harbour)):
        yield {"_id": title.replace(" ", "-"), "title": title, "shape": {"type": "polygon", "coordinates": [ring]}}


def positions() -> Iterator[JsonObject]:
    """One position a minute of each van, oldest first."""
    for minute in range(int(LENGTH.total_seconds() // 60)):
        at = iso(START + timedelta(minutes=minute, seconds=30))
        for van, route in _ROUTES.items():
            yield {"@timestamp": at, "van": van, "place": _place(route, minute)}


def _place(route: Sequence[_Stop], minute: int) -> list[float]:
    """Longitude and latitude, on the straight way between two stops; after the last one the van stands there."""
    for (begin, *here), (end, *there) in pairwise(route):
        if begin <= minute < end:
            share = (minute - begin) / (end - begin)
            return [round(a + share * (b - a), 5) for a, b in zip(here, there, strict=True)]
    return list(route[-1][1:])
