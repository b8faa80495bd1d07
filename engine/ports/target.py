"""Where a request goes: reading a URL, and the operator's list of allowed hosts (connector-framework.md 6)."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

_HOST = re.compile(r"[a-z0-9_][a-z0-9._-]*|[0-9a-f:.]*:[0-9a-f:.]*")
_NUMERIC = re.compile(r"[0-9.]+|0x[0-9a-f.x]+")
_NOT_IN_URL = re.compile(r"[^!$-;=?-\[\]_a-z~]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
ANY_HOST = "*"


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of an absolute http(s) URL.

    ``host`` is in lower case, ASCII, an IPv6 address without brackets. ``resource`` is path and query, percent-encoded
    where a URL may not hold a character, otherwise as written. ``credentials`` are user and password of the URL.
    """

    scheme: str
    host: str
    port: int
    resource: str
    credentials: tuple[str, str] | None = None

    @property
    def url_host(self) -> str:
        """The host as URLs write it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """Host and, unless it is the scheme's own, port."""
        return self.url_host if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.url_host}:{self.port}"

    @property
    def origin(self) -> str:
        """``scheme://host:port``, by which settings of single hosts are found (connector-framework.md 6.2)."""
        return f"{self.scheme}://{self.url_host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without credentials and fragment."""
        return f"{self.scheme}://{self.authority}{self.resource}"


def read_target(url: str) -> Target:
    """Take an absolute http(s) URL apart.

    Raises ValueError for anything else, and for host names that two programs could read differently: what is compared
    with the list of allowed hosts must be what is connected to. The text never holds the URL, which may be a secret.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        # The library's own text quotes the URL.
        raise ValueError("its host or port is malformed") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("it does not start with http:// or https://")
    if "\\" in parts.netloc:
        raise ValueError("its host holds a backslash")
    resource = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Target(
        scheme=parts.scheme,
        host=_ascii_host(host),
        port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
        resource=_NOT_IN_URL.sub(_percent_encode, resource),
        credentials=None if parts.username is None else (unquote(parts.username), unquote(parts.password or "")),
    )


def is_host_allowed(target: Target, allowed_hosts: Collection[str]) -> bool:
    """Whether the list names the target's host (exactly, without port; IPv6 with or without brackets) or ``*``."""
    return ANY_HOST in allowed_hosts or target.host in allowed_hosts or f"[{target.host}]" in allowed_hosts


def is_url_allowed(url: str, allowed_hosts: Collection[str]) -> bool:
    """Whether the host of a URL may be called; what is no URL may only where everything may."""
    try:
        return is_host_allowed(read_target(url), allowed_hosts)
    except ValueError:
        return ANY_HOST in allowed_hosts


def _ascii_host(host: str) -> str:
    try:
        # Refuses empty and overlong labels too, which name resolution would stumble over.
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_host = ""
    if not _HOST.fullmatch(ascii_host) or (_NUMERIC.fullmatch(ascii_host) and not _is_ipv4(ascii_host)):
        raise ValueError("it has no valid host name")
    return ascii_host


def _is_ipv4(host: str) -> bool:
    """Whether all programs read it alike: ``127.1`` and ``2130706433`` are 127.0.0.1 to some, and names to others."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _percent_encode(match: re.Match[str]) -> str:
    return quote(match[0], safe="", errors="replace")
