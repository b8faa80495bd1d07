"""Bulk requests to a cluster: their form, and what makes them different from searches."""

import asyncio
from typing import Any

import orjson
import pytest
from aiohttp import web

from engine.model.errors import SearchError, SearchUnavailable
from engine.ports.search import BulkItem, BulkRequest
from engine.search.cluster.settings import ClusterLimits

WRITTEN = {"took": 3, "errors": False, "items": [{"create": {"_id": "x", "status": 201}}]}
KEPT = BulkItem({"a": 1}, "1", is_replacing=True)


def lines(body: bytes) -> list[Any]:
    return [orjson.loads(line) for line in body.splitlines()]


async def answer_written(_: web.Request) -> web.Response:
    return web.json_response(WRITTEN)


async def test_each_document_follows_the_line_that_says_what_to_do_with_it(cluster: Any, connect: Any) -> None:
    cluster.replies["_bulk"] = answer_written
    items = (BulkItem({"a": 1}), BulkItem({"a": "x\ny"}, "1"), BulkItem({}, "2", is_replacing=True))
    items += (BulkItem({}, is_replacing=True),)
    assert await connect().bulk(BulkRequest("alerts/<x>", items, refresh=True)) == WRITTEN
    [seen] = cluster.requests
    assert (seen.method, seen.path, seen.query) == ("POST", "/alerts/<x>/_bulk", "refresh=true")
    assert seen.headers["Content-Type"] == "application/x-ndjson"
    assert seen.body.endswith(b"\n")
    assert lines(seen.body) == [
        {"create": {}},
        {"a": 1},
        {"create": {"_id": "1"}},
        {"a": "x\ny"},
        {"index": {"_id": "2"}},
        {},
        {"index": {}},
        {},
    ]


async def test_equal_bulks_are_written_each(cluster: Any, connect: Any) -> None:
    cluster.replies["_bulk"] = answer_written
    search, request = connect(), BulkRequest("alerts", (BulkItem({"a": 1}),))
    await asyncio.gather(search.bulk(request), search.bulk(request))
    assert len(cluster.requests) == 2


@pytest.mark.parametrize(
    ("items", "exchanges"), [((KEPT,), 2), ((KEPT, BulkItem({}, "2")), 1), ((BulkItem({}, is_replacing=True),), 1)]
)
async def test_only_what_cannot_be_written_twice_is_sent_again(
    cluster: Any, connect: Any, items: tuple[BulkItem, ...], exchanges: int
) -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    cluster.replies["_bulk"] = hang_up
    with pytest.raises(SearchUnavailable, match="cannot be reached"):
        await connect().bulk(BulkRequest("alerts", items))
    assert len(cluster.requests) == exchanges


async def test_a_bulk_beyond_the_limit_is_not_sent(cluster: Any, connect: Any) -> None:
    search = connect(limits=ClusterLimits(bulk_bytes=60))
    with pytest.raises(SearchError, match="write fewer documents") as caught:
        await search.bulk(BulkRequest("alerts", (BulkItem({"text": "x" * 40}),)))
    assert caught.value.status == 413
    assert cluster.requests == []


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_an_answer_that_refuses_everything_keeps_its_body(
    cluster: Any, connect: Any, ask: Any, status: int
) -> None:
    body = ask.error(status, "security_exception", "not for you")

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    cluster.replies["_bulk"] = refuse
    with pytest.raises(SearchError) as caught:
        await connect().bulk(BulkRequest("alerts", (KEPT,)))
    assert (caught.value.status, caught.value.reason, caught.value.body) == (status, "not for you", body)


async def test_a_resting_cluster_is_not_written_to(cluster: Any, connect: Any) -> None:
    async def overload(_: web.Request) -> web.Response:
        return web.Response(status=503)

    cluster.replies["_bulk"] = overload
    search = connect(limits=ClusterLimits(breaker_failures=1, rest_s=20))
    with pytest.raises(SearchUnavailable, match="503"):
        await search.bulk(BulkRequest("alerts", (KEPT,)))
    with pytest.raises(SearchUnavailable, match="not asked again for 20 s"):
        await search.bulk(BulkRequest("alerts", (KEPT,)))
    assert len(cluster.requests) == 1


async def test_nothing_to_write_is_not_sent(cluster: Any, connect: Any) -> None:
    assert await connect().bulk(BulkRequest("alerts", ())) == {"took": 0, "errors": False, "items": []}
    assert cluster.requests == []


@pytest.mark.parametrize(
    ("product", "kind"), [("elasticsearch", "flattened"), ("opensearch", "flat_object")], ids=["es", "opensearch"]
)
async def test_a_missing_index_is_made_with_its_mappings(cluster: Any, connect: Any, product: str, kind: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"acknowledged": True}, status=404 if request.method == "GET" else 200)

    cluster.replies["alerts"] = answer
    params = {"type": "flattened", "ignore_above": 1024}
    mappings = {"dynamic_templates": [{"x": {"mapping": params}}], "properties": {"a": {"properties": {"b": params}}}}
    assert await connect(product=product).ensure_index("alerts", mappings) is True
    assert [(seen.method, seen.path) for seen in cluster.requests] == [("GET", "/alerts"), ("PUT", "/alerts")]
    sent = orjson.loads(cluster.requests[1].body)["mappings"]
    assert sent["properties"]["a"]["properties"]["b"]["type"] == kind
    assert sent["dynamic_templates"][0]["x"]["mapping"]["type"] == kind


async def test_an_index_that_is_there_is_left_as_it_is(cluster: Any, connect: Any) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"alerts-000001": {}})

    cluster.replies["alerts"] = answer
    assert await connect().ensure_index("alerts", {}) is False
    assert [seen.method for seen in cluster.requests] == ["GET"]


async def test_an_index_that_somebody_else_made_meanwhile(cluster: Any, connect: Any, ask: Any) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({}, status=404)
        return web.json_response(ask.error(400, "resource_already_exists_exception", "there"), status=400)

    cluster.replies["alerts"] = answer
    assert await connect().ensure_index("alerts", {}) is False


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_an_index_that_may_not_be_looked_for_or_made(cluster: Any, connect: Any, ask: Any, method: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        status = 403 if request.method == method else 404
        return web.json_response(ask.error(status, "security_exception", "not for you"), status=status)

    cluster.replies["alerts"] = answer
    with pytest.raises(SearchError, match="not for you"):
        await connect().ensure_index("alerts", {})
