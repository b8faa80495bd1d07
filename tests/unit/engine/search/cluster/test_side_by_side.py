"""Several clusters and files behind one router: what happens to one of them holds no search of another back."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.errors import SearchUnavailable
from engine.ports.search import SearchRequest
from engine.search.cluster.settings import ClusterLimits
from engine.search.local import LocalSearch
from engine.search.router import SearchRouter

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
async def files() -> Any:
    search = LocalSearch(lambda: datetime(2024, 5, 8, tzinfo=UTC))
    await search.add_documents("web", [{"a": 1}])
    return search


async def ask_everyone(router: SearchRouter, *indices: str) -> list[Any]:
    searches = (router.search(SearchRequest((index,), {"track_total_hits": True})) for index in indices)
    return await asyncio.gather(*searches, return_exceptions=True)


async def test_a_cluster_that_cannot_be_reached(cluster: Any, connect: Any, files: LocalSearch) -> None:
    clusters = {"up": connect(name="up"), "down": connect(name="down", hosts=(NOBODY,))}
    router = SearchRouter(files, ("web",), clusters, "up")
    for _ in range(4):
        up, down, web = await ask_everyone(router, "a", "down:a", "web")
        assert up["hits"]["index"] == "a"
        assert web["hits"]["total"]["value"] == 1
        assert isinstance(down, SearchUnavailable)
    # By now it is left alone; the other is not.
    assert "not asked again" in str(down)
    assert len(cluster.sent) == 4
    await files.close()


async def test_a_cluster_that_does_not_answer(cluster: Any, connect: Any, files: LocalSearch) -> None:
    """One whose every place for searches is taken, and whose next ones wait."""
    limits = ClusterLimits(concurrent_singles=2)
    clusters = {"up": connect(name="up"), "slow": connect(name="slow", limits=limits)}
    router = SearchRouter(files, ("web",), clusters, "up")
    indices = [f"held-{number}" for number in range(5)]
    release = asyncio.Event()
    cluster.held.update(dict.fromkeys(indices, release))
    held = asyncio.create_task(ask_everyone(router, *(f"slow:{index}" for index in indices)))
    while len(cluster.sent) < limits.concurrent_singles:
        await cluster.arrived.get()
    up, web = await ask_everyone(router, "a", "web")
    assert up["hits"]["index"] == "a"
    assert web["hits"]["total"]["value"] == 1
    assert not held.done()
    release.set()
    assert [answer["hits"]["index"] for answer in await held] == indices
    await files.close()
