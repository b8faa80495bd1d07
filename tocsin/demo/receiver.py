"""A small HTTP server that takes what connectors post, for the demo to show."""

import errno
from dataclasses import dataclass, field

from aiohttp import web

from engine.ports.http import HttpFailure

_ANSWERS = {"webhook": (200, "thanks"), "slack": (200, "ok"), "pagerduty": (202, '{"status": "success"}')}
"""By the path, what the service answers that is called there."""


@dataclass(slots=True)
class Receiver:
    """Listens on a free loopback port; ``posted`` are who was called and the text, in order of arrival."""

    posted: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen. Raises HttpFailure if this machine does not let it."""
        app = web.Application()
        for service in _ANSWERS:
            app.router.add_post(f"/{service}", self._take)
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
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        service = request.path.removeprefix("/")
        self.posted.append((service, await request.text()))
        status, text = _ANSWERS[service]
        return web.Response(status=status, text=text)
