"""The HTTP API of one case: the program's composition over an empty store in memory, called without a network.

``config`` of a case becomes settings here: `_SETTINGS` lists every key that is known, with what it sets; a key that is
missing there is a failure. Add one where a part of the program learns to be set.
"""

import base64
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson

from engine.api.app import Api
from engine.api.settings import ApiSettings
from engine.model.settings import EngineSettings
from engine.ports.registry import Registry
from engine.search.recording import RecordingSearch
from engine.service.clocks import ManualClock
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import open_store
from tocsin.composition import builtin_registry, compose
from tocsin.http_api import ApiContext, build_api

Json = Any

_BETWEEN_REQUESTS = timedelta(milliseconds=5)
_SETTINGS: dict[str, tuple[str, str]] = {
    "rules.maxScheduledPerMinute": ("engine", "max_scheduled_per_minute"),
    "rules.minimumScheduleInterval.value": ("engine", "minimum_schedule_interval"),
    "rules.minimumScheduleInterval.enforce": ("engine", "enforce_minimum_schedule_interval"),
    "server.maxPayload": ("api", "max_body_bytes"),
    "server.xsrf.disable": ("api", "is_xsrf_checked"),
    "server.xsrf.disableProtection": ("api", "is_xsrf_checked"),
    "server.xsrf.allowlist": ("api", "xsrf_allowlist"),
    "server.restrictInternalApis": ("api", "restricts_internal"),
    "version": ("api", "version"),
}
"""Dotted key (``xpack.alerting.`` before it or not) -> whose setting it is, and which."""
_PREFIX = "xpack.alerting."
_OF_CASES = {"security", "users", "spaces"}


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Json:
        return orjson.loads(self.content)


@dataclass
class RestServer:
    """The server of one case, as an async context manager. ``now`` is when it started."""

    config: Mapping[str, Json] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    async def __aenter__(self) -> "RestServer":
        engine, api = _settings(self.config)
        self._clock = ManualClock(self.now)
        self._exits = AsyncExitStack()
        store = open_store("sqlite://")
        await store.open()
        self._exits.push_async_callback(store.close)
        self.parts = compose(
            store=store,
            search=RecordingSearch(),
            registry=_registry(),
            connectors=PreconfiguredConnectors(),
            clock=self._clock,
            settings=engine,
        )
        self._exits.push_async_callback(self.parts.http.close)
        self._app = build_api(self.parts, self._context(api))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    def _context(self, settings: ApiSettings) -> ApiContext:
        spaces = {"default", *self.config.get("spaces", ())}

        async def space_exists(space: str) -> bool:
            return space in spaces

        assert self.config.get("security", "off") == "off", "security is not built yet"
        return ApiContext(settings=settings, space_exists=space_exists)

    def credentials(self, who: str | None) -> Mapping[str, str]:
        """The headers by which a user of the case comes in: its name, ``none``, ``bad``, ``<user>_apikey``."""
        if who in (None, "none"):
            return {}
        pair = base64.b64encode(f"{who}:wrong".encode()).decode()
        return {"authorization": f"Basic {pair}"}

    async def send(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answered:
        """One request, its path as written; time goes on a little before it."""
        self._clock.set(self._clock.now() + _BETWEEN_REQUESTS)
        return await call(self._app, method, path, headers, content)


async def call(app: Api, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answered:
    """One request to an ASGI application, as a server would hand it over."""
    raw_path, _, query = path.partition("?")
    messages: list[Json] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Json) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": raw_path,
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
    }
    await app(scope, receive, send)
    start, *rest = messages
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], answered, b"".join(message.get("body", b"") for message in rest))


@cache
def _registry() -> Registry:
    """Built once: it holds nothing that a case could change."""
    return builtin_registry()


def _settings(config: Mapping[str, Json]) -> tuple[EngineSettings, ApiSettings]:
    chosen: dict[str, dict[str, Json]] = {"engine": {}, "api": {}}
    for key, value in config.items():
        if key in _OF_CASES:
            continue
        known = _SETTINGS.get(key.removeprefix(_PREFIX))
        assert known is not None, f"unknown setting {key}"
        whose, name = known
        is_turned = name == "is_xsrf_checked"
        chosen[whose][name] = not value if is_turned else frozenset(value) if isinstance(value, list) else value
    return replace(EngineSettings(), **chosen["engine"]), replace(ApiSettings(), **chosen["api"])
