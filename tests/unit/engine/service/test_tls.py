"""TLS of connectors' requests, with certificates made for the test (connector-framework.md 6.1, 6.2)."""

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from engine.model.settings import HostSettings, HttpSettings
from engine.ports.http import ClientCertificate, HttpFailure, HttpRequest, TlsOptions
from engine.ports.target import read_target
from engine.service.http_client import AiohttpClient
from engine.service.tls import EffectiveTls, TlsContexts

PASSPHRASE = "open sesame"


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, passphrase: str | None = None) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase))

    def pfx(self, passphrase: str | None = None) -> bytes:
        encryption = _encryption(passphrase)
        return pkcs12.serialize_key_and_certificates(b"own", self.key, self.certificate, None, encryption)


def _encryption(passphrase: str | None) -> KeySerializationEncryption:
    return NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())


def issue(name: str, issuer: Issued | None = None, addresses: tuple[str, ...] = ()) -> Issued:
    """A certificate of that name for the addresses; without issuer it is an authority of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if addresses:
        names = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def authority() -> Issued:
    return issue("authority")


@pytest.fixture(scope="module")
def client_certificate(authority: Issued) -> Issued:
    return issue("client", authority)


StartServer = Callable[..., Awaitable[str]]


@pytest.fixture
async def start_server(authority: Issued, tmp_path: Path) -> AsyncIterator[StartServer]:
    """Starts a server with a certificate for the addresses; answers with the name in the client's certificate."""
    servers: list[TestServer] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        shown = request.transport.get_extra_info("ssl_object").getpeercert()
        if "to" in request.query:
            return web.Response(status=307, headers={"Location": request.query["to"]})
        return web.Response(text=str(shown["subject"][0][0][1]) if shown else "nobody")

    async def start(*addresses: str, client: ssl.VerifyMode = ssl.CERT_NONE) -> str:
        issued = issue("server", authority, addresses or ("127.0.0.1",))
        file = tmp_path / f"server{len(servers)}.pem"
        file.write_bytes(issued.pem + issued.key_pem())
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem.decode())
        context.load_cert_chain(file)
        context.verify_mode = client
        app = web.Application()
        app.router.add_route("*", "/", answer)
        servers.append(TestServer(app))
        await servers[-1].start_server(ssl=context)
        return f"https://127.0.0.1:{servers[-1].port}/"

    yield start
    for server in servers:
        await server.close()


Send = Callable[..., Awaitable[str]]


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    """Sends one request and gives the text of the answer, or the code of the failure."""
    clients: list[AiohttpClient] = []

    async def run(url: str, options: TlsOptions | None = None, **settings: Any) -> str:
        clients.append(AiohttpClient(HttpSettings(**settings)))
        try:
            response = await clients[-1].send(HttpRequest("GET", url, tls=options or TlsOptions()))
        except HttpFailure as failure:
            return f"{failure.error_code}, again" if failure.is_retryable else failure.error_code
        return response.body.decode()

    yield run
    for client in clients:
        await client.close()


class TestTrust:
    async def test_strangers_are_refused_unless_their_authority_is_given(
        self, start_server: StartServer, send: Send, authority: Issued
    ) -> None:
        url = await start_server()
        assert await send(url) == "ERR_TLS"
        assert await send(url, TlsOptions(ca=authority.pem)) == "nobody"
        assert await send(url, TlsOptions(ca=issue("another").pem)) == "ERR_TLS"

    @pytest.mark.parametrize(("mode", "answer"), [("full", "ERR_TLS"), ("certificate", "nobody"), ("none", "nobody")])
    async def test_a_certificate_of_another_host(
        self, start_server: StartServer, send: Send, authority: Issued, mode: Any, answer: str
    ) -> None:
        url = await start_server("127.0.0.99")
        assert await send(url, TlsOptions(mode, authority.pem)) == answer
        assert await send(url, TlsOptions(ca=authority.pem), verification_mode=mode) == answer

    @pytest.mark.parametrize(("mode", "answer"), [("certificate", "ERR_TLS"), ("none", "nobody")])
    async def test_a_certificate_that_nobody_vouches_for(
        self, start_server: StartServer, send: Send, mode: Any, answer: str
    ) -> None:
        assert await send(await start_server(), TlsOptions(mode)) == answer

    async def test_the_operators_authority_for_a_host_stands_instead_of_all_others(
        self, start_server: StartServer, send: Send, authority: Issued
    ) -> None:
        url = await start_server()
        ours = HostSettings(url.rstrip("/"), ca=authority.pem.decode())
        other = HostSettings(url.rstrip("/"), ca=issue("another").pem.decode())
        assert await send(url, custom_hosts=(ours,)) == "nobody"
        assert await send(url, TlsOptions(ca=authority.pem), custom_hosts=(other,)) == "ERR_TLS"


