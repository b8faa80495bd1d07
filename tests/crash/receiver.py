"""The receiver of messages: it records what it reads, and is now and then slow, refuses for now, or hangs up."""

import asyncio
import random

from aiohttp import web

from tests.crash.happenings import Happenings
from tests.crash.history import Arrival

_KEY = "X-Tocsin-Notification-Id"


class RecordingReceiver:
    """``POST /<connector>``. It hangs up after reading only while ``may_hang_up``: the next attempt is 30 s later."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.arrivals: list[Arrival] = []
        self._seen: set[str] = set()
        self.refused = self.hung_up = 0
        self.may_hang_up = True
        self.arriving = Happenings()
        self.app = web.Application()
        self.app.add_routes([web.post("/{connector}", self._take)])

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        key = request.headers[_KEY]
        drawn = self._chance.random()
        is_hanging_up = drawn < 0.02 and key not in self._seen and self.may_hang_up
        is_refusing = not is_hanging_up and drawn < 0.10
        self._seen.add(key)
        self.arrivals.append(Arrival(key, **body, is_accepted=not is_hanging_up and not is_refusing))
        self.arriving.happen()
        if is_hanging_up:
            self.hung_up += 1
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if is_refusing:
            self.refused += 1
            return web.Response(status=503, headers={"Retry-After": "1"})
        if drawn < 0.16:
            await asyncio.sleep(self._chance.uniform(0.1, 0.8))
        return web.Response()
