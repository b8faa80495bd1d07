"""What no client may do to the service: each request is refused clearly, and a rule runs in its slots meanwhile.

The program itself under hostile clients is in `test_hostile_http.py`; here is the table of what they send.
"""

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from engine.api.settings import ApiSettings
from tests.e2e.service import RunningService, rule_body, run_service

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PATIENCE_S = 30.0
MOST_MORE_MEMORY_MB = 150
BODY_TIMEOUT_S = 0.5
CONNECTIONS = 500
LONGEST_GAP_S = 5.0
"""Between two runs of a rule that runs each second, also where the machine has much else to do."""
HUGE = 100 * 1024 * 1024
HEADERS = {"host": "127.0.0.1", "kbn-xsrf": "true"}
FIND = "/api/alerting/rules/_find"
LONGEST_ANSWER_S = 10.0
CLOSED = 0
"""The status of a connection that was closed without an answer."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    settings = ApiSettings(body_timeout_s=BODY_TIMEOUT_S)
    async with run_service(tmp_path_factory.mktemp("service"), settings) as running:
        made = await ask(running, "POST", "/api/alerting/rule/beat", json.dumps(rule_body()).encode())
        assert made.status == 200, made.content
        await running.wait_for_runs("beat", 1)
        yield running


class Told:
    """An answer; `CLOSED` without one."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.content = raw.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ")[1]) if head else CLOSED
        self.head = head

    @property
    def json(self) -> Any:
        return json.loads(self.content)


async def ask(
    service: RunningService, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> Told:
    """One request on a connection of its own, its path as written."""
    sent = HEADERS | {"connection": "close"} | ({} if headers is None else headers)
    if body:
        sent = {"content-type": "application/json", "content-length": str(len(body))} | sent
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
    return await exchange(service, head.encode("latin-1") + body)


async def exchange(service: RunningService, sent: bytes) -> Told:
    """What is answered to these bytes; the server may answer before it has had them all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            writer.write(sent)
            return Told(await reader.read())
    except ConnectionError:
        return Told(b"")
    finally:
        writer.close()


def used_mb() -> int:
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024


def is_clear(told: Told) -> bool:
    """Whether it is an error as all are, and no answer of the server's own failure."""
    body = told.json
    return 400 <= told.status < 500 and body["statusCode"] == told.status and bool(body["message"])


async def test_a_huge_body_is_refused_before_it_is_sent(service: RunningService) -> None:
    before = used_mb()
    told = await ask(service, "POST", "/api/alerting/rule", headers={"content-length": str(HUGE)})
    assert (told.status, is_clear(told)) == (413, True)
    assert used_mb() - before < MOST_MORE_MEMORY_MB


async def test_a_huge_body_that_does_not_say_so_is_refused_on_the_way(service: RunningService) -> None:
    before = used_mb()
    _, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = {**HEADERS, "content-type": "application/json", "transfer-encoding": "chunked"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST /api/alerting/rule HTTP/1.1\r\n{lines}\r\n".encode())
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    async with asyncio.timeout(PATIENCE_S):
        try:
            while sent < HUGE:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
        except ConnectionError:
            pass
    writer.close()
    assert sent < HUGE, "the server took it all"
    assert used_mb() - before < MOST_MORE_MEMORY_MB


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, id="10,000 deep"),
        pytest.param(b"[" * 1_000_000, id="a million brackets"),
        pytest.param(b'{"name": "\xff\xfe"}', id="no UTF-8"),
        pytest.param(b'{"name": "\\ud800"}', id="half a surrogate"),
        pytest.param(b'{"name": 1' + b"0" * 100_000 + b"}", id="a long number"),
        pytest.param(b'{"name": NaN}', id="NaN"),
        pytest.param(b'{"a": 1, "a": 2}' * 2, id="two values"),
        pytest.param(b"\x00", id="a zero byte"),
    ],
)
async def test_what_is_no_json_is_told(service: RunningService, body: bytes) -> None:
    told = await ask(service, "POST", "/api/alerting/rule", body)
    assert (told.status, is_clear(told)) == (400, True)


async def test_slow_bodies_are_given_up(service: RunningService) -> None:
    """Fifty at once, each a byte long of ten."""
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    sent = f"POST /api/alerting/rule HTTP/1.1\r\n{head}content-length: 10\r\n\r\n{{".encode()
    told = await asyncio.gather(*(exchange(service, sent) for _ in range(50)))
    assert {one.status for one in told} == {408}
    assert all(is_clear(one) for one in told)


