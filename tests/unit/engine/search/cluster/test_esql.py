"""ES|QL queries to a cluster, and what it says of its fields."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from aiohttp import web

from engine.model.errors import SearchError, SearchUnavailable
from engine.ports.search import EsqlRequest, FieldCapsRequest

REQUEST = EsqlRequest("FROM a\n| LIMIT 5", {"match_all": {}}, ("a",), (5, 6), ({"_tstart": "x"},))


async def test_the_query_is_sent_alone(cluster: Any, connect: Any) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"columns": [], "values": []})

    cluster.replies["_query"] = answer
    assert await connect().esql(REQUEST) == {"columns": [], "values": []}
    (seen,) = cluster.requests
    assert (seen.method, seen.path) == ("POST", "/_query")
    body = {"query": "FROM a\n| LIMIT 5", "filter": {"match_all": {}}, "params": [{"_tstart": "x"}]}
    assert orjson.loads(seen.body) == body


async def test_errors_are_those_of_searches(cluster: Any, connect: Any, ask: Any) -> None:
    status = 400

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(ask.error(status, "verification_exception", "Unknown column [x]"), status=status)

    cluster.replies["_query"] = answer
    search = connect()
    with pytest.raises(SearchError, match="Unknown column") as failed:
        await search.esql(REQUEST)
    assert failed.value.error_type == "verification_exception"
    status = 503
    with pytest.raises(SearchUnavailable):
        await search.esql(REQUEST)


async def test_opensearch_is_not_asked(cluster: Any, connect: Any) -> None:
    with pytest.raises(SearchError, match="is OpenSearch"):
        await connect(product="opensearch").esql(REQUEST)
    assert cluster.requests == []


async def test_fields_are_asked_for_again_after_five_seconds(cluster: Any, connect: Any, clock: Any) -> None:
    search = connect()
    for fields in (("x",), ("x",), ("y",)):
        await search.field_caps(FieldCapsRequest(("a",), fields))
    assert [seen.query.split("&")[0] for seen in cluster.requests] == ["fields=x", "fields=y"]
    clock.advance(timedelta(seconds=4.9))
    await search.field_caps(FieldCapsRequest(("a",), ("x",)))
    assert len(cluster.requests) == 2
    clock.advance(timedelta(seconds=0.2))
    await search.field_caps(FieldCapsRequest(("a",), ("x",)))
    assert len(cluster.requests) == 3


async def test_a_failure_to_tell_fields_is_not_kept(cluster: Any, connect: Any, ask: Any) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response(ask.error(403, "security_exception", "no"), status=403)

    search, wanted = connect(), FieldCapsRequest(("a",), ("x",))
    cluster.replies["_field_caps"] = refuse
    with pytest.raises(SearchError):
        await search.field_caps(wanted)
    del cluster.replies["_field_caps"]
    assert await search.field_caps(wanted) == {"indices": [], "fields": {}}
