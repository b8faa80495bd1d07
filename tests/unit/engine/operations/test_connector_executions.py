"""Executing a connector for a user: what is refused, what the result looks like (connector-framework.md 5, 11.2)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.server_log.connector_type import ServerLog
from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import Forbidden, InvalidInput, NotFound, StoreUnavailable, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings, HttpSettings
from engine.operations.connector_executions import Asked, ConnectorExecutions
from engine.operations.connector_presentation import result_to_json
from engine.ports.registry import Registry
from engine.service.clocks import ManualClock
from engine.service.connector_execution import ConnectorRunner
from engine.service.connector_recording import RecordedRunner
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import SqliteStore, open_store

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONNECTORS = PreconfiguredConnectors(
    [
        Connector("log", "Log", ".server-log"),
        Connector("given", "Given", ".server-log", is_preconfigured=True),
        Connector("gone", "Gone", ".uninstalled"),
        Connector("bad", "Bad", ".server-log", {"x": 1}),
        Connector("bare", "Bare", ".server-log", is_missing_secrets=True),
    ]
)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = open_store("sqlite://")
    await opened.open()
    yield opened
    await opened.close()


def executions(store: SqliteStore, **settings: Any) -> ConnectorExecutions:
    registry = Registry()
    registry.add_connector_type(ServerLog())
    no_http: Any = None
    runner = ConnectorRunner(registry, no_http, HttpSettings())
    recorded = RecordedRunner(runner, store, ManualClock(AT), lambda: "uuid")
    return ConnectorExecutions(CONNECTORS, registry, EngineSettings(**settings), recorded)


async def test_the_result_and_its_place_in_the_event_log(store: SqliteStore) -> None:
    asked = Asked("http_request", user="ann", request_body_bytes=30)
    assert await executions(store).execute("log", {"message": "hello"}, asked) == ConnectorResult("ok")
    [trace] = await store.executions(["default"])
    assert (trace.execution_uuid, trace.connector_id, trace.is_ok, trace.source) == (
        "uuid",
        "log",
        True,
        "http_request",
    )
    assert (trace.user, trace.request_body_bytes, trace.is_space_agnostic) == ("ann", 30, False)
    assert (trace.started_at, trace.ended_at) == (AT, AT)


@pytest.mark.parametrize(
    ("connector_id", "source", "text"),
    [
        ("log", "user", "message"),
        ("bad", "framework", "config"),
        ("bare", "user", "secrets"),
    ],
)
async def test_what_fails_is_a_result_too(store: SqliteStore, connector_id: str, source: str, text: str) -> None:
    params: JsonObject = {} if connector_id == "log" else {"message": "m"}
    result = await executions(store).execute(connector_id, params, Asked("http_request"))
    assert (result.status, result.error_source, result.retry) == ("error", source, False)
    assert text in (result.message or "")
    [trace] = await store.executions(["default"])
    assert (trace.is_ok, trace.error_message) == (False, result.message)


@pytest.mark.parametrize(
    ("connector_id", "error"),
    [
        ("system-connector-.cases", InvalidInput),
        ("nothing", NotFound),
        ("gone", InvalidInput),
        ("log", Forbidden),
    ],
)
async def test_what_cannot_be_executed_is_refused(
    store: SqliteStore, connector_id: str, error: type[TocsinError]
) -> None:
    with pytest.raises(error):
        await executions(store, enabled_connector_types=()).execute(connector_id, {}, Asked("http_request"))
    assert await store.executions(["default"]) == []


async def test_a_preconfigured_one_of_a_disabled_type_works(store: SqliteStore) -> None:
    done = await executions(store, enabled_connector_types=()).execute("given", {"message": "m"}, Asked("http_request"))
    assert done.is_ok
    [trace] = await store.executions(["default"])
    assert trace.is_space_agnostic


async def test_one_that_could_not_be_recorded_happened_all_the_same(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(store, "put_executions", fail)
    assert (await executions(store).execute("log", {"message": "m"}, Asked("http_request"))).is_ok
    assert "[log] was not recorded: down" in caplog.text


@pytest.mark.parametrize(
    ("result", "body"),
    [
        (ConnectorResult("ok"), {"connector_id": "c", "status": "ok"}),
        (ConnectorResult("ok", data={"a": 1}), {"connector_id": "c", "status": "ok", "data": {"a": 1}}),
        (
            ConnectorResult("error", "m", "s", retry=AT, error_source="user"),
            {
                "connector_id": "c",
                "status": "error",
                "message": "m",
                "service_message": "s",
                "retry": "2026-03-01T12:00:00.000Z",
                "errorSource": "user",
            },
        ),
        (
            ConnectorResult("error", "m", error_source="framework"),
            {"connector_id": "c", "status": "error", "message": "m", "retry": False, "errorSource": "framework"},
        ),
        (
            ConnectorResult("error", "m", "", error_source="user"),
            {"connector_id": "c", "status": "error", "message": "m", "retry": False, "errorSource": "user"},
        ),
    ],
)
def test_a_result_over_http(result: ConnectorResult, body: JsonObject) -> None:
    assert result_to_json("c", result) == body
