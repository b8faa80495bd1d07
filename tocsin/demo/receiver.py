"""A small HTTP server that takes what webhooks post, for the demo to show."""

import errno
from dataclasses import dataclass, field

from aiohttp import web

from engine.ports.http import HttpFailure


@dataclass(slots=True)
class Receiver:
    """Listens on a free loopback port; ``bodies`` are the posted texts in order of arrival."""

    bodies: list[str] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen. Raises HttpFailure if this machine does not let it."""
        app = web.Application()
        app.router.add_post("/alerts", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        except OSError as error:
            await self._runner.cleanup()
            code = errno.errorcode.get(error.errno or 0, "")
            text = f"no port of 127.0.0.1 can be listened on: {error.strerror}"
            raise HttpFailure(code, text, is_retryable=False) from error
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/alerts"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.text())
        return web.Response(text="thanks")
