"""Where a server listens, and what it shows to clients: light, so that reading settings loads no server."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from engine.model.errors import InvalidInput, Problem

_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:\s/\[\]]+)):([0-9]{1,5})")
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 = one that is free."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """The address that ``HOST:PORT`` or ``[IPV6]:PORT`` names. Raises InvalidInput."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[3]) > _LAST_PORT:
        remedy = "write HOST:PORT, like 127.0.0.1:9095 or [::1]:9095; port 0 is any free one"
        raise InvalidInput([Problem("", f"{text[:60]!r} is no address to listen on", remedy)])
    return Address(match[1] or match[2], int(match[3]))


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of what the server shows to clients, and of its key."""

    certificate: Path
    key: Path
