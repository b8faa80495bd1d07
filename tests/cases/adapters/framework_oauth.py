"""Area oauth_cache of connector_framework: executions over HTTP of a connector that needs access tokens."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson

from engine.ports.http import HttpRequest, HttpResponse
from engine.service.clocks import ManualClock
from tests.cases.adapters.rest_server import RestServer
from tests.cases.matching import require_known

Json = Any

_STEP = {"at_s", "do", "token_answer", "response_status"}
_TOKEN_URL = "https://login.example/token"
_HEADERS = {"kbn-xsrf": "true", "content-type": "application/json"}
_PATH = "/api/actions/connector/c1"
_HOOK = {
    "name": "hook",
    "config": {
        "url": "https://target.example/x",
        "authType": "webhook-oauth2-client-credentials",
        "accessTokenUrl": _TOKEN_URL,
        "clientId": "client",
    },
    "secrets": {"clientSecret": "secret of the client"},
}


def check_oauth_cache(given: Json, expected: Json) -> None:
    """How many tokens were asked for, and which were shown."""
    require_known(given, {"steps", "connector_type_id"}, "given")
    require_known(expected, {"token_requests", "authorization", "results"}, "expect")
    type_id = given.get("connector_type_id", ".webhook")
    assert type_id == ".webhook", f"connector type {type_id} is not built yet"
    remote = _Remote()
    results = asyncio.run(_run(given["steps"], remote))
    if "token_requests" in expected:
        assert remote.token_requests == expected["token_requests"], f"asked {remote.token_requests} times"
    if "authorization" in expected:
        assert remote.shown == expected["authorization"], f"shown: {remote.shown}"
    if "results" in expected:
        assert results == expected["results"], f"found: {results}"


class _Remote:
    """The token service and the target: each answers as the present step says."""

    def __init__(self) -> None:
        self.step: Json = {}
        self.token_requests = 0
        self.shown: list[str | None] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url == _TOKEN_URL:
            self.token_requests += 1
            answer = dict(self.step["token_answer"])
            return HttpResponse(answer.pop("status", 200), "", {}, orjson.dumps(answer))
        self.shown.append(request.headers.get("Authorization"))
        return HttpResponse(self.step.get("response_status", 200), "", {}, b"")

    async def close(self) -> None:
        """There is nothing to close."""


async def _run(steps: Json, remote: _Remote) -> list[str]:
    """The statuses of the executions."""
    results = []
    row = {"id": "c1", "connector_type_id": ".webhook", **_HOOK}
    async with RestServer(stored=[row], http=remote) as server:
        assert isinstance(server.parts.clock, ManualClock)
        for step in steps:
            require_known(step, _STEP, "step")
            server.parts.clock.set(server.now + timedelta(seconds=step["at_s"]))
            remote.step = step
            match step["do"]:
                case "execute":
                    answered = await _send(server, "POST", f"{_PATH}/_execute", {"params": {"body": "{}"}})
                    results.append(answered["status"])
                case "update_connector":
                    await _send(server, "PUT", _PATH, _HOOK)
                case "delete_connector":
                    await _send(server, "DELETE", _PATH, None)
                case "create_connector":
                    await _send(server, "POST", _PATH, {"connector_type_id": ".webhook", **_HOOK})
                case do:
                    raise AssertionError(f"unknown shape, step {do}")
    return results


async def _send(server: RestServer, method: str, path: str, body: Json) -> Json:
    content = b"" if body is None else orjson.dumps(body)
    answered = await server.send(method, path, _HEADERS, content)
    assert answered.status in (200, 204), f"found {answered.status} {answered.content!r}"
    return answered.json if answered.content else None
