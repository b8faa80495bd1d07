"""Requests through a proxy on loopback, which is told to go wherever it is asked (connector-framework.md 6.3)."""

import asyncio
import base64
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from engine.model.settings import HostSettings, HttpSettings, ProxySettings, VerificationMode
from engine.ports.http import HttpFailure, HttpRequest
from engine.service.http_client import AiohttpClient

# The shape of the fixture; test folders are no packages to import from.
Receiver = Any


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key of 127.0.0.1, its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + key_pem)
    return file


def server_context(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


@dataclass
class Proxy:
    """Tunnels by CONNECT, answers other requests itself, and keeps the heads of all."""

    refuses_with: int | None = None
    heads: list[str] = field(default_factory=list)
    port: int = 0
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self, context: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            """The other side has gone."""
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if self.refuses_with is not None:
            writer.write(f"HTTP/1.1 {self.refuses_with} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        elif head.startswith("CONNECT "):
            host, _, port = head.split()[1].rpartition(":")
            there_reader, there_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            try:
                await asyncio.gather(_pipe(reader, there_writer), _pipe(there_reader, writer))
            finally:
                there_writer.close()
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nby proxy!")
            await writer.drain()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    yield proxy
    await proxy.close()


Send = Callable[[str, HttpSettings], Awaitable[str]]


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    """Sends one request and gives the text of the answer, or the code of the failure."""
    clients: list[AiohttpClient] = []

    async def run(url: str, settings: HttpSettings) -> str:
        clients.append(AiohttpClient(settings))
        try:
            return (await clients[-1].send(HttpRequest("GET", url))).body.decode()
        except HttpFailure as failure:
            return f"{failure.error_code}, again" if failure.is_retryable else failure.error_code

    yield run
    for client in clients:
        await client.close()


@pytest.fixture
async def target(own_certificate: Path) -> AsyncIterator[str]:
    """A server that is reached by TLS; it answers with what it was asked by way of Proxy-Authorization."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("Proxy-Authorization", "nothing for proxies"))

    app = web.Application()
    app.router.add_get("/", answer)
    server = TestServer(app)
    await server.start_server(ssl=server_context(own_certificate))
    yield f"https://localhost:{server.port}/"
    await server.close()


def trusting(url: str, file: Path, mode: VerificationMode) -> HostSettings:
    return HostSettings(url.rstrip("/"), mode, file.read_text())


async def test_plain_targets_are_asked_of_the_proxy_with_headers_and_credentials(proxy: Proxy, send: Send) -> None:
    await proxy.start()
    settings = ProxySettings(f"http://127.0.0.1:{proxy.port}", ("bob", "söcret"), {"X-Proxy": "v"})
    assert await send("http://nowhere.example/x?y=1", HttpSettings(proxy=settings)) == "by proxy!"
    [head] = proxy.heads
    assert head.startswith("GET http://nowhere.example/x?y=1 HTTP/1.1\r\n")
    assert "X-Proxy: v\r\n" in head
    assert f"Proxy-Authorization: Basic {base64.b64encode('bob:söcret'.encode()).decode()}\r\n" in head


@pytest.mark.parametrize("proxy_scheme", ["http", "https"])
async def test_targets_of_https_are_reached_by_a_tunnel(
    proxy: Proxy, send: Send, target: str, own_certificate: Path, proxy_scheme: str
) -> None:
    await proxy.start(server_context(own_certificate) if proxy_scheme == "https" else None)
    url = f"{proxy_scheme}://127.0.0.1:{proxy.port}"
    settings = ProxySettings(url, ("bob", "secret"), {"X-Proxy": "v"})
    # The target's certificate is not for localhost; the proxy's is for its address.
    hosts = (trusting(target, own_certificate, "certificate"), trusting(url, own_certificate, "none"))
    assert await send(target, HttpSettings(proxy=settings, custom_hosts=hosts)) == "nothing for proxies"
    [head] = proxy.heads
    assert head.startswith(f"CONNECT {target.removeprefix('https://').rstrip('/')} HTTP/1.1\r\n")
    assert "X-Proxy: v\r\n" in head
    assert "Proxy-Authorization: Basic Ym9iOnNlY3JldA==\r\n" in head


@pytest.mark.parametrize(
    ("of_proxy", "of_target", "is_answered"), [("none", "none", True), ("full", "none", False), ("none", "full", False)]
)
async def test_certificates_of_proxy_and_target_are_checked_each_by_its_own_mode(
    proxy: Proxy,
    send: Send,
    target: str,
    own_certificate: Path,
    of_proxy: VerificationMode,
    of_target: VerificationMode,
    is_answered: bool,
) -> None:
    await proxy.start(server_context(own_certificate))
    settings = ProxySettings(f"https://127.0.0.1:{proxy.port}", verification_mode=of_proxy)
    answered = await send(target, HttpSettings(proxy=settings, verification_mode=of_target))
    assert (answered == "nothing for proxies") is is_answered, answered
    # A proxy that is not trusted is asked for nothing.
    assert len(proxy.heads) == (of_proxy == "none")


@pytest.mark.parametrize(
    ("settings", "host", "is_used"),
    [
        (ProxySettings("http://p:1"), "a.com", True),
        (ProxySettings("http://p:1", bypass_hosts=frozenset({"a.com"})), "a.com", False),
        (ProxySettings("http://p:1", bypass_hosts=frozenset({"a.com"})), "x.a.com", True),
        (ProxySettings("http://p:1", only_hosts=frozenset({"a.com"})), "a.com", True),
        (ProxySettings("http://p:1", only_hosts=frozenset({"a.com"})), "b.com", False),
        (ProxySettings("http://p:1", only_hosts=frozenset()), "b.com", False),
    ],
)
def test_which_hosts_go_through_it(settings: ProxySettings, host: str, is_used: bool) -> None:
    assert settings.is_used_for(host) is is_used


async def test_hosts_that_bypass_it_are_reached_without(proxy: Proxy, send: Send, receiver: Receiver) -> None:
    await proxy.start()
    settings = ProxySettings(f"http://127.0.0.1:{proxy.port}", bypass_hosts=frozenset({"127.0.0.1"}))
    await send(receiver.url, HttpSettings(proxy=settings))
    assert (len(receiver.requests), proxy.heads) == (1, [])


async def test_what_a_proxy_refuses_fails(proxy: Proxy, send: Send, target: str) -> None:
    await proxy.start()
    settings = HttpSettings(proxy=ProxySettings(f"http://127.0.0.1:{proxy.port}"))
    proxy.refuses_with = 407
    assert await send(target, settings) == "ERR_PROXY"
    proxy.refuses_with = 503
    assert await send(target, settings) == "ERR_PROXY, again"


async def test_the_proxy_itself_need_not_lie_in_the_allowed_networks(proxy: Proxy, send: Send) -> None:
    await proxy.start()
    settings = ProxySettings(f"http://localhost:{proxy.port}")
    networks = ("192.0.2.0/24",)
    assert await send("http://a.example/", HttpSettings(proxy=settings, allowed_addresses=networks)) == "by proxy!"
    refused = await send("http://127.0.0.2/", HttpSettings(proxy=settings, allowed_addresses=networks))
    assert refused == "ERR_NOT_ALLOWED"


def test_no_password_shows() -> None:
    assert "secret" not in repr(ProxySettings("http://p:1", ("bob", "secret"), {"X": "secret"}))
