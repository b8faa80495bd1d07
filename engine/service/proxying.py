"""How requests go through the operator's proxy (connector-framework.md 6.3)."""

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

from engine.model.settings import ProxySettings
from engine.ports.target import Target, read_target
from engine.service.redirects import Hop


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one request: direct where ``proxy`` is None. ``headers`` are those of the request itself."""

    headers: Mapping[str, str] = field(repr=False)
    proxy: URL | None = None
    proxy_headers: dict[str, str] | None = field(default=None, repr=False)


class Proxying:
    """Finds the way of requests. Targets of https are reached by CONNECT, others by asking the proxy for the URL."""

    def __init__(self, settings: ProxySettings | None) -> None:
        self._settings = settings
        self.target: Target | None = None if settings is None else read_target(settings.url)

    def way_of(self, hop: Hop) -> Way:
        settings = self._settings
        if settings is None or not settings.is_used_for(hop.target.host):
            return Way(hop.headers)
        own = dict(settings.headers)
        if settings.credentials is not None:
            credentials = base64.b64encode(":".join(settings.credentials).encode()).decode("ascii")
            own["Proxy-Authorization"] = f"Basic {credentials}"
        if hop.target.scheme == "https":
            return Way(hop.headers, URL(settings.url), own)
        # The library sends headers for the proxy with CONNECT only.
        return Way({**own, **hop.headers}, URL(settings.url))


class ContextByName(ssl.SSLContext):
    """TLS to a proxy, and TLS to a target within that: the library has one context for both.

    ``proxy_host`` names the proxy; every other name is a target's.
    """

    proxy_host: str
    of_proxy: ssl.SSLContext
    of_target: ssl.SSLContext

    @classmethod
    def join(cls, proxy_host: str, of_proxy: ssl.SSLContext, of_target: ssl.SSLContext) -> "ContextByName":
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.proxy_host, context.of_proxy, context.of_target = proxy_host, of_proxy, of_target
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Called by asyncio for each connection that begins with TLS."""
        context = self.of_proxy if server_hostname == self.proxy_host else self.of_target
        return context.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
