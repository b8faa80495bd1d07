"""The whole API over a real socket, with security on, for requests that are made up."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import NamedTuple
from unittest.mock import patch

import requests

from engine.api.address import Address
from engine.model.user import User
from engine.operations.api_keys import ApiKeys
from engine.security import failures
from engine.security.passwords import hash_password
from engine.security.policy import SecurityPolicy
from engine.service.clocks import SystemClock
from engine.service.scheduler import Scheduler
from engine.store.sqlite import SqliteStore
from tocsin.api_service import start_api
from tocsin.composition import Parts
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine

_START_S = 30.0
_ENDLESS = 10**9


class Served(NamedTuple):
    """Where the API answers, and what a superuser's client sends to be known."""

    url: str
    authorization: str


@contextmanager
def served() -> Iterator[Served]:
    """The API beside a scheduler that runs the rules, with a store in memory and a connector ``log``."""
    started: list[Served] = []
    is_up, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with AsyncEngine(clock=SystemClock()) as engine:
            engine.add_connector("log", ".server-log")
            parts = engine.parts
            assert isinstance(parts.store, SqliteStore)
            scheduler = Scheduler(parts.service, parts.clock, change_counter=parts.store.change_counter)
            key = await _superuser_key(parts)
            options = ApiOptions(Address("127.0.0.1", 0))
            server = await start_api(parts, options, lambda: scheduler.notice(parts.clock.now()))
            started.append(Served(server.url, f"ApiKey {key}"))
            is_up.set()
            await scheduler.run(stop, grace_s=5)
            await server.stop(5)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert is_up.wait(_START_S)
    _wait_until_ready(started[0].url)
    try:
        # That wrong credentials are refused is tried more often than anybody may guess.
        with patch.multiple(failures, MOST_OF_ADDRESS=_ENDLESS, MOST_OF_USER_AT_ADDRESS=_ENDLESS):
            yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_START_S)
        loop.close()


async def _superuser_key(parts: Parts) -> str:
    now = parts.clock.now()
    await parts.store.insert_user(User("admin", hash_password("correct horse"), now, now, ("superuser",)), None)
    key = await ApiKeys(parts.store).create("fuzz", "admin", at=now, actor=None)
    parts.security.policy = SecurityPolicy(setting=True)
    return key.encoded


def _wait_until_ready(url: str) -> None:
    end = time.monotonic() + _START_S
    while requests.get(f"{url}/-/ready", timeout=_START_S).status_code != HTTPStatus.OK:
        assert time.monotonic() < end, "no tick has ended"
        time.sleep(0.05)
