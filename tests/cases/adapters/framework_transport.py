"""Area transport of connector_framework: a webhook over the program's own client to a server on loopback."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.model.connector import Connector, ConnectorResult
from engine.model.settings import HttpSettings
from engine.ports.http import HttpRequest
from engine.service.connector_execution import ConnectorRunner
from engine.service.http_client import AiohttpClient, time_limit_s
from tests.cases.adapters.framework_network import http_settings
from tests.cases.matching import require_known
from tocsin.composition import builtin_registry

Json = Any

_SETTINGS = ("allowedHosts", "maxResponseContentLength", "responseTimeout")


def check_transport(given: Json, expected: Json) -> None:
    """Whether an exchange succeeds, or how long it may take."""
    known = {"config", "response_body_bytes", "response_status", "responseTimeout_s", "connector_timeout_s", *_SETTINGS}
    require_known(given, known, "given")
    require_known(expected, {"outcome", "effective_timeout_s"}, "expect")
    config = {**given.get("config", {}), **{name: given[name] for name in _SETTINGS if name in given}}
    if "responseTimeout_s" in given:
        config["responseTimeout"] = f"{given['responseTimeout_s']}s"
    settings = http_settings(config)
    if "effective_timeout_s" in expected:
        request = HttpRequest("GET", "https://target.example", timeout_s=given.get("connector_timeout_s") or 0)
        assert time_limit_s(settings, request) == expected["effective_timeout_s"]
    if "outcome" in expected:
        status, size = given.get("response_status", 200), given.get("response_body_bytes", 0)
        result = asyncio.run(_execute(settings, status, size))
        assert result.status == expected["outcome"], f"found: {result}"


async def _execute(settings: HttpSettings, status: int, size: int) -> ConnectorResult:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=b"x" * size)

    app = web.Application()
    app.router.add_route("*", "/", answer)
    client = AiohttpClient(settings)
    async with TestServer(app) as server:
        config = {"url": f"http://127.0.0.1:{server.port}/", "hasAuth": False}
        runner = ConnectorRunner(builtin_registry(), client, settings)
        try:
            return await runner.execute(Connector("c1", "hook", ".webhook", config), {}, datetime.now(UTC))
        finally:
            await client.close()
