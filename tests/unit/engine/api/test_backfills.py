"""Backfills over HTTP (rest-api.md 5); it is 2026-03-01T12:00Z."""

from typing import Any

import pytest

Served = Any

PATH = "/api/alerting/rules/backfill"
DAY = {"start": "2026-02-27T00:00:00.000Z", "end": "2026-02-28T00:00:00.000Z"}


async def test_each_item_is_answered_with_why_there_is_none(served: Served) -> None:
    await served.create("runs")
    await served.create("rests", enabled=False)
    items = [
        {"rule_id": "runs", "ranges": [DAY], "run_actions": True},
        {"rule_id": "rests", "start": DAY["start"]},
        {"rule_id": "none", **DAY},
    ]
    for base in (PATH, PATH.replace("/api/", "/internal/")):
        answered = await served("POST", f"{base}/_schedule", json=items)
        assert answered.status == 200
        errors = [each["error"] for each in answered.json]
        assert [(error["rule"], error.get("status")) for error in errors] == [
            ({"id": "runs", "name": "CPU"}, None),
            ({"id": "rests", "name": "CPU"}, None),
            ({"id": "none"}, 404),
        ]
        assert ".index-threshold" in errors[0]["message"]
        assert "disabled" in errors[1]["message"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "[request body"),
        ([], "[request body"),
        ([{"rule_id": "r", "ranges": [DAY]}] * 101, "[request body"),
        ([{"rule_id": "r"}], "[request body.0"),
        ([{"rule_id": "r", "ranges": []}], "[request body.0.ranges"),
        ([{"rule_id": "r", "start": "yesterday"}], "[request body.0.start]"),
        ([{"rule_id": "r", "start": "2025-11-01T00:00:00.000Z"}], "[request body.0.start]"),
        ([{"rule_id": "r", "start": "2026-03-02T00:00:00.000Z"}], "[request body.0.start]"),
        ([{"rule_id": "r", "ranges": [DAY | {"end": "2026-03-02T00:00:00.000Z"}]}], "[request body.0.ranges.0.end]"),
        ([{"rule_id": "r", "ranges": [DAY | {"end": DAY["start"]}]}], "[request body.0.ranges.0.end]"),
    ],
)
async def test_a_request_that_is_wrong_is_refused_whole(served: Served, body: Any, place: str) -> None:
    answered = await served("POST", f"{PATH}/_schedule", json=body)
    assert (answered.status, answered.message.startswith(place)) == (400, True), answered.message


async def test_none_is_found(served: Served) -> None:
    found = await served("POST", f"{PATH}/_find?rule_ids=a,b&page=2&per_page=5&sort_field=start&initiator=user")
    assert (found.status, found.json) == (200, {"page": 2, "per_page": 5, "total": 0, "data": []})
    for query in ("sort_field=foo", "start=foo", "initiator=robot", "page=0", "foo=1"):
        assert (await served("POST", f"{PATH}/_find?{query}")).status == 400, query
    for method in ("GET", "DELETE"):
        assert (await served(method, f"{PATH}/some")).status == 404