class TestClientCertificate:
    @pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
    @pytest.mark.parametrize("is_pfx", [False, True])
    async def test_it_is_shown(
        self,
        start_server: StartServer,
        send: Send,
        authority: Issued,
        client_certificate: Issued,
        passphrase: str | None,
        is_pfx: bool,
    ) -> None:
        own = client_certificate
        shown = (
            ClientCertificate(pfx=own.pfx(passphrase), passphrase=passphrase)
            if is_pfx
            else ClientCertificate(own.pem, own.key_pem(passphrase), passphrase=passphrase)
        )
        url = await start_server(client=ssl.CERT_REQUIRED)
        assert await send(url, TlsOptions(ca=authority.pem, certificate=shown)) == "client"

    async def test_it_is_not_shown_to_another_origin(
        self, start_server: StartServer, send: Send, authority: Issued, client_certificate: Issued
    ) -> None:
        shown = ClientCertificate(client_certificate.pem, client_certificate.key_pem())
        options = TlsOptions(ca=authority.pem, certificate=shown)
        first, other = await start_server(client=ssl.CERT_OPTIONAL), await start_server(client=ssl.CERT_OPTIONAL)
        assert await send(f"{first}?to={first}", options) == "client"
        assert await send(f"{first}?to={other}", options) == "nobody"

    @pytest.mark.parametrize(
        "broken",
        [
            ClientCertificate(b"crt", b"key"),
            ClientCertificate(pfx=b"pfx"),
            ClientCertificate(issue("one").pem, issue("two").key_pem()),
            ClientCertificate(issue("one").pem, issue("one").key_pem(PASSPHRASE), passphrase="wrong"),
            ClientCertificate(issue("one").pem, issue("one").key_pem(PASSPHRASE)),
            ClientCertificate(pfx=issue("one").pfx(PASSPHRASE), passphrase="wrong"),
        ],
    )
    async def test_what_cannot_be_used_fails_before_anything_is_sent(self, send: Send, broken: Any) -> None:
        assert await send("https://127.0.0.1:1/", TlsOptions(certificate=broken)) == "ERR_TLS_CERTIFICATE"

    @pytest.mark.parametrize("ca", [b"no PEM", b"\xff", b""])
    async def test_an_authority_that_cannot_be_read(self, send: Send, ca: bytes) -> None:
        assert await send("https://127.0.0.1:1/", TlsOptions(ca=ca)) == "ERR_TLS_CERTIFICATE"

    def test_nothing_of_it_stands_in_a_repr(self) -> None:
        shown = ClientCertificate(b"hush", b"hush", b"hush", "hush")
        assert "hush" not in repr(HttpRequest("GET", "https://x.io", tls=TlsOptions(certificate=shown)))


HOST = HostSettings("https://a.example:443")


@pytest.mark.parametrize(
    ("settings", "url", "options", "effective"),
    [
        ({}, "https://a.example/", TlsOptions(), EffectiveTls("full")),
        ({"verification_mode": "none"}, "https://a.example/", TlsOptions(), EffectiveTls("none")),
        ({"verification_mode": "none"}, "https://a.example/", TlsOptions("full"), EffectiveTls("full")),
        (
            {"verification_mode": "none", "custom_hosts": (HOST,)},
            "https://A.example/x",
            TlsOptions("none"),
            EffectiveTls("full"),
        ),
        ({"custom_hosts": (HOST,)}, "https://a.example:8443/", TlsOptions("none"), EffectiveTls("none")),
        ({"custom_hosts": (HOST,)}, "https://a.example/", TlsOptions(ca=b"c"), EffectiveTls("full", b"c")),
        (
            {"custom_hosts": (HostSettings(HOST.url, "certificate", "h"),)},
            "https://a.example/",
            TlsOptions("none", b"c"),
            EffectiveTls("certificate", b"h", is_only_ca=True),
        ),
        (
            {"custom_hosts": (HostSettings(HOST.url, "none"), HOST)},
            "https://a.example/",
            TlsOptions(),
            EffectiveTls("none"),
        ),
    ],
)
def test_what_goes_before_what(
    settings: dict[str, Any], url: str, options: TlsOptions, effective: EffectiveTls
) -> None:
    assert TlsContexts(HttpSettings(**settings)).effective(read_target(url), options) == effective


def test_requests_that_want_the_same_share_a_context() -> None:
    contexts, target = TlsContexts(HttpSettings()), read_target("https://a.example/")
    assert contexts.context_for(target) is True
    assert contexts.context_for(read_target("http://a.example/"), TlsOptions("none")) is True
    assert contexts.context_for(target, TlsOptions("none")) is contexts.context_for(target, TlsOptions("none"))
