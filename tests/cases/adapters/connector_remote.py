"""The other side of a connector in a case: answers as told, and keeps the requests.

HTTP connectors go through the program's own client, of which only the exchange over the network is replaced; the index
connector goes through the cluster adapter to a server on loopback.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure, HttpResponse
from engine.ports.target import read_target
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings
from engine.service.clocks import SystemClock
from engine.service.http_client import AiohttpClient
from engine.service.redirects import Hop
from tests.cases.matching import require_known

Json = dict[str, Any]

_ANSWER = {"status", "headers", "body", "reason"}
_ERRORS = {
    "connection_refused": "ECONNREFUSED",
    "dns": "ENOTFOUND",
    "dns_failure": "ENOTFOUND",
    "timeout": "ECONNABORTED",
    "reset": "ECONNRESET",
    "connection_reset": "ECONNRESET",
}


@dataclass(frozen=True)
class Sent:
    """One request as it left."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


class Answering(Protocol):
    """The other side: an answer, or an HttpFailure."""

    def of(self, url: str) -> HttpResponse: ...


class Answers:
    """What the other side answers: one thing to all, or by URL; a list is given one after the other."""

    def __init__(self, given: Json) -> None:
        self._error = given.get("network_error")
        self._one = given.get("http_response")
        self._by_url = {read_target(url).url: answer for url, answer in given.get("http_responses", {}).items()}
        self._asked: dict[str, int] = {}

    def of(self, url: str) -> HttpResponse:
        if self._error is not None:
            raise failure_of(self._error)
        answer = self._by_url.get(url, self._one)
        assert answer is not None, f"the case has no answer for {url}"
        if isinstance(answer, list):
            number = self._asked.get(url, 0)
            self._asked[url] = number + 1
            answer = answer[min(number, len(answer) - 1)]
        return response_of(answer)


def failure_of(network_error: str) -> HttpFailure:
    """The failure of that name."""
    code = _ERRORS.get(network_error, network_error.upper())
    return HttpFailure(code, "the connection failed", is_retryable=True)


def response_of(answer: Json) -> HttpResponse:
    """The answer as it comes; a body that is not text is sent as JSON."""
    require_known(answer, _ANSWER, "answer")
    body = answer.get("body", "")
    data = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    headers = {name.lower(): str(value) for name, value in answer.get("headers", {}).items()}
    return HttpResponse(answer["status"], answer.get("reason") or "", headers, data)


class RemoteHttp(AiohttpClient):
    """The program's client over a scripted network."""

    def __init__(self, settings: HttpSettings, answers: Answering) -> None:
        super().__init__(settings)
        self._answers = answers
        self.sent: list[Sent] = []

    async def _exchange(self, hop: Hop, progress: Any) -> HttpResponse:
        self.sent.append(Sent(hop.method, hop.target.url, hop.headers, hop.body))
        return self._answers.of(hop.target.url)


class RemoteCluster:
    """A cluster on loopback that answers every request alike; ``search`` is the program's own way to it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.sent: list[Sent] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(app)

    async def __aenter__(self) -> "RemoteCluster":
        await self._server.start_server()
        url = f"http://127.0.0.1:{self._server.port}"
        self.search = ClusterSearch(ClusterSettings(hosts=(url,), product="elasticsearch"), SystemClock())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.search.close()
        await self._server.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.sent.append(Sent(request.method, request.path_qs, dict(request.headers), await request.read()))
        try:
            answer = self._answers.of(request.path_qs)
        except HttpFailure:
            # The connection breaks off without an answer.
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        headers = {"content-type": "application/json", **answer.headers}
        return web.Response(status=answer.status, reason=answer.reason or None, headers=headers, body=answer.body)
