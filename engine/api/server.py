"""The server of the HTTP API: a thread and an event loop of its own, so that no client can delay a rule."""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import uvicorn

from engine.api.address import Address, Certificate
from engine.api.app import Api
from engine.api.connections import MOST_HEAD_BYTES, BoundedConnection
from engine.model.errors import InvalidInput, Problem, TocsinError

_log = logging.getLogger("tocsin.api")

_KEEP_ALIVE_S = 5
_BACKLOG = 256
_START_TIMEOUT_S = 10.0
T = TypeVar("T")


class CannotListen(TocsinError):
    """The address cannot be listened on."""

    exit_code = 3
    code = "TOC1801"


class Bridge:
    """Brings work from the server's loop to the engine's, and its result back; made on the engine's loop."""

    def __init__(self) -> None:
        self._engine_loop = asyncio.get_running_loop()

    def __call__(self, work: Coroutine[Any, Any, T], /) -> "asyncio.Future[T]":
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._engine_loop)
        return asyncio.wrap_future(future)


class ApiServer:
    """Serves an application from `start` to `stop`, both called on the engine's loop."""

    def __init__(self, app: Api, address: Address, certificate: Certificate | None = None) -> None:
        self._wanted, self._is_encrypted = address, certificate is not None
        self._config = uvicorn.Config(
            app,
            http=BoundedConnection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            ssl_certfile=None if certificate is None else certificate.certificate,
            ssl_keyfile=None if certificate is None else certificate.key,
        )
        self._address: Address | None = None

    @property
    def url(self) -> str:
        """Where it listens, once it was started."""
        return f"{'https' if self._is_encrypted else 'http'}://{self._address or self._wanted}"

    async def start(self) -> None:
        """Listen. Raises CannotListen (the address is taken, or not ours), InvalidInput (certificate or key)."""
        self._load()
        listening = self._listen()
        host, port = listening.getsockname()[:2]
        self._address = Address(host, port)
        self._server = _Server(self._config)
        self._thread = threading.Thread(target=self._serve, args=(listening,), name="tocsin-api", daemon=True)
        self._thread.start()
        await asyncio.wait_for(asyncio.to_thread(self._server.ready.wait), _START_TIMEOUT_S)
        if not self._server.started:
            raise CannotListen(f"the server on {self._address} did not start; the log tells why")
        _log.info("listening on %s", self.url)

    async def stop(self, grace_s: float) -> None:
        """Take no more requests, and end once those under way are answered; after ``grace_s`` they are broken off."""
        self._config.timeout_graceful_shutdown = max(1, int(grace_s))
        self._server.should_exit = True
        await asyncio.to_thread(self._thread.join, grace_s + 2)
        if self._thread.is_alive():
            _log.warning("requests to %s were left unanswered", self.url)

    def _load(self) -> None:
        try:
            self._config.load()
        except (OSError, ssl.SSLError) as error:
            remedy = "give PEM files of a certificate and of the key that belongs to it"
            raise InvalidInput([Problem("api.tls", f"cannot be used: {error}", remedy)]) from None

    def _listen(self) -> socket.socket:
        wanted = self._wanted
        family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
        try:
            listening = socket.create_server((wanted.host, wanted.port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise CannotListen(f"cannot listen on {wanted}: {error.strerror or error}") from None
        # asyncio sees to this only for sockets of its own making. Without it the end of each answer on a kept
        # connection waits until the client has acknowledged the head: for 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening

    def _serve(self, listening: socket.socket) -> None:
        try:
            asyncio.run(self._server.serve([listening]))
        except Exception:  # noqa: BLE001 - rules must go on; the log tells why nobody is answered any more
            _log.exception("the HTTP API has ended")
        finally:
            self._server.ready.set()
            listening.close()


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
