"""A small HTTP server that takes what webhooks post, for the demo to show."""

from dataclasses import dataclass, field

from aiohttp import web


@dataclass(slots=True)
class Receiver:
    """Listens on a free loopback port; ``bodies`` are the posted texts in order of arrival."""

    bodies: list[str] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/alerts", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/alerts"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.text())
        return web.Response(text="thanks")
