"""The API of a running daemon, asked over the network."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

import aiohttp
import orjson
from yarl import URL

from engine.api.route import Method
from engine.model.errors import TocsinError
from engine.model.jsonvalue import JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.model.version import ENGINE_VERSION
from tocsin.client.api import Query, Refused, pairs_of
from tocsin.client.credentials import authorization_of, context_of
from tocsin.client.place import Credentials, ServerPlace

MOST_BYTES: Final = 64 * 1024 * 1024
"""Longer answers are not read: they would fill the memory."""

_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, connect=10)
_NO_ROUTE: Final = "Not Found"
_BUILD: Final = "tocsin-"


class ServerUnavailable(TocsinError):
    """The daemon cannot be reached, or what answers is no daemon."""

    exit_code = 3
    code = "TOC1507"


@asynccontextmanager
async def open_remote(place: ServerPlace) -> AsyncIterator["RemoteApi"]:
    """The API of a daemon; its connections are closed at the end. Raises InvalidInput for what cannot be used."""
    headers = {"kbn-xsrf": "tocsin", "x-elastic-internal-origin": "tocsin"}
    if (authorization := authorization_of(place.credentials)) is not None:
        headers["authorization"] = authorization
    connector = aiohttp.TCPConnector(ssl=True if place.ca_file is None else context_of(place.ca_file))
    async with aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers, connector=connector) as session:
        yield RemoteApi(session, place.url.rstrip("/"), place.space, place.credentials)


@dataclass(frozen=True, slots=True)
class RemoteApi:
    """An `Api` over connections that are kept for one command."""

    session: aiohttp.ClientSession
    url: str
    space: str
    credentials: Credentials

    @property
    def kind(self) -> Literal["server"]:
        return "server"

    async def ask(self, method: Method, path: str, *, query: Query | None = None, body: JsonValue = None) -> Any:
        """See the protocol. Raises Refused, or ServerUnavailable."""
        prefix = "" if self.space == DEFAULT_SPACE else f"/s/{quote(self.space, safe='')}"
        status, content = await self._send(method, prefix + path, query, body)
        if status == HTTPStatus.NO_CONTENT or (status == HTTPStatus.OK and not content):
            return None
        answer = self._parsed(content, status)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        raise await self._refusal(status, answer, path)

    async def _send(self, method: Method, path: str, query: Query | None, body: JsonValue) -> tuple[int, bytes]:
        pairs = pairs_of(query)
        # Encoded already: taken apart and put together again, an encoded slash or dot would become another path.
        url = URL(self.url + path + (f"?{urlencode(pairs)}" if pairs else ""), encoded=True)
        try:
            async with self.session.request(method, url, json=body, allow_redirects=False) as response:
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > MOST_BYTES:
                        raise ServerUnavailable(f"{self.url} answers with more than 64 MB: ask for less at once")
                return response.status, bytes(content)
        except aiohttp.ClientConnectorCertificateError as error:
            reason = f"{error.certificate_error}; name the certificates to trust with --ca-file"
            raise ServerUnavailable(f"the certificate of {self.url} is not trusted: {reason}") from None
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError, OSError, ValueError) as error:
            reason = str(error) or "it took too long"
            remedy = "does the daemon listen there (api.listen in its tocsin.yml)?"
            raise ServerUnavailable(f"no daemon answers at {self.url}: {reason}; {remedy}") from None

    def _parsed(self, content: bytes, status: int) -> Any:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            message = f"what answers at {self.url} is no daemon of Tocsin (status {status}, no JSON)"
            raise ServerUnavailable(f"{message}: check the URL") from None

    async def _refusal(self, status: int, answer: Any, path: str) -> TocsinError:
        """In the daemon's words, and what to do where these do not say so."""
        message = answer.get("message") if isinstance(answer, dict) else None
        if not isinstance(message, str):
            return ServerUnavailable(f"what answers at {self.url} is no daemon of Tocsin: check the URL")
        if status == HTTPStatus.UNAUTHORIZED:
            return Refused(status, f"{self.url} does not let this command in: {message} ({self.credentials.remedy})")
        if status == HTTPStatus.NOT_FOUND and message == _NO_ROUTE:
            return await self._unknown_route(path)
        return Refused(status, f"{self.url} refused it ({status}): {message}")

    async def _unknown_route(self, path: str) -> TocsinError:
        """What answers is another program, or another version."""
        _, content = await self._send("GET", "/api/status", None, None)
        try:
            build = str(orjson.loads(content)["version"]["build_hash"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            build = ""
        if not build.startswith(_BUILD):
            return ServerUnavailable(f"what answers at {self.url} is Kibana or another program: check the URL")
        version = build.removeprefix(_BUILD)
        remedy = "use the version of the daemon" if version != ENGINE_VERSION else "its settings switch it off"
        message = f"{self.url} (Tocsin {version}) has no {path}, which this command ({ENGINE_VERSION}) needs: {remedy}"
        return Refused(HTTPStatus.NOT_FOUND, message)
