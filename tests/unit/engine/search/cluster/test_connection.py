"""The form of requests, what is accepted as an answer, and how failures are told."""

import asyncio
import base64
import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from engine.model.errors import InvalidInput, SearchError, SearchUnavailable
from engine.ports.search import FieldCapsRequest, SearchRequest
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterLimits, ClusterSettings
from engine.service.clocks import SystemClock

CERTIFICATE = Path(__file__).with_name("loopback.pem")
LATER = "2024-05-07T10:01:00.000Z"


def answering(status: int, body: str | bytes = "", **headers: str) -> Any:
    async def reply(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=named)

    return reply


async def test_a_search_is_sent_in_elasticsearchs_own_form(cluster: Any, connect: Any) -> None:
    body = {"query": {"match_all": {}}, "sort": [{"@timestamp": {"order": "desc", "format": "epoch_millis"}}]}
    await connect().search(SearchRequest(("logs-*", "remote:x"), body, ignore_unavailable=True))
    [seen] = cluster.requests
    assert (seen.method, seen.path) == ("POST", "/logs-*,remote:x/_search")
    assert seen.query == "ignore_unavailable=true&allow_no_indices=true"
    assert orjson.loads(seen.body) == body


async def test_values_that_only_the_cluster_can_judge_are_sent(cluster: Any, connect: Any, ask: Any) -> None:
    query = {"terms": {"x": [2**70, "\ud800"]}}
    await connect().search(SearchRequest(("a",), {"query": query}))
    assert json.loads(cluster.requests[0].body) == {"query": query}


async def test_a_name_with_date_math_stays_one_name(cluster: Any, connect: Any) -> None:
    await connect().search(SearchRequest(("<logs-{now/d}>",), {}))
    assert cluster.requests[0].path == "/<logs-{now/d}>/_search"


async def test_a_batch_is_sent_in_elasticsearchs_own_form(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect()
    await ask.outcomes(search, ask.request("a"), ask.request("b"))
    await ask.outcomes(search, ask.request("a", LATER), ask.request("b", LATER))
    seen = cluster.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("POST", "/_msearch", "")
    lines = [orjson.loads(line) for line in seen.body.splitlines()]
    assert lines[0] == {"index": ["a"], "ignore_unavailable": False, "allow_no_indices": True}
    assert lines[1] == ask.request("a", LATER).body
    assert seen.body.endswith(b"\n")


async def test_media_types_are_plain(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect(product=None)
    await ask.outcomes(search, ask.request("a"), ask.request("b"))
    await ask.outcomes(search, ask.request("a", LATER), ask.request("b", LATER))
    await search.field_caps(FieldCapsRequest(("a",)))
    kinds = {
        seen.path.rpartition("/")[2]: (seen.headers.get("Content-Type"), seen.headers["Accept"])
        for seen in cluster.requests
    }
    plain = "application/json"
    assert kinds == {"": (None, plain), "_search": (plain, plain), "_msearch": ("application/x-ndjson", plain),
                     "_field_caps": (None, plain)}  # fmt: skip
    assert {seen.headers["User-Agent"] for seen in cluster.requests} == {"Tocsin"}


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({}, None),
        ({"username": "elastic", "password": "pä:ss"}, "Basic " + base64.b64encode("elastic:pä:ss".encode()).decode()),
        ({"api_key": "aWQ6a2V5"}, "ApiKey aWQ6a2V5"),
        ({"api_key": "id:key"}, "ApiKey aWQ6a2V5"),
        ({"bearer_token": "t.o.k"}, "Bearer t.o.k"),
    ],
)
async def test_credentials(cluster: Any, connect: Any, ask: Any, credentials: Any, header: str | None) -> None:
    await connect(**credentials).search(ask.request("a"))
    assert cluster.requests[0].headers.get("Authorization") == header


async def test_a_certificate_that_is_not_trusted(tls_cluster: Any, connect: Any, ask: Any) -> None:
    with pytest.raises(SearchUnavailable, match=r"cluster \[default\]: no secure connection: .*self.signed"):
        await connect(hosts=(tls_cluster.url,)).search(ask.request("a"))


@pytest.mark.parametrize("how", [{"ca_file": str(CERTIFICATE)}, {"verify": False}])
async def test_a_certificate_of_ones_own(tls_cluster: Any, connect: Any, ask: Any, how: Any) -> None:
    answer = await connect(hosts=(tls_cluster.url,), **how).search(ask.request("a"))
    assert answer["hits"]["index"] == "a"


