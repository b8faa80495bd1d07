"""A cluster of canned answers on loopback, and the adapter on it.

The server behaves by index name: ``took`` and ``errors`` are what a search is answered with, ``held`` keeps it until
the event is set, and a search of an index in ``malformed`` makes a whole ``_msearch`` a 400. ``replies`` are whole
answers by the last part of the path.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.model.jsonvalue import JsonObject
from engine.ports.search import SearchRequest
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterLimits, ClusterSettings, ClusterTimeouts
from engine.service.clocks import ManualClock

CERTIFICATE = Path(__file__).with_name("loopback.pem")
PARSING = {
    "error": {"root_cause": [], "type": "parsing_exception", "reason": "unknown query [nonsense]"},
    "status": 400,
}


def error(status: int, kind: str, reason: str) -> JsonObject:
    return {
        "error": {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason},
        "status": status,
    }


@dataclass
class Seen:
    """A request as it arrived; ``searches`` are the index names it searched."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    searches: list[str] = field(default_factory=list)


@dataclass
class CannedCluster:
    url: str = ""
    info: JsonObject = field(default_factory=lambda: {"version": {"number": "9.0.0"}})
    requests: list[Seen] = field(default_factory=list)
    took: dict[str, int] = field(default_factory=dict)
    errors: dict[str, JsonObject] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    malformed: set[str] = field(default_factory=set)
    replies: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(default_factory=dict)
    arrived: asyncio.Queue[Seen] = field(default_factory=asyncio.Queue)
    broken_off: asyncio.Queue[Seen] = field(default_factory=asyncio.Queue)

    @property
    def sent(self) -> list[list[str]]:
        """What travelled together: the index names of every search request, in order."""
        return [seen.searches for seen in self.requests if seen.searches]

    async def respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        seen = Seen(request.method, request.path, request.query_string, dict(request.headers), body)
        self.requests.append(seen)
        end = request.path.rpartition("/")[2]
        if end == "_msearch":
            seen.searches = [orjson.loads(line)["index"][0] for line in body.splitlines()[::2]]
        elif end == "_search":
            seen.searches = [request.path.split("/")[1]]
        self.arrived.put_nowait(seen)
        if (reply := self.replies.get(end)) is not None:
            return await reply(request)
        try:
            return await self._answer(end, seen)
        except asyncio.CancelledError:
            self.broken_off.put_nowait(seen)
            raise

    async def _answer(self, end: str, seen: Seen) -> web.Response:
        if not seen.searches:
            return web.json_response(self.info if seen.path == "/" else {"indices": [], "fields": {}})
        if self.malformed & set(seen.searches):
            return web.json_response(PARSING, status=400)
        answers = [await self._search(index) for index in seen.searches]
        if end == "_msearch":
            return web.json_response({"took": 1, "responses": answers})
        return web.json_response(answers[0], status=answers[0].get("status", 200))

    async def _search(self, index: str) -> JsonObject:
        if index in self.held:
            await self.held[index].wait()
        if index in self.errors:
            return self.errors[index]
        hits = {"total": {"value": 0, "relation": "eq"}, "hits": [], "index": index}
        return {"took": self.took.get(index, 1), "timed_out": False, "hits": hits}


@asynccontextmanager
async def _serve(canned: CannedCluster, context: ssl.SSLContext | None = None) -> AsyncIterator[CannedCluster]:
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", canned.respond)
    server = TestServer(app, scheme="https" if context else "http")
    await server.start_server(ssl=context)
    canned.url = str(server.make_url("/")).rstrip("/")
    yield canned
    for event in canned.held.values():
        event.set()
    await server.close()


@pytest.fixture
async def cluster() -> AsyncIterator[CannedCluster]:
    async with _serve(CannedCluster()) as canned:
        yield canned


@pytest.fixture
async def tls_cluster() -> AsyncIterator[CannedCluster]:
    """One with a certificate that only signs itself."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    async with _serve(CannedCluster(), context) as canned:
        yield canned


@pytest.fixture
async def mutual_tls_cluster() -> AsyncIterator[CannedCluster]:
    """One that answers only who shows the certificate that it has itself."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=CERTIFICATE)
    context.load_cert_chain(CERTIFICATE)
    context.verify_mode = ssl.CERT_REQUIRED
    async with _serve(CannedCluster(), context) as canned:
        yield canned


Connect = Callable[..., ClusterSearch]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2024, 5, 8, tzinfo=UTC))


@pytest.fixture
async def connect(cluster: CannedCluster, clock: ManualClock) -> AsyncIterator[Connect]:
    """Makes adapters on the canned cluster; all are closed at the end."""
    opened: list[ClusterSearch] = []

    def open_search(
        *, limits: ClusterLimits | None = None, batch_s: float = 5.0, search_s: float = 300.0, **settings: Any
    ) -> ClusterSearch:
        given: dict[str, Any] = {"hosts": (cluster.url,), "product": "elasticsearch", **settings}
        timeouts = ClusterTimeouts(batch_s=batch_s, search_s=search_s)
        search = ClusterSearch(ClusterSettings(**given, limits=limits or ClusterLimits(), timeouts=timeouts), clock)
        opened.append(search)
        return search

    yield open_search
    for search in opened:
        await search.close()


def request(index: str, end: str = "2024-05-07T10:00:00.000Z", **body: Any) -> SearchRequest:
    """A search of one index whose window ends at an instant."""
    return SearchRequest((index,), {"query": {"range": {"@timestamp": {"lte": end}}}, **body})


async def outcomes(search: ClusterSearch, *requests: SearchRequest) -> list[Any]:
    """Answers and errors of searches issued in one loop turn, in order."""
    return await asyncio.gather(*(search.search(each) for each in requests), return_exceptions=True)


@pytest.fixture
def ask() -> Any:
    """The functions above, for test modules beside (which cannot import a conftest)."""

    class Ask:
        request = staticmethod(request)
        outcomes = staticmethod(outcomes)
        error = staticmethod(error)

    return Ask
