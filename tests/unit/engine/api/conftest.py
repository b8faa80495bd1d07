"""Calls of an ASGI application on the test's own loop, with requests exactly as written."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from engine.api.app import Api
from engine.api.route import Route
from engine.service.clocks import ManualClock
from tests.servers.asgi import Answered, call
from tocsin.http_api import ApiContext, build_api
from tocsin.library import AsyncEngine

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


Call = Callable[..., Awaitable[Answered]]


async def ask(
    app: Api,
    method: str,
    path: str,
    *,
    json: Any = None,
    content: bytes | Iterable[bytes] = b"",
    headers: Mapping[str, str] | None = None,
) -> Answered:
    """Send a request, with ``kbn-xsrf`` unless ``headers`` are given, and ``json`` or ``content`` in these chunks."""
    sent = {"kbn-xsrf": "true"} if headers is None else dict(headers)
    if json is not None:
        content = orjson.dumps(json)
        sent.setdefault("content-type", "application/json")
    return await call(app, method, path, sent, content)


@pytest.fixture
def client() -> Callable[..., Call]:
    """Makes of routes, or of an application, a function that sends requests to it."""

    def build(served: Api | Iterable[Route], **options: Any) -> Call:
        app = served if isinstance(served, Api) else Api(served, now=lambda: NOW, new_id=lambda: "id-1", **options)

        async def send(method: str, path: str, **request: Any) -> Answered:
            return await ask(app, method, path, **request)

        return send

    return build


@dataclass
class Served:
    """The whole API over an engine with a manual clock, a store in memory and a connector ``log``."""

    engine: AsyncEngine
    app: Api = field(init=False)

    def __post_init__(self) -> None:
        self.app = build_api(self.engine.parts, ApiContext())

    async def __call__(self, method: str, path: str, **request: Any) -> Answered:
        return await ask(self.app, method, path, **request)

    async def create(self, rule_id: str, **members: Any) -> Answered:
        """Create a rule that is valid but for these members."""
        answered = await self("POST", f"/api/alerting/rule/{rule_id}", json=rule_body(**members))
        assert answered.status == 200, answered.content
        return answered

    async def rule(self, rule_id: str) -> Any:
        return (await self("GET", f"/api/alerting/rule/{rule_id}")).json


def rule_body(**members: Any) -> dict[str, Any]:
    return {
        "name": "CPU",
        "rule_type_id": ".index-threshold",
        "consumer": "alerts",
        "schedule": {"interval": "1m"},
        "params": {
            "index": ["metrics"],
            "timeField": "@timestamp",
            "aggType": "count",
            "groupBy": "top",
            "termField": "host.keyword",
            "termSize": 5,
            "timeWindowSize": 5,
            "timeWindowUnit": "m",
            "thresholdComparator": ">",
            "threshold": [0],
        },
        **members,
    }


@pytest.fixture
def body() -> Callable[..., dict[str, Any]]:
    return rule_body


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with AsyncEngine(clock=ManualClock(NOW)) as engine:
        engine.add_connector("log", ".server-log")
        yield Served(engine)
