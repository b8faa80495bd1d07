"""The client against real servers on loopback (connector-framework.md 6)."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure, HttpRequest
from engine.service.http_client import AiohttpClient

# The shapes of the fixtures; test folders are no packages to import from.
Receiver = Any
StartReceiver = Callable[[], Awaitable[Receiver]]
RawServer = Callable[[bytes, bool], Awaitable[str]]
MakeClient = Callable[..., AiohttpClient]


@pytest.fixture
async def make_client() -> AsyncIterator[MakeClient]:
    clients: list[AiohttpClient] = []

    def make(**members: Any) -> AiohttpClient:
        clients.append(AiohttpClient(HttpSettings(**members)))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


async def failure_of(client: AiohttpClient, request: HttpRequest) -> HttpFailure:
    with pytest.raises(HttpFailure) as caught:
        await client.send(request)
    return caught.value


class TestRequest:
    async def test_method_path_headers_and_body_arrive_as_given(
        self, receiver: Receiver, make_client: MakeClient
    ) -> None:
        url = receiver.url + "/a%2Fb?sig=x%2Fy%2B+z&q=%41"
        await make_client().send(HttpRequest("PUT", url, {"X-Key": "v", "accept": "text/html"}, "naïve".encode()))
        [received] = receiver.requests
        assert (received.method, received.path) == ("PUT", "/a%2Fb?sig=x%2Fy%2B+z&q=%41")
        assert received.body == "naïve".encode()
        assert received.headers["X-Key"] == "v"
        assert received.headers.getall("Accept") == ["text/html"]
        assert "Content-Type" not in received.headers

    async def test_without_a_header_of_its_own_json_is_preferred(
        self, receiver: Receiver, make_client: MakeClient
    ) -> None:
        await make_client().send(HttpRequest("GET", receiver.url))
        assert receiver.requests[0].headers["Accept"] == "application/json, text/plain, */*"

    @pytest.mark.parametrize("body", [None, b""])
    async def test_an_empty_body_is_not_sent(
        self, receiver: Receiver, make_client: MakeClient, body: bytes | None
    ) -> None:
        await make_client().send(HttpRequest("POST", receiver.url, body=body))
        [received] = receiver.requests
        assert received.headers.get("Content-Length", "0") == "0"
        assert "Transfer-Encoding" not in received.headers

    async def test_credentials_in_the_url_become_a_header_unless_there_is_one(
        self, receiver: Receiver, make_client: MakeClient
    ) -> None:
        url = f"http://bob:secret@127.0.0.1:{receiver.port}/"
        client = make_client()
        await client.send(HttpRequest("GET", url))
        await client.send(HttpRequest("GET", url, {"authorization": "Bearer t"}))
        assert [one.headers.getall("Authorization") for one in receiver.requests] == [
            ["Basic Ym9iOnNlY3JldA=="],
            ["Bearer t"],
        ]

    async def test_cookies_are_not_kept(self, receiver: Receiver, make_client: MakeClient) -> None:
        url = receiver.answer("/", headers={"Set-Cookie": "a=b"})
        client = make_client()
        await client.send(HttpRequest("GET", url))
        await client.send(HttpRequest("GET", url))
        assert "Cookie" not in receiver.requests[1].headers

    async def test_a_proxy_of_the_environment_is_not_used(
        self, receiver: Receiver, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
        assert (await make_client().send(HttpRequest("GET", receiver.url))).status == 200

    @pytest.mark.parametrize("headers", [{"X-Key": "a\r\nX-Injected: 1"}, {"X-A: 1\r\nX-B": "v"}, {"X": "\n"}])
    async def test_header_injection_is_refused(
        self, receiver: Receiver, make_client: MakeClient, headers: dict[str, str]
    ) -> None:
        failure = await failure_of(make_client(), HttpRequest("GET", receiver.url, headers))
        assert not failure.is_retryable
        assert receiver.requests == []


class TestAnswer:
    async def test_status_reason_headers_and_body_are_handed_on(
        self, receiver: Receiver, make_client: MakeClient
    ) -> None:
        receiver.answers["/"] = lambda: web.Response(status=418, reason="Teapot", text="short", headers={"X-A": "1"})
        response = await make_client().send(HttpRequest("GET", receiver.url))
        assert (response.status, response.reason, response.body) == (418, "Teapot", b"short")
        assert response.headers["x-a"] == "1"

    @pytest.mark.parametrize(("size", "is_read"), [(1024, True), (1025, False)])
    async def test_an_answer_may_be_as_large_as_the_limit(
        self, receiver: Receiver, make_client: MakeClient, size: int, is_read: bool
    ) -> None:
        receiver.answer("/", body="x" * size)
        client = make_client(max_response_bytes=1024)
        if is_read:
            assert len((await client.send(HttpRequest("GET", receiver.url))).body) == size
        else:
            assert not (await failure_of(client, HttpRequest("GET", receiver.url))).is_retryable

    async def test_the_limit_counts_decompressed_bytes(self, receiver: Receiver, make_client: MakeClient) -> None:
        bomb = gzip.compress(bytes(20_000_000))
        receiver.answers["/"] = lambda: web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
        failure = await failure_of(make_client(max_response_bytes=100_000), HttpRequest("GET", receiver.url))
        assert "100000" in str(failure)

    async def test_an_endless_answer_ends_at_the_size_limit(
        self, raw_server: RawServer, make_client: MakeClient
    ) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        url = await raw_server(head + b"400\r\n" + b"x" * 1024 + b"\r\n", True)
        failure = await failure_of(make_client(max_response_bytes=1000), HttpRequest("GET", url))
        assert "1000" in str(failure)


class TestFailure:
    async def test_a_refused_connection_can_be_tried_again(self, make_client: MakeClient) -> None:
        failure = await failure_of(make_client(), HttpRequest("GET", f"http://127.0.0.1:{closed_port()}/?token=secret"))
        assert (failure.error_code, failure.is_retryable) == ("ECONNREFUSED", True)
        assert "secret" not in str(failure)

    async def test_an_unknown_host_can_be_tried_again(self, make_client: MakeClient) -> None:
        failure = await failure_of(make_client(), HttpRequest("GET", "http://nowhere.invalid/"))
        assert (failure.error_code, failure.is_retryable) == ("ENOTFOUND", True)

    async def test_no_answer_in_time_can_be_tried_again(self, raw_server: RawServer, make_client: MakeClient) -> None:
        client = make_client(response_timeout_s=0.05)
        failure = await failure_of(client, HttpRequest("GET", await raw_server(b"", True)))
        assert (failure.error_code, failure.is_retryable) == ("ECONNABORTED", True)

    async def test_an_answer_that_stalls_is_not_tried_again(
        self, raw_server: RawServer, make_client: MakeClient
    ) -> None:
        url = await raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", True)
        failure = await failure_of(make_client(response_timeout_s=0.2), HttpRequest("GET", url))
        assert (failure.error_code, failure.is_retryable) == ("ECONNABORTED", False)

    async def test_a_connection_closed_before_an_answer_can_be_tried_again(
        self, raw_server: RawServer, make_client: MakeClient
    ) -> None:
        failure = await failure_of(make_client(), HttpRequest("POST", await raw_server(b"", False), body=b"x"))
        assert (failure.error_code, failure.is_retryable) == ("ECONNRESET", True)

    @pytest.mark.parametrize(
        "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"no HTTP at all\r\n\r\n"]
    )
    async def test_a_broken_answer_is_not_tried_again(
        self, raw_server: RawServer, make_client: MakeClient, answer: bytes
    ) -> None:
        failure = await failure_of(make_client(), HttpRequest("GET", await raw_server(answer, False)))
        assert not failure.is_retryable

    async def test_no_tls_on_the_other_side_is_not_tried_again(self, make_client: MakeClient) -> None:
        async def answer_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer_plainly, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            failure = await failure_of(make_client(), HttpRequest("GET", url))
        assert (failure.error_code, failure.is_retryable) == ("ERR_TLS", False)

    async def test_a_certificate_that_nobody_vouches_for_is_refused(self, make_client: MakeClient) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        async with server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            failure = await failure_of(make_client(), HttpRequest("GET", url))
        assert (failure.error_code, failure.is_retryable) == ("ERR_TLS", False)
        assert "self-signed certificate" in str(failure)

    async def test_a_request_may_ask_for_more_time_but_not_for_less(
        self, receiver: Receiver, raw_server: RawServer, make_client: MakeClient
    ) -> None:
        patient = await make_client(response_timeout_s=0.000001).send(HttpRequest("GET", receiver.url, timeout_s=30))
        assert patient.status == 200
        request = HttpRequest("GET", receiver.url, timeout_s=0.000001)
        assert (await make_client(response_timeout_s=30).send(request)).status == 200


class TestRedirect:
    @pytest.mark.parametrize(
        ("status", "method", "expected"),
        [
            *[(status, "POST", "GET") for status in (301, 302, 303)],
            *[(status, "PUT", "PUT") for status in (301, 302, 307, 308)],
            *[(status, "POST", "POST") for status in (307, 308)],
            (303, "PUT", "GET"),
            (303, "DELETE", "GET"),
            *[(status, "GET", "GET") for status in (301, 302, 303, 307, 308)],
        ],
    )
    async def test_the_method_of_the_next_hop(
        self, receiver: Receiver, make_client: MakeClient, status: int, method: str, expected: str
    ) -> None:
        url = receiver.answer("/first", status, headers={"Location": "/second?x=1"})
        body = b"payload" if method in ("POST", "PUT") else None
        headers = {"Content-Type": "text/plain", "X-Key": "v"}
        response = await make_client().send(HttpRequest(method, url, headers, body))
        first, second = receiver.requests
        assert response.status == 200
        assert (second.method, second.path, second.headers["X-Key"]) == (expected, "/second?x=1", "v")
        is_same = first.method == second.method
        assert second.body == (first.body if is_same else b"")
        assert ("Content-Type" in second.headers) is is_same

    async def test_credentials_stay_on_their_origin(
        self, receiver: Receiver, start_receiver: StartReceiver, make_client: MakeClient
    ) -> None:
        other = await start_receiver()
        headers = {"Authorization": "Basic x", "X-Api-Key": "secret", "X-Plain": "v", "Host": "virtual.example"}
        for location in (f"{receiver.url}/next", f"http://bob:pw@127.0.0.1:{other.port}/next"):
            url = receiver.answer("/first", 307, headers={"Location": location})
            await make_client().send(HttpRequest("POST", url, headers, b"x", private_headers=frozenset({"x-api-KEY"})))
        same_origin, [other_origin] = receiver.requests[1], other.requests
        assert {name: same_origin.headers[name] for name in headers} == headers
        assert other_origin.headers["X-Plain"] == "v"
        assert other_origin.headers["Host"] == f"127.0.0.1:{other.port}"
        assert not {"Authorization", "X-Api-Key"} & set(other_origin.headers)

    @pytest.mark.parametrize(
        "location", ["http://localhost:{port}/", "http:///path", "///x", "ftp://127.0.0.1/", "http://[x/"]
    )
    async def test_a_hop_to_a_host_that_is_not_allowed_fails(
        self, receiver: Receiver, make_client: MakeClient, location: str
    ) -> None:
        url = receiver.answer("/first", 302, headers={"Location": location.format(port=receiver.port)})
        failure = await failure_of(make_client(allowed_hosts=("127.0.0.1",)), HttpRequest("GET", url))
        assert not failure.is_retryable
        assert len(receiver.requests) == 1

    async def test_the_first_host_must_be_allowed_too(self, receiver: Receiver, make_client: MakeClient) -> None:
        failure = await failure_of(make_client(allowed_hosts=("h.example",)), HttpRequest("GET", receiver.url))
        assert "allowedHosts" in str(failure)
        assert receiver.requests == []

    async def test_redirects_end_at_the_limit(self, receiver: Receiver, make_client: MakeClient) -> None:
        url = receiver.answer("/loop", 302, headers={"Location": "/loop"})
        failure = await failure_of(make_client(max_redirects=3), HttpRequest("GET", url))
        assert failure.error_code == "ERR_FR_TOO_MANY_REDIRECTS"
        assert len(receiver.requests) == 4

    async def test_a_request_may_want_to_see_the_redirect(self, receiver: Receiver, make_client: MakeClient) -> None:
        url = receiver.answer("/first", 302, headers={"Location": "/second"})
        response = await make_client().send(HttpRequest("POST", url, body=b"x", follows_redirects=False))
        assert (response.status, len(receiver.requests)) == (302, 1)

    @pytest.mark.parametrize(("status", "headers"), [(302, {}), (304, {"Location": "/x"}), (300, {"Location": "/x"})])
    async def test_what_is_no_redirect_is_the_answer(
        self, receiver: Receiver, make_client: MakeClient, status: int, headers: dict[str, str]
    ) -> None:
        url = receiver.answer("/first", status, headers=headers)
        assert (await make_client().send(HttpRequest("GET", url))).status == status


class TestAnyInput:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.text(max_size=20).map("http://127.0.0.1:1/".__add__)
        | st.text(alphabet="htp:/@[]\\?#%.a1é \r\n", max_size=20).map("http://127.0.0.1".__add__)
        | st.text(max_size=20),
        st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2),
        st.sampled_from(["GET", "POST", "", "A B", "X\r\nY"]),
    )
    async def test_nothing_but_http_failures_come_out(self, url: str, headers: dict[str, str], method: str) -> None:
        # No host is allowed but one on which nothing listens.
        client = AiohttpClient(HttpSettings(allowed_hosts=("127.0.0.1",), response_timeout_s=5))
        try:
            await failure_of(client, HttpRequest(method, url, headers, b"x"))
        finally:
            await client.close()