async def test_many_connections_hold_nothing_up(service: RunningService) -> None:
    held = []
    for at in range(CONNECTIONS):
        _, writer = await asyncio.open_connection("127.0.0.1", service.port)
        if at % 2:
            writer.write(b"GET / HTTP/1.1\r\nhost: ")
        held.append(writer)
    await service.wait_for_runs("beat", 2)
    for writer in held:
        writer.close()


@pytest.mark.parametrize(
    "path",
    [
        "/api/alerting/rule/../../../etc/passwd",
        "/api/alerting/rule/beat/../beat",
        "/api/alerting/%2e%2e/alerting/rule/beat",
        "//api/alerting/rule/beat",
        "/api//alerting/rule/beat",
        "/api/alerting/rule/beat%00",
        "/api/alerting/rule/beat%2f",
        "/api/alerting/rule/beat%0d%0ax: y",
        "/api/alerting/rule/%ff%fe",
        "/api/alerting/rule/%",
        "/api/alerting/rule/%zz",
        "/api/alerting/rule/" + "a" * 60_000,
        "/s/../api/alerting/rule/beat",
        "/s/%2e%2e/api/alerting/rule/beat",
        "/s//api/alerting/rule/beat",
        "/s/" + "a" * 30_000 + "/api/alerting/rule/beat",
        "/" + "/" * 60_000,
        "/api/cases/%00",
        "/api/security/role/%00",
        "/api/data_views/data_view/%00",
        "/api/actions/connector/..%2f..%2fetc%2fpasswd",
        "http://elsewhere/api/alerting/rule/beat",
        "*",
    ],
    ids=lambda path: path[:50],
)
async def test_no_path_leads_anywhere_else(service: RunningService, path: str) -> None:
    told = await ask(service, "GET", path)
    assert told.status in (400, 404)
    assert is_clear(told)


async def test_no_header_comes_back_in_an_answer(service: RunningService) -> None:
    """Line breaks can come in only where a path or a text of a body is told back."""
    hidden = "x%0d%0aset-cookie: a=b".replace(" ", "%20")
    for method, path in (("GET", f"/api/alerting/rule/{hidden}"), ("GET", f"/s/{hidden}/api/status")):
        told = await ask(service, method, path)
        assert is_clear(told)
        assert b"set-cookie" not in told.head.lower()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"x: a\rb\r\n", id="CR in a value"),
        pytest.param(b"x: a\x00b\r\n", id="a zero byte in a value"),
        pytest.param(b"x y: a\r\n", id="a blank in a name"),
        pytest.param(b": a\r\n", id="no name"),
        pytest.param(b"x: " + b"a" * 70_000 + b"\r\n", id="64 KB"),
        pytest.param(b"".join(b"x%d: a\r\n" % at for at in range(10_000)), id="10,000 of them"),
        pytest.param(b"content-length: 1\r\ncontent-length: 2\r\n", id="two lengths"),
        pytest.param(b"content-length: 5\r\ntransfer-encoding: chunked, x\r\n", id="an unknown encoding"),
        pytest.param(b"content-length: -1\r\n", id="a negative length"),
        pytest.param(b"host: elsewhere\r\n", id="two hosts"),
    ],
)
async def test_what_is_no_header_is_refused(service: RunningService, lines: bytes) -> None:
    sent = b"GET /api/alerting/rule/beat HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n" + lines + b"\r\n"
    told = await exchange(service, sent)
    assert told.status in (400, 501, CLOSED)


async def test_many_headers_cost_no_time(service: RunningService) -> None:
    sent = b"GET /api/alerting/rule/beat HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
    started = time.monotonic()
    told = await exchange(service, sent + b"a:\r\n" * 15_000 + b"\r\n")
    assert told.status == 200
    assert time.monotonic() - started < LONGEST_ANSWER_S


@pytest.mark.parametrize(
    "value", ["Basic " + "a" * 50_000, "ApiKey \xff\xff", "Basic ====", "Bearer x", "Basic"], ids=lambda v: v[:12]
)
async def test_odd_credentials_fail_nothing(service: RunningService, value: str) -> None:
    told = await ask(service, "GET", "/api/alerting/rule/beat", headers={"authorization": value})
    assert told.status in (200, 401)


