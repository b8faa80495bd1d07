"""Clusters behind an HTTP proxy: searches by http are sent to it, those by https through a tunnel that it makes."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.model.errors import SearchUnavailable

CERTIFICATE = Path(__file__).with_name("loopback.pem")
AUTHORIZATION = "Basic " + base64.b64encode(b"ann:hunter2").decode()


@dataclass
class Tunnels:
    """A proxy that makes tunnels for whoever has the right credentials. ``heads``: what it was asked."""

    port: int = 0
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            if f"proxy-authorization: {AUTHORIZATION}".lower() not in head.lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            host, _, port = head.split()[1].rpartition(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            with closing(far_writer):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def tunnels() -> AsyncIterator[Tunnels]:
    made = Tunnels()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(("user", "authorization"), [("", None), ("ann:hunter2@", AUTHORIZATION)])
async def test_a_proxy_is_asked_instead(
    cluster: Any, connect: Any, ask: Any, user: str, authorization: str | None
) -> None:
    proxy = cluster.url.replace("://", f"://{user}")
    search = connect(hosts=("http://es.invalid:9200",), proxy=proxy, api_key="aWQ6a2V5")
    await search.search(ask.request("a"))
    headers = cluster.requests[0].headers
    assert headers["Host"] == "es.invalid:9200"
    assert headers.get("Proxy-Authorization") == authorization
    assert headers["Authorization"] == "ApiKey aWQ6a2V5"


async def test_a_tunnel_is_encrypted_from_end_to_end(tls_cluster: Any, connect: Any, ask: Any, tunnels: Any) -> None:
    search = connect(
        hosts=(tls_cluster.url,),
        ca_file=str(CERTIFICATE),
        proxy=f"http://ann:hunter2@127.0.0.1:{tunnels.port}",
        api_key="aWQ6a2V5",
    )
    assert (await search.search(ask.request("a")))["hits"]["index"] == "a"
    [head] = tunnels.heads
    assert head.startswith(f"CONNECT {tls_cluster.url.removeprefix('https://')} ")
    # The cluster's credentials are not the proxy's business, nor the proxy's that of the cluster.
    assert "aWQ6a2V5" not in head
    assert "Proxy-Authorization" not in tls_cluster.requests[0].headers
    await search.close()


async def test_a_proxy_that_refuses_is_told_without_its_password(
    tls_cluster: Any, connect: Any, ask: Any, tunnels: Any
) -> None:
    search = connect(
        hosts=(tls_cluster.url,), ca_file=str(CERTIFICATE), proxy=f"http://ann:wrong@127.0.0.1:{tunnels.port}"
    )
    with pytest.raises(SearchUnavailable, match=r"cannot be reached: the proxy answered 407 ") as caught:
        await search.search(ask.request("a"))
    assert "wrong" not in str(caught.value)
    assert tls_cluster.requests == []


async def test_a_proxy_that_nobody_runs(connect: Any, ask: Any) -> None:
    search = connect(hosts=("http://es.invalid:9200",), proxy="http://ann:hunter2@127.0.0.1:1")
    with pytest.raises(SearchUnavailable, match=r"cannot be reached: .*Connection refused") as caught:
        await search.search(ask.request("a"))
    assert "hunter2" not in str(caught.value)
