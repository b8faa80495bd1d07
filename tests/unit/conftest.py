"""Servers on loopback that receive what is sent: one that speaks HTTP, one that answers with bytes as they are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps every request; answers 200 unless the path has an answer of its own."""

    url: str = ""
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    answers: dict[str, Callable[[], web.Response]] = field(default_factory=dict)

    def answer(self, path: str, status: int = 200, body: str = "", headers: Mapping[str, str] | None = None) -> str:
        """Lay down the answer of a path; its URL."""
        self.answers[path] = lambda: web.Response(status=status, text=body, headers=headers)
        return self.url + path

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append(Received(request.method, request.raw_path, request.headers, body))
        make = self.answers.get(request.path)
        return make() if make else web.Response()


@pytest.fixture
async def start_receiver() -> AsyncIterator[Callable[[], Awaitable[Receiver]]]:
    servers: list[TestServer] = []

    async def start() -> Receiver:
        receiver = Receiver()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", receiver.receive)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        receiver.port = server.port or 0
        receiver.url = f"http://127.0.0.1:{receiver.port}"
        return receiver

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def receiver(start_receiver: Callable[[], Awaitable[Receiver]]) -> Receiver:
    return await start_receiver()


RawServer: TypeAlias = Callable[[bytes, bool], Awaitable[str]]


@pytest.fixture
async def raw_server() -> AsyncIterator[RawServer]:
    """Starts a server that reads a request's head, writes the bytes, then closes the connection or keeps it open."""
    servers: list[asyncio.Server] = []
    is_over = asyncio.Event()

    async def start(answer: bytes, keeps_open: bool) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            if keeps_open:
                await is_over.wait()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    is_over.set()
    for server in servers:
        server.close()
        await server.wait_closed()
