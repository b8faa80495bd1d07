"""What every search backend is held to: the fixture ``backend`` is each implementation in turn.

An implementation joins by an entry in ``_BACKENDS`` and a context that gives the port and a way to fill an index. It
must take an explicit mapping, keep the order of documents, and make them searchable before ``load`` returns.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
import pytest
from osmem_server import OsmemServer

from engine.ports.search import FieldCapsRequest, SearchPort, SearchRequest
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings
from engine.search.local import LocalSearch
from engine.service.clocks import SystemClock

Load = Callable[[str, list[dict[str, Any]], dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Backend:
    """A backend able to hold documents. ``load(index, documents with _id, properties)``."""

    name: str
    port: SearchPort
    load: Load

    async def search(self, index: str, **body: Any) -> dict[str, Any]:
        """The answer to a body."""
        return await self.port.search(SearchRequest(tuple(index.split(",")), body))

    async def ids(self, index: str, query: dict[str, Any]) -> list[str]:
        """The ids of the documents that match, sorted."""
        answer = await self.search(index, query=query, size=100)
        return sorted(hit["_id"] for hit in answer["hits"]["hits"])

    async def field_caps(self, index: str, *fields: str) -> dict[str, Any]:
        """The answer of the field capabilities."""
        return await self.port.field_caps(FieldCapsRequest((index,), fields))


@asynccontextmanager
async def _local() -> AsyncIterator[Backend]:
    engine = LocalSearch(lambda: datetime(2024, 5, 8, tzinfo=UTC))

    async def load(index: str, documents: list[dict[str, Any]], properties: dict[str, Any]) -> None:
        report = await engine.add_documents(index, documents, {"properties": properties})
        assert report.problems == []

    yield Backend("local", engine, load)
    await engine.close()


@asynccontextmanager
async def _cluster(name: str, url: str) -> AsyncIterator[Backend]:
    """The cluster adapter, over HTTP, on a server without indices."""
    search = ClusterSearch(ClusterSettings((url,)), SystemClock())

    async def load(index: str, documents: list[dict[str, Any]], properties: dict[str, Any]) -> None:
        lines = []
        for document in documents:
            source = {name: value for name, value in document.items() if name != "_id"}
            lines += [{"index": {"_id": document["_id"]}}, source]
        body = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        async with aiohttp.ClientSession(url) as session:
            async with session.put(f"/{index}", json={"mappings": {"properties": properties}}) as answer:
                assert answer.status == 200, await answer.text()
            headers = {"content-type": "application/x-ndjson"}
            async with session.post(f"/{index}/_bulk?refresh=true", data=body, headers=headers) as answer:
                assert not (await answer.json())["errors"]

    yield Backend(name, search, load)
    await search.close()


_BACKENDS = ("local", "osmem", pytest.param("opensearch", marks=pytest.mark.opensearch))
"""``osmem`` is a server made for tests that says that it is OpenSearch, ``opensearch`` a real node."""


@pytest.fixture(scope="session")
def server() -> Iterator[OsmemServer]:
    """One server process on a free loopback port; each test gets an empty copy of it. It ends with the tests."""
    with OsmemServer.start(freeze=True, japanese=False) as started:
        yield started
    assert started.process.stdout is not None
    started.process.stdout.close()


@pytest.fixture(params=_BACKENDS)
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    if request.param == "local":
        async with _local() as opened:
            yield opened
    elif request.param == "osmem":
        with request.getfixturevalue("server").clone() as clone:
            async with _cluster("osmem", clone.url) as opened:
                yield opened
    else:
        url = request.getfixturevalue("opensearch")
        async with _cluster("opensearch", url) as opened:
            yield opened
        async with aiohttp.ClientSession(url) as session, session.delete("/*") as answer:
            assert answer.status == 200, await answer.text()


_TYPES = {"@timestamp": "date", "host": "keyword", "level": "keyword", "cpu": "double", "count": "long",
          "up": "boolean", "ip": "ip", "tags": "keyword"}  # fmt: skip
HOSTS: dict[str, Any] = {
    **{name: {"type": kind} for name, kind in _TYPES.items()},
    "message": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}},
}


@pytest.fixture
async def hosts(backend: Backend) -> Backend:
    """Twelve readings of three hosts, one a minute, in the index ``hosts``."""
    documents = []
    for number in range(12):
        host = "abc"[number % 3]
        documents.append({
            "_id": f"{number:02}", "@timestamp": f"2024-05-07T10:{number:02}:00.000Z", "host": host, "count": number,
            "level": "error" if number % 4 == 0 else "info", "cpu": number * 10.0, "up": number % 2 == 0,
            "ip": f"10.0.{number % 2}.{number}", "tags": ["x", "y"][: number % 3],
            "message": f"Disk {number} of host {host} is {'full' if number % 4 == 0 else 'fine'}",
        })  # fmt: skip
    await backend.load("hosts", documents, HOSTS)
    return backend
