"""A rule of the type .geo-containment over documents in memory, run after run."""

import pytest

from tocsin import Engine, ManualClock

RULE = {
    "name": "Trucks in zones",
    "rule_type_id": ".geo-containment",
    "consumer": "stackAlerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": "trucks",
        "indexId": "trucks",
        "geoField": "at.place",
        "entity": "truck",
        "dateField": "@timestamp",
        "boundaryType": "entireIndex",
        "boundaryIndexTitle": "zones",
        "boundaryIndexId": "zones",
        "boundaryGeoField": "shape",
        "boundaryNameField": "title",
    },
}
TRUCKS = {"@timestamp": {"type": "date"}, "truck": {"type": "long"}, "at.place": {"type": "geo_point"}}
ZONES = {"title": {"type": "keyword"}, "shape": {"type": "geo_shape"}}


@pytest.fixture
def engine():
    with Engine(clock=ManualClock("2026-01-01T12:00:30Z"), send=False) as opened:
        zones = [
            {"_id": "h", "title": "harbour", "shape": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"},
            {"_id": "t", "shape": {"type": "envelope", "coordinates": [[5, 20], [15, 5]]}},
        ]
        opened.add_documents("zones", zones, {"properties": ZONES})
        opened.add_documents("trucks", [], {"properties": TRUCKS})
        yield opened


def drive(engine, truck, place, time):
    document = {"@timestamp": f"2026-01-01T{time}Z", "truck": truck, "at": {"place": place}}
    engine.add_documents("trucks", [document])


def active(engine):
    return sorted(alert.id for alert in engine.alerts(status="active"))


def test_trucks_come_stay_move_and_leave(engine):
    drive(engine, 7, [2, 2], "12:00:10")
    drive(engine, 8, "POINT (50 50)", "12:00:10")
    engine.add_rule(RULE, "rule")
    engine.run_rule("rule")
    assert active(engine) == ["7-harbour"]

    engine.advance("1m")
    assert active(engine) == ["7-harbour"], "without news it is where it was"

    drive(engine, 7, {"lat": 7, "lon": 7}, "12:02:00")
    drive(engine, 8, "15,12", "12:02:01")
    engine.advance("1m")
    assert active(engine) == ["7-harbour", "7-t", "8-t"]

    drive(engine, 7, [0, 50], "12:03:00")
    engine.advance("1m")
    assert active(engine) == ["8-t"]
    recovered = {alert.id for alert in engine.alerts(status="recovered")}
    assert recovered == {"7-harbour", "7-t"}


def test_a_query_in_lucene_keeps_trucks_out(engine):
    drive(engine, 7, [2, 2], "12:00:10")
    drive(engine, 8, [2, 2], "12:00:10")
    query = {"query": "truck:8", "language": "lucene"}
    engine.add_rule(RULE | {"params": RULE["params"] | {"indexQuery": query}}, "rule")
    engine.run_rule("rule")
    assert active(engine) == ["8-harbour"]
