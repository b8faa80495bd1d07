"""Where entities are, run after run, and what recoveries say (rule-type-geo-containment.md 3.3 to 3.5)."""

import logging

import pytest

from rule_types.geo_containment.locations import Location, locations_from_state, locations_to_state, move, newest_first

OUT = "other"


def at(boundary_id, date="2024-05-06T10:00:00.000Z"):
    return Location(boundary_id, date, "d", "POINT (1 2)")


def ids(locations):
    return {entity: [location.boundary_id for location in found] for entity, found in locations.items()}


@pytest.mark.parametrize(
    ("previous", "current", "active", "inactive"),
    [
        ({}, {"e": ["A"]}, {"e": ["A"]}, {}),
        ({}, {"e": [OUT]}, {}, {"e": [OUT]}),
        ({"e": ["A"]}, {}, {"e": ["A"]}, {}),
        ({"e": ["A"]}, {"e": ["B"]}, {"e": ["B"]}, {}),
        ({"e": ["A"]}, {"e": [OUT, "A"]}, {}, {"e": [OUT, "A"]}),
        ({}, {"e": ["A", OUT, "B"]}, {"e": ["A"]}, {}),
        ({}, {"e": ["A", "B"]}, {"e": ["A", "B"]}, {}),
        ({"p": ["A"], "q": ["A"]}, {"n": ["B"], "q": ["B"]}, {"p": ["A"], "q": ["B"], "n": ["B"]}, {}),
    ],
)
def test_where_entities_are_after_a_window(previous, current, active, inactive):
    before, now = ({e: [at(each) for each in found] for e, found in told.items()} for told in (previous, current))
    movement = move(before, now)
    assert (ids(movement.active), ids(movement.inactive)) == (active, inactive)
    assert list(movement.active) == list(active)
    assert list(movement.seen) == list({**previous, **current})


def test_the_newest_comes_first_and_those_without_a_date_before_it():
    found = newest_first([at("a", "1"), at("b", "3"), at("c", None), at("d", "3"), at("e", "2")])
    assert [location.boundary_id for location in found] == ["c", "b", "d", "e", "a"]


def test_what_kibana_stored_long_ago_is_read_and_kept():
    record = {"location": [-71.5, 42], "shapeLocationId": "A", "dateInShape": None, "docId": "d"}
    found = locations_from_state({"e": [record], "f": [5, {}], "g": None, "h": 5})
    assert found["e"][0].text == "POINT (-71.5 42)"
    assert locations_to_state(found) == {"e": [record]}


def test_what_is_odd_in_a_stored_record_harms_no_run():
    record = {"location": "odd", "locationWkt": 5, "shapeLocationId": "A", "dateInShape": 1714989780000, "docId": "d"}
    assert locations_from_state({"e": [record]}) == {"e": [Location("A", "1714989780000", "d", None)]}


def test_an_empty_place_stays_empty():
    assert Location("A", None, "d", "").text == ""


@pytest.mark.parametrize("stored", [None, [], "odd", 5])
def test_an_odd_state_is_no_state(stored):
    assert locations_from_state(stored) == {}


BOUNDARIES = {"hits": {"hits": [{"_index": "zones", "_id": "A"}]}}
STATE = {"entityId": "7-b", "boundaryId": "A", "boundaryName": "North-East"}


def seen(boundary_id, key):
    fields = {"@timestamp": ["2024-05-06T10:03:00.000Z"], "place": ["POINT (9 9)"]}
    split = [{"key": key, "entityHits": {"hits": {"hits": [{"_id": "d9", "fields": fields}]}}}]
    return {"aggregations": {"shapes": {"buckets": {boundary_id: {"entitySplit": {"buckets": split}}}}}}


def test_a_recovery_says_where_the_entity_is_now(run):
    assert run(BOUNDARIES, seen(OUT, "7-b")).recovery("7-b-North-East", STATE).context == {
        "entityId": "7-b",
        "entityDateTime": "2024-05-06T10:03:00.000Z",
        "entityDocumentId": "d9",
        "entityLocation": "POINT (9 9)",
        "detectionDateTime": "2024-05-06T10:05:00.000Z",
    }


def test_also_inside_another_boundary(run):
    assert run(BOUNDARIES, seen("B", "7-b")).recovery("7-b-North-East", STATE).context["entityDocumentId"] == "d9"


def test_nothing_is_said_of_an_entity_that_is_nowhere(run):
    assert run(BOUNDARIES, seen(OUT, "8")).recovery("7-b-North-East", STATE).context == {}


def test_alerts_of_kibana_are_told_by_their_id_where_that_is_clear(run, caplog):
    caplog.set_level(logging.WARNING)
    found = run(BOUNDARIES, seen(OUT, "7"))
    assert found.recovery("7-A").context["entityId"] == "7"
    assert caplog.text == ""
    assert found.recovery("7-A-B").context == {}
    assert "[7-A-B]" in caplog.text
