"""Real states and flights, as the demo puts them together."""

import math
from datetime import UTC, datetime
from itertools import groupby, pairwise

import orjson
import pytest
from bokeh_sampledata.airport_routes import airports

from engine.model.jsonvalue import JsonObject
from engine.search.local import LocalSearch
from tocsin.demo import flights

FLIGHTS = {
    "AS Seattle to San Francisco": ("SEA", "SFO"),
    "UA Denver to Chicago": ("DEN", "ORD"),
    "WN Dallas to Houston": ("DAL", "HOU"),
}


@pytest.fixture(scope="module")
def positions() -> dict[str, list[JsonObject]]:
    """By flight, oldest first."""
    by_flight = sorted(flights.positions(), key=lambda position: str(position["flight"]))
    return {name: list(found) for name, found in groupby(by_flight, key=lambda position: str(position["flight"]))}


def place_of(code: str) -> tuple[float, float]:
    [airport] = [row for row in airports.itertuples() if code == row.IATA]
    return airport.Longitude, airport.Latitude


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """By the haversine formula."""
    (west, south), (east, north) = (tuple(map(math.radians, place)) for place in (a, b))
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(chord))


def test_all_routes_are_in_the_data(positions: dict[str, list[JsonObject]]) -> None:
    assert set(positions) == set(FLIGHTS)


@pytest.mark.parametrize("flight", FLIGHTS)
def test_a_flight_takes_the_shortest_way_at_one_speed(positions: dict[str, list[JsonObject]], flight: str) -> None:
    origin, destination = map(place_of, FLIGHTS[flight])
    places = [tuple(position["place"]) for position in positions[flight]]
    assert kilometres(origin, places[0]) < 0.01
    steps = [kilometres(here, there) for here, there in pairwise(places)]
    assert steps == pytest.approx([67.5] * len(steps), abs=0.01)
    # No step is left before the end, and none was a detour.
    rest = kilometres(places[-1], destination)
    assert rest < 67.5
    assert sum(steps) + rest == pytest.approx(kilometres(origin, destination), abs=0.1)


def test_there_is_one_position_each_five_minutes(positions: dict[str, list[JsonObject]]) -> None:
    times = [position["@timestamp"] for position in positions["AS Seattle to San Francisco"]]
    assert times[:2] == ["2026-01-15T10:24:30.000Z", "2026-01-15T10:29:30.000Z"]
    assert times[-1] == "2026-01-15T11:44:30.000Z"


async def test_the_embedded_engine_takes_all_states() -> None:
    states = orjson.loads(orjson.dumps(list(flights.states())))
    assert len(states) == 51
    assert {state["name"] for state in states} >= {"Alaska", "Hawaii", "District of Columbia", "Texas"}
    search = LocalSearch(lambda: datetime(2026, 1, 15, tzinfo=UTC))
    report = await search.add_documents("states", states, flights.STATES_MAPPING)
    await search.close()
    assert (report.loaded, report.problems) == (51, [])