def bombs() -> dict[str, str]:
    """Filters of `_find` that would be costly if they were not bounded."""
    return {
        "deep brackets": "(" * 5_000 + "alert.attributes.name: a" + ")" * 5_000,
        "many or": " or ".join(["alert.attributes.name: a"] * 3_000),
        "wildcards": "alert.attributes.name: " + "*a" * 5_000,
        "not not": "not " * 5_000 + "alert.attributes.name: a",
        "open quote": 'alert.attributes.name: "' + "a" * 50_000,
        "nested": "alert.attributes.actions: { " * 1_000 + "x: 1" + " }" * 1_000,
        "value list": "alert.attributes.tags: (" + " or ".join(["a"] * 10_000) + ")",
    }


@pytest.mark.parametrize("filter_", [pytest.param(text, id=name) for name, text in bombs().items()])
async def test_filters_of_find_are_bounded(service: RunningService, filter_: str) -> None:
    """Answered in time, with what it finds or with an error that says why not."""
    told = await ask(service, "GET", f"{FIND}?filter={quote(filter_)}")
    assert told.status == 200 or is_clear(told)
    assert told.status in (200, 400)


@pytest.mark.parametrize(
    "query",
    [
        "per_page=1000000000",
        "per_page=1e9",
        "per_page=-1",
        "per_page=" + "9" * 5_000,
        "page=10000000000000000000000000",
        "page=1001&per_page=10",
        "per_page=NaN",
        "sort_field=" + "a" * 10_000,
        "search=" + quote('"' * 1_000) + "&search_fields=nothing",
        "fields=" + "&fields=".join(["a"] * 3_000),
        "has_reference=" + quote("[" * 5_000),
        "filter=%ff",
        "unknown=1",
    ],
    ids=lambda query: query[:30],
)
async def test_queries_are_bounded(service: RunningService, query: str) -> None:
    told = await ask(service, "GET", f"{FIND}?{query}")
    assert (told.status, is_clear(told)) == (400, True)


def bomb_rules() -> dict[str, dict[str, Any]]:
    """Bodies whose parts are languages of their own; what of them is legal must run within bounds."""
    params = rule_body()["params"]
    kql = "(" * 5_000 + "a: b" + ")" * 5_000
    action = {"id": "log", "group": "threshold met", "params": {"message": "m"}}
    frequency = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
    filtered = {**action, "frequency": frequency, "alerts_filter": {"query": {"kql": kql, "filters": []}}}
    dsl: dict[str, Any] = {"match_all": {}}
    for _ in range(200):
        dsl = {"bool": {"filter": [dsl]}}
    search = {"index": ["metrics"], "timeField": "@timestamp", "size": 1, "threshold": [0]}
    search |= {"thresholdComparator": ">", "timeWindowSize": 1, "timeWindowUnit": "d"}
    regexp = {"query": {"regexp": {"message": "(a+)+" * 500 + "b"}}}
    return {
        "KQL in params": {"params": {**params, "filterKuery": kql}},
        "KQL in alerts_filter": {"actions": [filtered]},
        "deep DSL": {"rule_type_id": ".es-query", "params": {**search, "esQuery": json.dumps({"query": dsl})}},
        "regexp": {"rule_type_id": ".es-query", "params": {**search, "esQuery": json.dumps(regexp)}},
        "template": {"actions": [{**action, "frequency": frequency, "params": {"message": "{{#a}}" * 20_000}}]},
        "many tags": {"tags": ["t" * 50] * 15_000},
        "long name": {"name": "n" * 900_000},
        "interval": {"schedule": {"interval": "9" * 400 + "d"}},
    }


@pytest.mark.parametrize("members", [pytest.param(members, id=name) for name, members in bomb_rules().items()])
async def test_rules_with_bombs_are_refused_or_run(service: RunningService, members: dict[str, Any]) -> None:
    body = json.dumps(rule_body(**members)).encode()
    told = await ask(service, "POST", "/api/alerting/rule/bomb", body)
    if told.status == 400:
        assert is_clear(told)
        return
    assert told.status == 200
    await service.wait_for_runs("bomb", 1)
    assert (await ask(service, "DELETE", "/api/alerting/rule/bomb")).status == 204


async def test_the_rule_ran_on_all_the_while(service: RunningService) -> None:
    """The last test: what the others did left no gap between its runs, and it was never at fault."""
    await service.wait_for_runs("beat", 1)
    runs = service.runs_of("beat")
    starts = [report.record.trace.started_at for report in runs]
    gaps_s = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    assert max(gaps_s) < LONGEST_GAP_S
    told = await ask(service, "GET", "/api/alerting/rule/beat")
    assert (told.status, told.json["execution_status"]["status"]) == (200, "active")
