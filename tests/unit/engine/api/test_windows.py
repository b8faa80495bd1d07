"""Maintenance windows over HTTP: answers, status codes, rights (rest-api.md 6)."""

from typing import Any

import pytest

from engine.api.settings import ApiSettings
from tocsin.http_api import ApiContext, build_api

Served = Any

PATH = "/api/maintenance_window"
SCHEDULE = {"custom": {"start": "2026-03-02T00:00:00.000Z", "duration": "2h", "timezone": "UTC"}}
RUNNING = {"custom": {"start": "2026-03-01T11:00:00.000Z", "duration": "2h", "recurring": {"every": "1d"}}}
INTERNAL = "/internal/alerting/rules/maintenance_window"


async def create(served: Served, **members: Any) -> Any:
    answered = await served("POST", PATH, json={"title": "Upgrade", "schedule": SCHEDULE, **members})
    assert answered.status == 200, answered.content
    return answered.json


async def test_the_life_of_a_window(served: Served) -> None:
    scope = {"alerting": {"query": {"kql": "kibana.alert.rule.name: CPU"}}}
    created = await create(served, scope=scope)
    assert created == {
        "id": created["id"],
        "title": "Upgrade",
        "enabled": True,
        "status": "upcoming",
        "schedule": SCHEDULE,
        "scope": scope,
        "created_by": None,
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_by": None,
        "updated_at": "2026-03-01T12:00:00.000Z",
    }
    one = f"{PATH}/{created['id']}"
    assert (await served("GET", one)).json == created
    changed = await served("PATCH", one, json={"title": "Moved"})
    assert (changed.status, changed.json) == (200, created | {"title": "Moved"})
    archived = await served("POST", f"{one}/_archive")
    assert (archived.status, archived.json["status"]) == (200, "archived")
    assert (await served("POST", f"{one}/_unarchive")).json["status"] == "upcoming"
    gone = await served("DELETE", one)
    assert (gone.status, gone.content) == (204, b"")
    assert (await served("GET", one)).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", PATH, {}, 400, "[request body.title]"),
        ("POST", PATH, {"title": "T", "schedule": SCHEDULE, "category_ids": []}, 400, "[request body.category_ids]"),
        ("POST", PATH, {"title": "T", "schedule": {}}, 400, "[request body.schedule.custom]"),
        (
            "POST",
            PATH,
            {"title": "T", "schedule": SCHEDULE, "scope": {"alerting": {"query": {"kql": "a:("}}}},
            400,
            "[request body.scope.alerting.query.kql]",
        ),
        ("PATCH", f"{PATH}/none", {"enabled": "yes"}, 400, "[request body.enabled]"),
        ("PATCH", f"{PATH}/none", {"enabled": True}, 404, "none"),
        ("DELETE", f"{PATH}/none", None, 404, "none"),
        ("POST", f"{PATH}/none/_archive", None, 404, "none"),
        ("GET", f"{PATH}/_find?page=0", None, 400, "[request query.page]"),
        ("GET", f"{PATH}/_find?per_page=101", None, 400, "[request query.per_page]"),
        ("GET", f"{PATH}/_find?status=soon", None, 400, "[request query.status"),
        ("GET", f"{PATH}/_find?sort=title", None, 400, "[request query.sort]"),
    ],
)
async def test_refusals(served: Served, method: str, path: str, body: Any, status: int, message: str) -> None:
    answered = await served(method, path, json=body)
    assert answered.status == status
    assert message in answered.message


async def test_finding_by_title_status_and_page(served: Served) -> None:
    for number in range(3):
        await create(served, title=f"Upgrade {number}")
    await create(served, title="Backup", enabled=False)
    await create(served, title="Nightly", schedule=RUNNING)

    async def titles(query: str) -> tuple[int, list[str]]:
        found = (await served("GET", f"{PATH}/_find{query}")).json
        return found["total"], [each["title"] for each in found["maintenanceWindows"]]

    pages = [await titles(f"?title=upgrade&per_page=2&page={page}") for page in (1, 2, 3)]
    assert [total for total, _ in pages] == [3, 3, 3]
    assert [len(shown) for _, shown in pages] == [2, 1, 0]
    assert sorted(title for _, shown in pages for title in shown) == ["Upgrade 0", "Upgrade 1", "Upgrade 2"]
    assert await titles("?status=running") == (1, ["Nightly"])
    total, shown = await titles("?status=running&status=disabled")
    assert (total, sorted(shown)) == (2, ["Backup", "Nightly"])
    assert await titles("?created_by=ann") == (0, [])
    whole = (await served("GET", f"{PATH}/_find")).json
    assert (whole["page"], whole["per_page"], whole["total"]) == (1, 10, 5)


async def test_windows_in_force_are_listed_until_they_are_ended(served: Served) -> None:
    await create(served)
    running = await create(served, title="Nightly", schedule=RUNNING)
    assert [each["id"] for each in (await served("GET", f"{INTERNAL}/_active")).json] == [running["id"]]
    finished = await served("POST", f"{INTERNAL}/{running['id']}/_finish")
    assert (finished.status, finished.json["status"]) == (200, "upcoming")
    assert (await served("GET", f"{INTERNAL}/_active")).json == []
    assert (await served("POST", f"{INTERNAL}/{running['id']}/_finish")).status == 400


async def test_the_operator_may_do_without_them(served: Served) -> None:
    served.app = build_api(served.engine.parts, ApiContext(settings=ApiSettings(offers_windows=False)))
    for path in (PATH, f"{PATH}/_find", f"{PATH}/some", f"{INTERNAL}/_active"):
        assert (await served("GET", path)).status == 404, path
