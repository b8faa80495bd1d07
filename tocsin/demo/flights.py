"""Flights over the states of the USA: states, airports and routes are real, the times of the flights are made up.

The data come with the package bokeh_sampledata, which the extra ``demo`` installs (docs/containment.md).
"""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from tocsin.demo.weblog import LENGTH, START

STATES_MAPPING: JsonObject = {"properties": {"name": {"type": "keyword"}, "shape": {"type": "geo_shape"}}}
FLIGHTS_MAPPING: JsonObject = {
    "properties": {"@timestamp": {"type": "date"}, "flight": {"type": "keyword"}, "place": {"type": "geo_point"}}
}

_DEPARTURES: Mapping[tuple[str, str, str], int] = {
    ("UA", "DEN", "ORD"): 5,
    ("AS", "SEA", "SFO"): 25,
    ("WN", "DAL", "HOU"): 40,
}
"""The routes that are flown in the demo: airline, from, to; and the minute in which the flight begins."""
_STEP = 5
"""Minutes from one position to the next; the rule runs half a minute after each."""
_KM_A_MINUTE = 13.5
_EARTH_RADIUS_KM = 6371.0


class _Airport(NamedTuple):
    city: str
    longitude: float
    latitude: float


class _Flight(NamedTuple):
    name: str
    departure: int
    origin: _Airport
    destination: _Airport


def are_installed() -> bool:
    """Whether the data are there, in a release that has all of them."""
    try:
        from bokeh_sampledata.airport_routes import routes  # noqa: F401
        from bokeh_sampledata.us_states import records  # noqa: F401
    except ImportError:
        return False
    return True


def states() -> Iterator[JsonObject]:
    """The fifty states and the District of Columbia; GeoJSON."""
    from bokeh_sampledata.us_states import records
    from shapely.geometry import mapping

    for state in records():
        yield {"_id": state["code"], "name": state["name"], "shape": mapping(state["geometry"])}


def positions() -> Iterator[JsonObject]:
    """Where each flight in the air is, every five minutes, oldest first."""
    flights = list(_flights())
    for minute in range(_STEP, int(LENGTH.total_seconds() // 60) + 1, _STEP):
        at = iso(START + timedelta(minutes=minute, seconds=-30))
        for name, departure, origin, destination in flights:
            flown = (minute - departure) * _KM_A_MINUTE / _EARTH_RADIUS_KM
            way = _angle(origin, destination)
            if 0 <= flown <= way:
                yield {"@timestamp": at, "flight": name, "place": _place(origin, destination, flown / way)}


def _flights() -> Iterator[_Flight]:
    """The flights, each on a route of the data."""
    from bokeh_sampledata.airport_routes import airports, routes

    by_id = {row.AirportID: _Airport(row.City, row.Longitude, row.Latitude) for row in airports.itertuples()}
    for route in routes.itertuples():
        departure = _DEPARTURES.get((route.Airline, route.Source, route.Destination))
        if departure is not None:
            origin, destination = by_id[route.SourceID], by_id[route.DestinationID]
            yield _Flight(f"{route.Airline} {origin.city} to {destination.city}", departure, origin, destination)


def _angle(origin: _Airport, destination: _Airport) -> float:
    """The distance of two airports, as an angle at the centre of the earth."""
    return math.acos(sum(a * b for a, b in zip(_vector(origin), _vector(destination), strict=True)))


def _place(origin: _Airport, destination: _Airport, share: float) -> list[float]:
    """Longitude and latitude after a share of the shortest way over the earth."""
    way = _angle(origin, destination)
    weights = math.sin((1 - share) * way), math.sin(share * way)
    x, y, z = (weights[0] * a + weights[1] * b for a, b in zip(_vector(origin), _vector(destination), strict=True))
    return [round(math.degrees(angle), 5) for angle in (math.atan2(y, x), math.atan2(z, math.hypot(x, y)))]


def _vector(airport: _Airport) -> tuple[float, float, float]:
    longitude, latitude = math.radians(airport.longitude), math.radians(airport.latitude)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )
