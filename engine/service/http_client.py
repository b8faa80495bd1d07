"""The HTTP client of connectors, on aiohttp: one place for allow-list, redirects, time and size limits.

Rules: connector-framework.md 6. No cookies; no proxy but the operator's, none from the environment.
"""

import asyncio
import errno
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp
from yarl import URL

from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure, HttpRequest, HttpResponse
from engine.ports.target import Target, is_host_allowed
from engine.service.addresses import AddressResolver, AllowedAddresses, refused
from engine.service.proxying import Proxying
from engine.service.redirects import Hop
from engine.service.tls import TlsContexts

_DEFAULT_HEADERS = {"Accept": "application/json, text/plain, */*", "User-Agent": "Tocsin"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_IDLE_CONNECTION_S = 4.0
"""Shorter than the usual 5 s of servers, so that a request seldom meets a connection that is just being closed."""


class AiohttpClient:
    """Sends requests for connectors under the operator's settings."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._tls = TlsContexts(settings)
        self._addresses = AllowedAddresses(settings.allowed_addresses)
        self._proxying = Proxying(settings.proxy)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer of the last hop, whatever its status.

        Raises HttpFailure: target not allowed, no answer, or one that is too large or takes too long.
        """
        limit_s = time_limit_s(self._settings, request)
        progress = _Progress()
        try:
            async with asyncio.timeout(limit_s) as time_limit:
                return await self._follow(Hop.first(request), self._most_redirects(request), progress)
        except TimeoutError:
            if not time_limit.expired():
                raise _connection_failure("ETIMEDOUT", "the connection timed out", progress) from None
            raise _connection_failure("ECONNABORTED", f"no complete answer within {limit_s:g} s", progress) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _most_redirects(self, request: HttpRequest) -> int:
        return self._settings.max_redirects if request.follows_redirects else 0

    async def _follow(self, hop: Hop, most_redirects: int, progress: "_Progress") -> HttpResponse:
        for followed in range(most_redirects + 1):
            if not is_host_allowed(hop.target, self._settings.allowed_hosts):
                raise refused(f"host [{hop.target.host}] is not one of the allowed hosts (setting allowedHosts)")
            self._addresses.check_literal(hop.target.host)
            response = await self._exchange(hop, progress)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location or most_redirects == 0:
                return response
            if followed < most_redirects:
                hop = hop.redirected(response.status, location)
        raise HttpFailure("ERR_FR_TOO_MANY_REDIRECTS", f"more than {most_redirects} redirects", is_retryable=False)

    async def _exchange(self, hop: Hop, progress: "_Progress") -> HttpResponse:
        progress.has_answer_begun = False
        way = self._proxying.way_of(hop)
        try:
            async with self._open_session().request(
                hop.method,
                URL(hop.target.url, encoded=True),
                headers=way.headers,
                data=hop.body,
                ssl=self._tls_of(hop),
                proxy=way.proxy,
                proxy_headers=way.proxy_headers,
                allow_redirects=False,
                skip_auto_headers=("Content-Type",),
            ) as answer:
                progress.has_answer_begun = True
                body = await self._read(answer)
                return HttpResponse(answer.status, answer.reason or "", _joined_headers(answer.headers.items()), body)
        except aiohttp.ClientConnectorDNSError as error:
            raise _connection_failure("ENOTFOUND", f"host [{hop.target.host}] cannot be resolved", progress) from error
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise HttpFailure("ERR_TLS", f"no secure connection: {_tls_text(error)}", is_retryable=False) from error
        except (aiohttp.ClientOSError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise _connection_failure(*_os_failure(error, hop.target), progress) from error
        except aiohttp.ClientHttpProxyError as error:
            text = f"the proxy answered with the status {error.status}"
            raise HttpFailure("ERR_PROXY", text, is_retryable=error.status >= 500) from error
        except aiohttp.ServerDisconnectedError as error:
            raise _connection_failure("ECONNRESET", "the connection was closed before an answer", progress) from error
        except (aiohttp.ClientError, ValueError) as error:
            # The library's texts may quote the URL, and with it a secret.
            raise HttpFailure(
                "ERR_BAD_RESPONSE", f"the exchange failed ({type(error).__name__})", is_retryable=False
            ) from error

    def _tls_of(self, hop: Hop) -> ssl.SSLContext | bool:
        settings, proxy = self._settings.proxy, self._proxying.target
        if settings is None or proxy is None or not settings.is_used_for(hop.target.host):
            return self._tls.context_for(hop.target, hop.tls)
        return self._tls.context_through(proxy, settings.verification_mode, hop.target, hop.tls)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """The decoded body, read only as far as it is allowed to be large."""
        limit = self._settings.max_response_bytes
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > limit:
                answer.close()
                raise HttpFailure(
                    "ERR_BAD_RESPONSE",
                    f"the answer is larger than {limit} bytes (setting maxResponseContentLength)",
                    is_retryable=False,
                )
        return bytes(body)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # The sender bounds what is under way; a limit shared by all hosts would let one slow host delay others.
                connector=aiohttp.TCPConnector(
                    limit=0,
                    keepalive_timeout=_IDLE_CONNECTION_S,
                    resolver=AddressResolver(self._addresses, self._trusted_hosts()),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                headers=_DEFAULT_HEADERS,
                trust_env=False,
            )
        return self._session

    def _trusted_hosts(self) -> tuple[str, ...]:
        proxy = self._proxying.target
        return () if proxy is None else (proxy.host,)


def time_limit_s(settings: HttpSettings, request: HttpRequest) -> float:
    """How long a request may take: as long as the operator says, or as the connector asks for if that is longer."""
    return max(settings.response_timeout_s, request.timeout_s)


@dataclass(slots=True)
class _Progress:
    """How far the present exchange has come."""

    has_answer_begun: bool = False


def _joined_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in items:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _connection_failure(code: str, text: str, progress: _Progress) -> HttpFailure:
    """A failed connection may be tried again unless the other side had begun to answer (connectors-core.md 1.3)."""
    return HttpFailure(code, text, is_retryable=not progress.has_answer_begun)


def _os_failure(error: OSError, target: Target) -> tuple[str, str]:
    code = errno.errorcode.get(error.errno or 0, "ECONNREFUSED")
    return code, f"the connection to [{target.authority}] failed"


def _tls_text(error: Exception) -> str:
    """The reason without the library's mention of the host and port, which may be long."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or type(cause).__name__
