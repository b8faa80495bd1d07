"""Calls of an ASGI application on the test's own loop, with requests exactly as written."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from engine.api.app import Api
from engine.api.route import Route

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.content)

    @property
    def message(self) -> str:
        return str(self.json["message"])


Call = Callable[..., Awaitable[Answered]]


async def call(
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
    raw_path, _, query = path.partition("?")
    chunks = iter([content] if isinstance(content, bytes) else content)
    messages: list[Any] = []

    async def receive() -> Any:
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": raw_path,
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
        "client": ("127.0.0.1", 50000),
    }
    await app(scope, receive, send)
    start, *rest = messages
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], answered, b"".join(message.get("body", b"") for message in rest))


@pytest.fixture
def client() -> Callable[..., Call]:
    """Makes of routes, or of an application, a function that sends requests to it."""

    def build(served: Api | Iterable[Route], **options: Any) -> Call:
        app = served if isinstance(served, Api) else Api(served, now=lambda: NOW, new_id=lambda: "id-1", **options)

        async def send(method: str, path: str, **request: Any) -> Answered:
            return await call(app, method, path, **request)

        return send

    return build
