"""Which addresses connections may go to: a name is resolved by whoever owns its domain, not by the operator."""

import ipaddress
import socket
from collections.abc import Collection, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure
from engine.ports.target import ANY_HOST


class AllowedAddresses:
    """The setting ``allowed_addresses`` of `HttpSettings`. Raises ValueError for what is no network."""

    def __init__(self, networks: Sequence[str] = HttpSettings().allowed_addresses) -> None:
        self._networks = (
            None if ANY_HOST in networks else tuple(ipaddress.ip_network(network, strict=False) for network in networks)
        )

    def allow(self, address: str) -> bool:
        """Whether the address lies in one of the networks; an IPv4 address written as IPv6 is the IPv4 address."""
        if self._networks is None:
            return True
        read = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(read, ipaddress.IPv6Address) and read.ipv4_mapped is not None:
            read = read.ipv4_mapped
        return any(read in network for network in self._networks)

    def check_literal(self, host: str) -> None:
        """Raises HttpFailure for a host that is an address and not allowed. Names are looked at when resolved."""
        try:
            is_allowed = self.allow(host)
        except ValueError:
            return
        if not is_allowed:
            raise _address_refused(host)


class AddressResolver(AbstractResolver):
    """Resolves names as the system does, and leaves out addresses that are not allowed.

    ``trusted``: names that may lead anywhere, such as that of the operator's own proxy.
    """

    def __init__(self, allowed: AllowedAddresses, trusted: Collection[str] = ()) -> None:
        self._allowed, self._trusted = allowed, frozenset(trusted)
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The allowed addresses. Raises OSError if the name cannot be resolved, HttpFailure if none is allowed."""
        found = await self._resolver.resolve(host, port, family)
        if host in self._trusted:
            return found
        allowed = [result for result in found if self._allowed.allow(result["host"])]
        if found and not allowed:
            raise _address_refused(host)
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


def refused(text: str) -> HttpFailure:
    """The failure of a request that the operator's settings do not allow."""
    return HttpFailure("ERR_NOT_ALLOWED", text, is_retryable=False)


def _address_refused(host: str) -> HttpFailure:
    return refused(f"host [{host}] is at no address that may be connected to (setting allowed_addresses)")
