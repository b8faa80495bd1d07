"""Maintenance windows in the form of the older API (rest-api.md 8)."""

from typing import Any

import pytest

from engine.api.settings import ApiSettings
from tocsin.http_api import ApiContext, build_api

Served = Any

PATH = "/internal/alerting/rules/maintenance_window"
HOUR = 3_600_000
NIGHTLY = {"dtstart": "2026-03-01T11:00:00.000Z", "tzid": "UTC", "freq": 3, "interval": 1}
BODY = {"title": "Nightly", "duration": 2 * HOUR, "r_rule": NIGHTLY}


async def create(served: Served, **members: Any) -> Any:
    answered = await served("POST", PATH, json={**BODY, **members})
    assert answered.status == 200, answered.content
    return answered.json


async def test_the_life_of_a_window(served: Served) -> None:
    query = {"kql": "kibana.alert.rule.name: CPU", "filters": []}
    created = await create(served, category_ids=["management"], scoped_query=query)
    assert created == {
        "id": created["id"],
        "title": "Nightly",
        "enabled": True,
        "status": "running",
        "duration": 2 * HOUR,
        "r_rule": NIGHTLY,
        "expiration_date": "2027-03-01T12:00:00.000Z",
        "events": [
            {"gte": "2026-03-01T11:00:00.000Z", "lte": "2026-03-01T13:00:00.000Z"},
            {"gte": "2026-03-02T11:00:00.000Z", "lte": "2026-03-02T13:00:00.000Z"},
        ],
        "event_start_time": "2026-03-01T11:00:00.000Z",
        "event_end_time": "2026-03-01T13:00:00.000Z",
        "category_ids": ["management"],
        "scoped_query": query,
        "created_by": None,
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_by": None,
        "updated_at": "2026-03-01T12:00:00.000Z",
    }
    one = f"{PATH}/{created['id']}"
    assert (await served("GET", one)).json == created
    cleared = {"title": "Moved", "category_ids": None, "scoped_query": None}
    assert (await served("POST", one, json=cleared)).json == created | cleared
    moved = (await served("POST", one, json={"r_rule": {**NIGHTLY, "dtstart": "2026-03-01T14:00:00Z"}})).json
    assert (moved["status"], moved["event_start_time"]) == ("upcoming", "2026-03-01T14:00:00.000Z")
    longer = await served("POST", one, json={"duration": 24 * HOUR})
    assert (longer.status, longer.message[:23]) == (400, "[request body.duration]")
    assert (await served("POST", one, json={"duration": HOUR})).json["duration"] == HOUR
    assert (await served("POST", f"{one}/_archive", json={"archive": True})).json["status"] == "archived"
    assert (await served("POST", f"{one}/_archive", json={"archive": False})).json["status"] == "upcoming"
    assert (await served("DELETE", one)).status == 204
    assert (await served("GET", one)).status == 404


async def test_what_runs_is_listed_until_it_is_ended(served: Served) -> None:
    one = await create(served)
    assert [each["id"] for each in (await served("GET", f"{PATH}/_active")).json] == [one["id"]]
    ended = (await served("POST", f"{PATH}/{one['id']}/_finish")).json
    assert (ended["status"], ended["events"][0]["lte"]) == ("upcoming", "2026-03-01T12:00:00.000Z")
    assert (await served("GET", f"{PATH}/_active")).json == []


async def test_both_forms_are_of_one_window(served: Served) -> None:
    one = await create(served)
    public = (await served("GET", f"/api/maintenance_window/{one['id']}")).json
    assert public["schedule"]["custom"] == {
        "start": "2026-03-01T11:00:00.000Z",
        "duration": "2h",
        "timezone": "UTC",
        "recurring": {"every": "1d"},
    }


async def test_finding_by_title_and_status(served: Served) -> None:
    await create(served)
    await create(served, title="Off", enabled=False)

    async def found(query: str) -> Any:
        answer = (await served("GET", f"{PATH}/_find{query}")).json
        return answer["page"], answer["per_page"], answer["total"], sorted(each["title"] for each in answer["data"])

    assert await found("") == (1, 10, 2, ["Nightly", "Off"])
    assert await found("?search=night&per_page=1") == (1, 1, 1, ["Nightly"])
    assert await found("?status=disabled") == (1, 10, 1, ["Off"])
    assert await found("?page=2") == (2, 10, 2, [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "", {}, 400, "[request body.title]"),
        ("POST", "", {**BODY, "duration": -1}, 400, "[request body.duration]"),
        ("POST", "", {**BODY, "duration": "2h"}, 400, "[request body.duration]"),
        ("POST", "", {**BODY, "duration": 24 * HOUR}, 400, "[request body.duration]"),
        ("POST", "", {**BODY, "r_rule": {**NIGHTLY, "freq": 4}}, 400, "[request body.r_rule.freq]"),
        ("POST", "", {**BODY, "r_rule": {**NIGHTLY, "tzid": "Mars"}}, 400, "[request body.r_rule.tzid]"),
        (
            "POST",
            "",
            {**BODY, "r_rule": {**NIGHTLY, "until": "2026-01-01T00:00:00Z"}},
            400,
            "[request body.r_rule.until]",
        ),
        ("POST", "", {**BODY, "schedule": {}}, 400, "[request body.schedule]"),
        ("POST", "", {**BODY, "category_ids": ["x"]}, 400, "[request body.category_ids.0]"),
        ("POST", "", {**BODY, "scoped_query": {"kql": "a:("}}, 400, "[request body.scoped_query.kql]"),
        (
            "POST",
            "",
            {**BODY, "scoped_query": {"kql": "", "filters": [{"meta": {}}]}},
            400,
            "[request body.scoped_query.filters]",
        ),
        ("POST", "/none", {"title": None}, 400, "[request body.title]"),
        ("POST", "/none", {"title": "T"}, 404, "maintenance window [none]"),
        ("POST", "/none/_archive", {}, 400, "[request body.archive]"),
        ("POST", "/none/_archive", {"archive": True}, 404, "none"),
        ("POST", "/none/_finish", None, 404, "none"),
        ("DELETE", "/none", None, 404, "none"),
        ("GET", "/_find?title=a", None, 400, "[request query.title]"),
    ],
)
async def test_refusals(served: Served, method: str, path: str, body: Any, status: int, message: str) -> None:
    answered = await served(method, f"{PATH}{path}", json=body)
    assert answered.status == status
    assert message in answered.message


async def test_the_operator_may_do_without_them(served: Served) -> None:
    served.app = build_api(served.engine.parts, ApiContext(settings=ApiSettings(offers_windows=False)))
    for path in ("", "/_find", "/_active", "/some"):
        assert (await served("GET", f"{PATH}{path}")).status == 404, path
