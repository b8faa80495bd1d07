"""Areas secrets and validation of connector_framework: one execution of a connector as it is stored."""

import asyncio
from typing import Any

from engine.model.connector import ConnectorResult
from engine.operations.connector_executions import Asked
from engine.operations.connector_presentation import result_to_json
from tests.cases.adapters.rest_server import RestServer
from tests.cases.matching import assert_absent, assert_subset, require_known

Json = Any

_RESULT = {"status", "errorSource", "retry", "message", "service_message", "data"}


def check_validation(given: Json, expected: Json) -> None:
    """What a connector that is not valid comes to when it is executed."""
    require_known(given, {"connector_type_id", "connector_id", "stored", "params", "config", "path"}, "given")
    asyncio.run(_execute(given, given["stored"], expected))


def check_secrets(given: Json, expected: Json) -> None:
    """What an execution comes to whose secrets are missing, or cannot be read."""
    known = {"connector_type_id", "connector_id", "stored", "params", "config", "path", "encryption_key"}
    require_known(given, known | {"is_missing_secrets"}, "given")
    stored = {"is_missing_secrets": given.get("is_missing_secrets", False), **given.get("stored", {})}
    asyncio.run(_execute(given, stored, expected))


async def _execute(given: Json, stored: Json, expected: Json) -> None:
    require_known(expected, _RESULT | {"absent"}, "expect")
    connector_id = given.get("connector_id", "c1")
    row = {"id": connector_id, "name": "stored", "connector_type_id": given["connector_type_id"], **stored}
    async with RestServer(given.get("config", {}), stored=[row]) as server:
        result = await _result(server, given, connector_id)
    body = result_to_json(connector_id, result)
    assert_subset(body, {name: value for name, value in expected.items() if name != "absent"}, "result")
    assert_absent(body, expected.get("absent", ()), "result")


async def _result(server: RestServer, given: Json, connector_id: str) -> ConnectorResult:
    if "encryption_key" in given:
        key = given["encryption_key"]
        server.vault.use([] if key is None else [key])
    path = given.get("path", "http")
    assert path in ("http", "_execute", "queued"), f"unknown shape, path {path}"
    if path == "queued":
        connector = (await server.parts.directory.in_space("default"))[connector_id]
        return await server.parts.runner.execute(connector, given.get("params", {}), server.now, "n-1")
    asked = Asked("http_request")
    return await server.parts.connector_executions.execute(connector_id, given.get("params", {}), asked)
