"""Calls of an ASGI application without a network, with requests exactly as written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.api.app import Api


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


async def call(
    app: Api, method: str, path: str, headers: Mapping[str, str], content: bytes | Iterable[bytes] = b""
) -> Answered:
    """One request, as a server would hand it over; ``path`` with the query, ``content`` whole or in chunks."""
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
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
    }
    await app(scope, receive, send)
    start, *rest = messages
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], answered, b"".join(message.get("body", b"") for message in rest))
