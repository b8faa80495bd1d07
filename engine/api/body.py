"""Bodies of requests: read up to a size and a time, then taken for JSON (rest-api.md 1.2)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from engine.api.errors import ApiError, Misplaced
from engine.api.settings import ApiSettings
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonValue

_LONGEST_LENGTH_TEXT = 18
_MOST_SKIPPED_BYTES = 65_536
_SKIP_S = 0.5


class Incoming:
    """What a client sends; knows whether the end of the body has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._is_complete = receive, False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._is_complete = not message.get("more_body", False)
        return message

    def is_left(self, headers: Mapping[str, str]) -> bool:
        """Whether there is a body, by the request's headers, of which not all was read."""
        is_announced = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        return is_announced and not self._is_complete

    async def skip_rest(self) -> None:
        """Read to the end of the body if it is near; the system lets a client lose the answer to what is unread."""
        left = _MOST_SKIPPED_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(_SKIP_S):
                while not self._is_complete and left > 0:
                    left -= len((await self()).get("body", b""))


def check_length(headers: Mapping[str, str], settings: ApiSettings) -> None:
    """Raises ApiError (413) for a body that says itself that it is too long."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > _LONGEST_LENGTH_TEXT or int(length) > settings.max_body_bytes:
        raise _too_large(settings)


async def read_body(chunks: AsyncIterator[bytes], settings: ApiSettings) -> bytes:
    """The whole body. Raises ApiError when it is too long (413), comes too slowly (408) or breaks off (400)."""
    body = bytearray()
    try:
        async with asyncio.timeout(settings.body_timeout_s):
            async for chunk in chunks:
                body += chunk
                if len(body) > settings.max_body_bytes:
                    raise _too_large(settings)
    except TimeoutError:
        raise ApiError(408, f"the body did not arrive within {settings.body_timeout_s:g} s") from None
    except ClientDisconnect:
        raise ApiError(400, "the body ended before it was complete") from None
    return bytes(body)


def parse_body(body: bytes, content_type: str | None) -> JsonValue:
    """The JSON value of a body, None without one. Raises ApiError (415), or Misplaced for what is no JSON.

    A body without a type is taken for JSON, as the reference does.
    """
    if not body:
        return None
    media_type = "application/json" if content_type is None else content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError(415, f"Unsupported Media Type: {media_type[:60]!r}; send application/json")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        problem = Problem("", f"is no JSON: {error.msg}", f"look at character {error.pos}")
        raise Misplaced("request body", InvalidInput([problem])) from None


def _too_large(settings: ApiSettings) -> ApiError:
    return ApiError(413, f"Payload content length greater than maximum allowed: {settings.max_body_bytes}")