@pytest.mark.parametrize(("content", "says"), [(None, "No such file"), ("nothing", "cannot be used")])
def test_a_certificate_file_that_cannot_be_used(tmp_path: Path, content: str | None, says: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    settings = ClusterSettings(("https://127.0.0.1:1",), ca_file=str(file))
    with pytest.raises(InvalidInput, match=f"ca_file: .*{says}"):
        ClusterSearch(settings, SystemClock())


async def test_a_cloud_id_names_the_host(ask: Any) -> None:
    cloud_id = "name:" + base64.b64encode(b"localhost:1$es$kibana").decode()
    search = ClusterSearch(ClusterSettings(cloud_id=cloud_id, product="elasticsearch"), SystemClock())
    with pytest.raises(SearchUnavailable, match=r"es\.localhost:1"):
        await search.search(ask.request("a"))
    await search.close()


def test_a_cloud_id_that_is_none() -> None:
    with pytest.raises(InvalidInput, match="cloud_id: "):
        ClusterSearch(ClusterSettings(cloud_id="nonsense"), SystemClock())


@pytest.mark.parametrize(
    ("info", "product"),
    [
        ({"version": {"number": "8.15.0", "build_flavor": "default"}}, "elasticsearch"),
        ({"version": {"number": "2.19.6", "distribution": "opensearch"}}, "opensearch"),
        ({}, "elasticsearch"),
    ],
)
async def test_the_product_is_asked_for_once(cluster: Any, connect: Any, ask: Any, info: Any, product: str) -> None:
    cluster.info = info
    search = connect(product=None)
    sort = [{"@timestamp": {"order": "desc", "format": "strict_date_optional_time"}}]
    for _ in range(2):
        await ask.outcomes(search, *(ask.request(index, sort=sort) for index in "ab"))
    assert [seen.path for seen in cluster.requests].count("/") == 1
    sent = orjson.loads(cluster.requests[1].body)["sort"][0]["@timestamp"]
    assert ("format" in sent) == (product == "elasticsearch")


async def test_a_cluster_that_may_not_say_what_it_is(
    cluster: Any, connect: Any, ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.replies[""] = answering(403, orjson.dumps(ask.error(403, "security_exception", "no")))
    assert (await connect(product=None).search(ask.request("a")))["hits"]["index"] == "a"
    assert "taken for Elasticsearch" in caplog.text


async def test_wrong_credentials_are_told(cluster: Any, connect: Any, ask: Any) -> None:
    cluster.replies[""] = answering(401, orjson.dumps(ask.error(401, "security_exception", "unable to authenticate")))
    with pytest.raises(SearchError) as caught:
        await connect(product=None).search(ask.request("a"))
    assert (caught.value.status, caught.value.reason) == (401, "unable to authenticate")


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (500, '{"error": "boom", "status": 500}', "http_error", "boom"),
        (404, "<html>not here</html>", "http_error", "<html>not here</html>"),
        (200, "[]", "malformed_answer", "the answer is no JSON object but begins '[]'"),
        (301, "", "http_error", "no reason given"),
        (
            200,
            "<html>welcome</html>",
            "malformed_answer",
            "the answer is no JSON object but begins '<html>welcome</html>'",
        ),
    ],
)
async def test_answers_that_are_no_search_answers(
    cluster: Any, connect: Any, ask: Any, status: int, body: str, kind: str, reason: str
) -> None:
    cluster.replies["_search"] = answering(status, body, Content_Type="text/html", Location="http://127.0.0.1:1/")
    with pytest.raises(SearchError) as caught:
        await connect().search(ask.request("a"))
    assert (caught.value.status, caught.value.error_type, caught.value.reason) == (status, kind, reason)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_overload_is_unavailable(cluster: Any, connect: Any, ask: Any, status: int) -> None:
    cluster.replies["_search"] = answering(status, orjson.dumps(ask.error(status, "rejected", "too much to do")))
    with pytest.raises(SearchUnavailable, match=rf"cluster \[default\] answered {status} rejected: too much to do"):
        await connect().search(ask.request("a"))


async def test_nobody_listens(connect: Any, ask: Any) -> None:
    with pytest.raises(
        SearchUnavailable, match=r"^cluster \[logs\] cannot be reached: 127\.0\.0\.1:1: Connection refused$"
    ):
        await connect(hosts=("http://127.0.0.1:1",), name="logs").search(ask.request("a"))


async def test_another_host_answers_when_the_first_does_not(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect(hosts=(*(f"http://127.0.0.1:{port}" for port in range(1, 7)), cluster.url))
    for _ in range(4):
        assert (await search.search(ask.request("a")))["hits"]["index"] == "a"


async def test_a_connection_lost_once_is_tried_again(cluster: Any, connect: Any, ask: Any) -> None:
    async def hang_up(request: web.Request) -> web.Response:
        del cluster.replies["_search"]
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    cluster.replies["_search"] = hang_up
    assert (await connect().search(ask.request("a")))["hits"]["index"] == "a"
    assert cluster.sent == [["a"], ["a"]]


async def test_a_connection_lost_again_is_unavailable(cluster: Any, connect: Any, ask: Any) -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    cluster.replies["_search"] = hang_up
    with pytest.raises(SearchUnavailable, match="cannot be reached"):
        await connect().search(ask.request("a"))
    assert cluster.sent == [["a"], ["a"]]


@pytest.mark.parametrize("is_compressed", [False, True])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    cluster: Any, connect: Any, ask: Any, is_compressed: bool
) -> None:
    """Endless, were it not for the limit; and a small one that unpacks to a large one."""
    cut_off = asyncio.Event()

    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65536)
        finally:
            cut_off.set()

    packed = answering(200, gzip.compress(b" " * 10_000_000), Content_Encoding="gzip")
    cluster.replies["_search"] = packed if is_compressed else flood
    with pytest.raises(SearchError, match="the answer is larger than 1000000 bytes") as caught:
        await connect(limits=ClusterLimits(answer_bytes=1_000_000)).search(ask.request("a"))
    assert (caught.value.status, caught.value.error_type) == (413, "content_too_long_exception")
    if not is_compressed:
        await cut_off.wait()


