"""A local engine whose clock stands still, and short ways to fill and ask it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.ports.search import SearchRequest
from engine.search.local import LocalSearch

NOW = datetime(2024, 5, 8, 12, 0, tzinfo=UTC)
MESSAGES = {
    "properties": {
        "msg": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 20}}},
        "status": {"type": "keyword"},
        "code": {"type": "integer"},
        "load": {"type": "float"},
        "ts": {"type": "date"},
        "ip": {"type": "ip"},
        "ok": {"type": "boolean"},
        "tags": {"type": "keyword"},
        "sizes": {"type": "long"},
        "place": {"type": "object", "properties": {"city": {"type": "keyword"}}},
    }
}
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "1", "msg": "Connection timeout while reading", "status": "active", "code": 500, "load": 0.1,
     "ts": "2024-05-07T10:00:00Z", "ip": "10.0.0.1", "ok": True, "tags": ["b", "a", "b"], "sizes": [3, 1, 3]},
    {"_id": "2", "msg": "connection refused by peer", "status": "active pending", "code": 404, "load": 2.5,
     "ts": "2024-05-07T23:59:59.500Z", "ip": "10.0.1.7", "ok": False, "tags": "b", "place": {"city": "Köln"}},
    {"_id": "3", "msg": ["Timeout of connection", "disk full"], "status": "pending", "code": 200,
     "ts": "2024-05-08T00:00:00Z", "ip": "192.168.0.9", "ok": True, "tags": []},
    {"_id": "4", "msg": "disk full", "status": "Active", "code": 503, "ts": "2024-04-30T12:00:00Z",
     "ip": "2001:db8::1", "tags": ["c", "a"], "sizes": 7},
    {"_id": "5", "status": "", "code": None, "ts": "2024-05-07T00:00:00Z", "tags": None},
]  # fmt: skip

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def search() -> AsyncIterator[LocalSearch]:
    engine = LocalSearch(lambda: NOW)
    yield engine
    await engine.close()


@pytest.fixture
def ask(search: LocalSearch) -> Ask:
    """``await ask("index", query=..., size=...)``: the answer's body."""

    async def ask(index: str, **body: Any) -> dict[str, Any]:
        return await search.search(SearchRequest(tuple(index.split(",")), body))

    return ask


@pytest.fixture
def found(search: LocalSearch, ask: Ask) -> Callable[..., Awaitable[list[str]]]:
    """``await found("index", query)``: the ids of all matching documents, in document order."""

    async def found(index: str, query: dict[str, Any]) -> list[str]:
        answer = await ask(index, query=query, size=1000, sort=["_doc"])
        assert answer["hits"]["total"]["value"] == len(answer["hits"]["hits"])
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    return found


@pytest.fixture
def refused(ask: Ask) -> Callable[..., Awaitable[SearchError]]:
    """``await refused("index", query=...)``: the error that the search raises."""

    async def refused(index: str, **body: Any) -> SearchError:
        with pytest.raises(SearchError) as caught:
            await ask(index, **body)
        error = caught.value
        assert isinstance(error.body, dict)
        assert error.body["status"] == error.status
        assert error.body["error"]["type"] == error.error_type
        return error

    return refused


@pytest.fixture
def messages(search: LocalSearch) -> LocalSearch:
    """The engine with five documents in ``m``."""
    report = search.add_documents_now("m", DOCUMENTS, MESSAGES)
    assert report.problems == []
    return search
