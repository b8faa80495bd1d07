"""The log of connectors: what is listed and counted (connector-framework.md 11.4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.connector_trace import ConnectorTrace
from engine.security.caller import NOBODY
from tocsin.http_api import ApiContext, build_api

Served = Any

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOGS = "/internal/actions/_global_connector_execution_logs"
KPI = "/internal/actions/_global_connector_execution_kpi"


def trace(number: int, **members: Any) -> ConnectorTrace:
    start = NOW - timedelta(hours=number)
    end = start + timedelta(milliseconds=10 * number)
    plain = ConnectorTrace(f"e{number}", "default", "hook", "Hook", ".webhook", "http_request", start, end, True)
    return replace(plain, **members)


@pytest.fixture
async def logged(served: Served) -> Served:
    failed = trace(3, is_ok=False, error_message="m: s", connector_id="pager", source="saved_object")
    delayed = replace(trace(2), scheduled_at=NOW - timedelta(hours=2, seconds=1))
    await served.engine.parts.store.put_executions([trace(30), failed, delayed, trace(1), trace(0, space="other")])
    return served


async def ids(served: Served, **body: Any) -> list[str]:
    answered = await served("POST", LOGS, json={"date_start": "now-1d", **body})
    assert answered.status == 200, answered.content
    return [entry["id"] for entry in answered.json["data"]]


async def test_an_entry(logged: Served) -> None:
    body = {"date_start": "2026-03-01T08:00:00Z", "date_end": "2026-03-01T09:00:01Z"}
    answered = await logged("POST", LOGS, json=body)
    assert answered.json == {
        "total": 1,
        "data": [
            {
                "id": "e3",
                "timestamp": "2026-03-01T09:00:00.000Z",
                "duration_ms": 30,
                "status": "failure",
                "message": "action execution failure: .webhook:pager: Hook - m: s",
                "version": "0.1.0",
                "schedule_delay_ms": 0,
                "space_ids": ["default"],
                "connector_id": "pager",
                "connector_name": "Hook",
                "timed_out": False,
                "source": "saved_object",
            }
        ],
    }


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, ["e1", "e2", "e3"]),
        ({"date_start": "now-2d"}, ["e1", "e2", "e3", "e30"]),
        ({"sort": [{"timestamp": {"order": "asc"}}]}, ["e3", "e2", "e1"]),
        ({"sort": [{"execution_duration": {"order": "desc"}}]}, ["e3", "e2", "e1"]),
        ({"sort": [{"schedule_delay": {"order": "desc"}}, {"timestamp": {"order": "asc"}}]}, ["e2", "e3", "e1"]),
        ({"per_page": 2, "page": 2}, ["e3"]),
        ({"filter": "event.outcome: failure"}, ["e3"]),
        ({"filter": "kibana.action.id: hook and not kibana.action.execution.source: x"}, ["e1", "e2"]),
        ({"namespaces": ["other"]}, ["e0"]),
        ({"namespaces": ["default", "other"], "per_page": 1}, ["e0"]),
    ],
)
async def test_what_is_found(logged: Served, body: dict[str, Any], found: list[str]) -> None:
    assert await ids(logged, **body) == found


async def test_the_counts(logged: Served) -> None:
    counted = await logged("POST", KPI, json={"date_start": "now-2d"})
    assert counted.json == {"success": 3, "unknown": 0, "failure": 1, "warning": 0}
    counted = await logged("POST", KPI, json={"date_start": "now-2d", "filter": "event.outcome: failure"})
    assert counted.json == {"success": 0, "unknown": 0, "failure": 1, "warning": 0}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (LOGS, {}, "date_start"),
        (LOGS, {"date_start": "yesterday"}, "date_start"),
        (LOGS, {"date_start": "now", "date_end": "now-x"}, "date_end"),
        (LOGS, {"date_start": "now", "filter": "a: ("}, "filter"),
        (LOGS, {"date_start": "now", "per_page": 0}, "per_page"),
        (LOGS, {"date_start": "now", "sort": [{"name": {"order": "asc"}}]}, "sort.0.name"),
        (KPI, {"date_start": "now", "page": 1}, "page"),
    ],
)
async def test_what_is_refused(served: Served, path: str, body: dict[str, Any], place: str) -> None:
    answered = await served("POST", path, json=body)
    assert (answered.status, answered.message.startswith(f"[request body.{place}]")) == (400, True), answered.content


async def test_every_space_that_is_asked_for_needs_the_right(served: Served) -> None:
    async def authenticate(*_: object, **__: object) -> Any:
        return NOBODY

    served.app = build_api(served.engine.parts, ApiContext(authenticate=authenticate))
    assert (await served("POST", LOGS, json={"date_start": "now", "namespaces": ["other"]})).status == 403
