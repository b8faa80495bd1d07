"""The chain of requests that redirects make of one: which method, body and headers the next hop gets."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from engine.ports.headers import find_header_problem
from engine.ports.http import NO_TLS_OPTIONS, HttpFailure, HttpRequest, TlsOptions
from engine.ports.target import Target, read_target

_CREDENTIAL_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a chain of redirects. ``private`` are the lower-case names of headers that hold credentials."""

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None
    private: frozenset[str]
    tls: TlsOptions = NO_TLS_OPTIONS

    @classmethod
    def first(cls, request: HttpRequest) -> "Hop":
        """The request as it was given. Raises HttpFailure if its URL or a header is not valid."""
        for name, value in request.headers.items():
            problem = find_header_problem(name, value)
            if problem is not None:
                raise HttpFailure("ERR_INVALID_CHAR", f"invalid request header: {problem}", is_retryable=False)
        target = _read_target(request.url)
        headers = dict(request.headers)
        if target.credentials is not None and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = _basic(*target.credentials)
        private = _CREDENTIAL_HEADERS | {name.lower() for name in request.private_headers}
        return cls(request.method.upper(), target, headers, request.body or None, private, request.tls)

    def redirected(self, status: int, location: str) -> "Hop":
        """The request that a redirect asks for. Raises HttpFailure if the location is not valid.

        301 and 302 turn POST into GET, 303 everything; 307 and 308 repeat the request. Credentials in the location are
        not used: the sender did not give them.
        """
        hop = replace(self, target=_read_target(_absolute(location, self.target)))
        if (status in (301, 302) and self.method == "POST") or (status == 303 and self.method not in ("GET", "HEAD")):
            hop = replace(hop, method="GET", body=None, headers=dict(_without_content_headers(self.headers)))
        if _keeps_credentials(self.target, hop.target):
            return hop
        dropped = hop.private | {"host"}
        headers = {name: value for name, value in hop.headers.items() if name.lower() not in dropped}
        return replace(hop, headers=headers, tls=replace(hop.tls, certificate=None))


def _keeps_credentials(old: Target, new: Target) -> bool:
    """Whether it is the same host and port, by the same protocol or a safer one."""
    return old.authority == new.authority and (old.scheme == new.scheme or new.scheme == "https")


def _absolute(location: str, base: Target) -> str:
    """The URL of a redirect. Where it begins with a scheme or a host, `urljoin` would fill in a missing host."""
    if _SCHEME.match(location):
        return location
    return f"{base.scheme}:{location}" if location.startswith("//") else urljoin(base.url, location)


def _read_target(url: str) -> Target:
    try:
        return read_target(url)
    except ValueError as error:
        raise HttpFailure("ERR_INVALID_URL", f"the URL is not valid: {error}", is_retryable=False) from None


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _without_content_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in headers.items() if not name.lower().startswith("content-"))