async def test_warnings_of_the_server_are_not_pythons(cluster: Any, connect: Any, ask: Any) -> None:
    cluster.replies["_search"] = answering(200, '{"hits": {}}', Warning='299 Elasticsearch-9 "this is deprecated"')
    assert await connect().search(ask.request("a")) == {"hits": {}}


async def test_a_large_search_is_sent(cluster: Any, connect: Any) -> None:
    body = {"query": {"terms": {"id": ["x" * 100] * 20_000}}}
    await connect().search(SearchRequest(("a",), body))
    assert orjson.loads(cluster.requests[0].body) == body


@pytest.fixture
async def failing(cluster: Any, connect: Any, ask: Any) -> Any:
    """An adapter whose cluster has just answered 503 three times in a row."""
    cluster.replies["_search"] = answering(503, "down")
    search = connect()
    await ask.outcomes(search, *(ask.request(index) for index in "abc"))
    assert len(cluster.requests) == 3
    return search


async def test_a_cluster_that_fails_again_and_again_is_left_alone(
    cluster: Any, failing: Any, ask: Any, clock: Any
) -> None:
    with pytest.raises(SearchUnavailable, match=r"answered 503 .*\(not asked again for 1 s\)"):
        await failing.search(ask.request("a"))
    assert len(cluster.requests) == 3


async def test_an_answer_with_an_error_shows_that_the_cluster_lives(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect()
    for status in (503, 503, 400, 503, 503):
        cluster.replies["_search"] = answering(status, "no")
        await ask.outcomes(search, ask.request("a"))
    assert len(cluster.requests) == 5
    await ask.outcomes(search, ask.request("a"))
    assert len(cluster.requests) == 6


async def test_one_search_tries_whether_it_answers_again_and_the_others_wait_for_that(
    cluster: Any, failing: Any, ask: Any, clock: Any
) -> None:
    clock.advance(timedelta(seconds=1))
    del cluster.replies["_search"]
    cluster.held["a"] = asyncio.Event()
    tasks = [asyncio.create_task(failing.search(ask.request(index))) for index in "abc"]
    while len(cluster.requests) < 4:
        await cluster.arrived.get()
    assert cluster.sent[3:] == [["a"]]
    cluster.held["a"].set()
    assert [answer["hits"]["index"] for answer in await asyncio.gather(*tasks)] == ["a", "b", "c"]


async def test_when_the_trial_fails_everything_that_waits_fails_with_it_and_the_rest_is_longer(
    cluster: Any, failing: Any, ask: Any, clock: Any
) -> None:
    clock.advance(timedelta(seconds=1))
    outcomes = await ask.outcomes(failing, *(ask.request(index) for index in "abc"))
    assert all(isinstance(outcome, SearchUnavailable) for outcome in outcomes)
    assert len(cluster.requests) == 4
    clock.advance(timedelta(seconds=1.5))
    await ask.outcomes(failing, ask.request("a"))
    assert len(cluster.requests) == 4
    clock.advance(timedelta(seconds=0.5))
    await ask.outcomes(failing, ask.request("a"))
    assert len(cluster.requests) == 5


async def test_a_cancelled_trial_lets_the_next_one_try(cluster: Any, failing: Any, ask: Any, clock: Any) -> None:
    clock.advance(timedelta(seconds=1))
    del cluster.replies["_search"]
    cluster.held["a"] = asyncio.Event()
    trial = asyncio.create_task(failing.search(ask.request("a")))
    while len(cluster.requests) < 4:
        await cluster.arrived.get()
    other = asyncio.create_task(failing.search(ask.request("b")))
    trial.cancel()
    assert (await other)["hits"]["index"] == "b"


async def test_retry_after_is_kept(cluster: Any, connect: Any, ask: Any, clock: Any) -> None:
    cluster.replies["_search"] = answering(429, "slow down", Retry_After="20")
    search = connect()
    await ask.outcomes(search, ask.request("a"))
    clock.advance(timedelta(seconds=19))
    await ask.outcomes(search, ask.request("a"))
    assert len(cluster.requests) == 1
    clock.advance(timedelta(seconds=1))
    await ask.outcomes(search, ask.request("a"))
    assert len(cluster.requests) == 2
