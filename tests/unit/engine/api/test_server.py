"""The server of the API: a loop of its own, and clients that cannot hurt it."""

import asyncio
import datetime
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.api import connections
from engine.api.address import Address, Certificate
from engine.api.app import Api
from engine.api.route import Answer, Request, Route, answer_json
from engine.api.server import ApiServer, Bridge, CannotListen
from engine.api.settings import ApiSettings
from engine.model.errors import InvalidInput
from engine.operations.values import Strict

PATIENCE_S = 20
ACKNOWLEDGEMENT_S = 0.04
"""How long a system waits at least before it acknowledges what it has nothing to say to."""


class ThingBody(Strict):
    name: str


class Gate:
    """Lets requests wait until it is opened."""

    def __init__(self) -> None:
        self.is_reached, self.is_open = asyncio.Event(), asyncio.Event()

    async def pass_through(self, request: Request) -> Answer:
        self.is_reached.set()
        await self.is_open.wait()
        return answer_json("passed")


async def tell_thread(request: Request) -> Answer:
    return answer_json(threading.current_thread().name)


@pytest.fixture
def gate() -> Gate:
    return Gate()


Serve = Callable[..., Awaitable[ApiServer]]


@pytest.fixture
async def serve(gate: Gate) -> AsyncIterator[Serve]:
    """Starts a server on a free port of loopback; they are stopped at the end."""
    running = []

    async def start(certificate: Certificate | None = None, port: int = 0, **settings: Any) -> ApiServer:
        routes = [
            Route("GET", "/api/thread", tell_thread),
            Route("GET", "/api/gate", gate.pass_through),
            Route("POST", "/api/thing", tell_thread, body=ThingBody),
        ]
        app = Api(
            routes,
            now=lambda: datetime.datetime.now(UTC),
            new_id=lambda: "id",
            settings=ApiSettings(**settings),
            hand_over=Bridge(),
        )
        server = ApiServer(app, Address("127.0.0.1", port), certificate)
        await server.start()
        running.append(server)
        return server

    yield start
    gate.is_open.set()
    for server in running:
        await server.stop(5)


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(server: ApiServer, tls: ssl.SSLContext | None = None) -> Connection:
    return await asyncio.open_connection("127.0.0.1", port_of(server), ssl=tls)


def port_of(server: ApiServer) -> int:
    return int(server.url.rpartition(":")[2])


async def answer_to(connection: Connection, request: bytes) -> tuple[int, Any]:
    """The status and JSON of the answer; the connection is closed after it, by us or by the server."""
    reader, writer = connection
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
    (length,) = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")]
    content = await reader.readexactly(int(length.partition(b": ")[2]))
    writer.close()
    return int(head.split(b" ")[1]), orjson.loads(content)


async def is_closed(connection: Connection) -> bool:
    """Whether the server ends the connection without an answer."""
    reader, writer = connection
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


POST = b"POST /api/thing HTTP/1.1\r\nhost: x\r\nkbn-xsrf: x\r\ncontent-type: application/json\r\n"


async def test_handlers_run_where_the_engine_lives(serve: Serve) -> None:
    server = await serve()
    assert server.url.startswith("http://127.0.0.1:")
    status, told = await answer_to(await connect(server), get("/api/thread"))
    assert (status, told) == (200, threading.current_thread().name)


async def test_answers_on_a_kept_connection_do_not_wait_for_acknowledgements(serve: Serve) -> None:
    reader, writer = await connect(await serve())
    times = []
    for _ in range(15):
        started = time.monotonic()
        writer.write(get("/api/thread"))
        await asyncio.wait_for(reader.readuntil(b'"MainThread"'), PATIENCE_S)
        times.append(time.monotonic() - started)
    writer.close()
    assert median(times) < ACKNOWLEDGEMENT_S


async def test_a_taken_address_is_told(serve: Serve) -> None:
    server = await serve()
    with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1:{port_of(server)}: Address already in use"):
        await serve(port=port_of(server))


async def test_stopping_lets_requests_under_way_be_answered(serve: Serve, gate: Gate) -> None:
    server = await serve()
    request = asyncio.create_task(answer_to(await connect(server), get("/api/gate")))
    await asyncio.wait_for(gate.is_reached.wait(), PATIENCE_S)
    stopping = asyncio.create_task(server.stop(PATIENCE_S))
    await asyncio.sleep(0)
    assert not stopping.done()
    gate.is_open.set()
    assert await request == (200, "passed")
    await stopping
    with pytest.raises(OSError, match="Connect call failed"):
        await connect(server)


async def test_stopping_does_not_wait_for_ever(serve: Serve, gate: Gate) -> None:
    server = await serve()
    connection = await connect(server)
    connection[1].write(get("/api/gate"))
    await asyncio.wait_for(gate.is_reached.wait(), PATIENCE_S)
    await asyncio.wait_for(server.stop(1), PATIENCE_S)
    connection[1].close()


async def test_a_body_that_is_too_long_ends_the_connection(serve: Serve) -> None:
    connection = await connect(await serve(max_body_bytes=100))
    status, told = await answer_to(connection, POST + b"transfer-encoding: chunked\r\n\r\n65\r\n" + b" " * 101)
    assert (status, told["error"]) == (413, "Request Entity Too Large")
    assert await is_closed(connection)


async def test_a_body_that_stops_is_given_up(serve: Serve) -> None:
    connection = await connect(await serve(body_timeout_s=0.05))
    status, told = await answer_to(connection, POST + b"content-length: 10\r\n\r\n{")
    assert (status, told["error"]) == (408, "Request Timeout")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * 70_000,
        b"GET /api/thread HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 70_000 + b"\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ],
    ids=["no HTTP", "a long head", "a long head that is whole", "TLS"],
)
async def test_what_is_no_request_is_refused(serve: Serve, request_: bytes) -> None:
    status, told = await answer_to(await connect(await serve()), request_)
    assert (status, told["statusCode"], told["error"]) == (400, 400, "Bad Request")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP"], ids=["nothing", "half"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.1)
    connection = await connect(await serve())
    connection[1].write(sent)
    assert await is_closed(connection)


async def test_nor_is_that_of_a_second_request(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.1)
    connection = await connect(await serve())
    connection[1].write(get("/api/thread"))
    await asyncio.wait_for(connection[0].readuntil(b'"MainThread"'), PATIENCE_S)
    connection[1].write(b"GET /")
    assert await is_closed(connection)


async def test_too_many_connections_are_closed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    server = await serve()
    kept = [await connect(server) for _ in range(2)]
    assert await is_closed(await connect(server))
    assert (await answer_to(kept[0], get("/api/thread")))[0] == 200
    kept[1][1].close()


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = Certificate(tmp_path / "certificate.pem", tmp_path / "key.pem")
    paths.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


async def test_it_speaks_tls(serve: Serve, certificate: Certificate) -> None:
    server = await serve(certificate)
    assert server.url.startswith("https://")
    trusting = ssl.create_default_context(cafile=certificate.certificate)
    trusting.check_hostname = False
    status, _ = await answer_to(await connect(server, trusting), get("/api/thread"))
    assert status == 200


async def test_a_certificate_that_cannot_be_used_is_told(serve: Serve, certificate: Certificate) -> None:
    certificate.key.write_text("no key", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"^api\.tls: cannot be used: "):
        await serve(certificate)
