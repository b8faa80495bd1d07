"""Addresses that names may lead to (connector-framework.md 6)."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure, HttpRequest
from engine.service.addresses import AddressResolver, AllowedAddresses
from engine.service.http_client import AiohttpClient

# The shape of the fixture; test folders are no packages to import from.
Receiver = Any


@pytest.mark.parametrize(
    ("networks", "address", "is_allowed"),
    [
        (("*",), "127.0.0.1", True),
        (("10.0.0.0/8", "*"), "192.168.1.1", True),
        ((), "10.0.0.1", False),
        (("10.0.0.0/8",), "10.255.0.1", True),
        (("10.0.0.0/8",), "11.0.0.1", False),
        (("10.0.0.7",), "10.0.0.7", True),
        (("10.0.0.7/8",), "10.1.1.1", True),
        (("10.0.0.0/8",), "::ffff:10.0.0.1", True),
        (("10.0.0.0/8",), "::ffff:127.0.0.1", False),
        (("fd00::/8",), "fd00::1", True),
        (("fe80::/10",), "fe80::1%eth0", True),
        (("10.0.0.0/8",), "::1", False),
    ],
)
def test_which_addresses_are_allowed(networks: tuple[str, ...], address: str, is_allowed: bool) -> None:
    assert AllowedAddresses(networks).allow(address) is is_allowed


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="example"):
        AllowedAddresses(("example.org",))


@pytest.fixture
async def wary() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient(HttpSettings(allowed_addresses=("10.0.0.0/8",)))
    yield client
    await client.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_no_connection_goes_to_another_address(receiver: Receiver, wary: AiohttpClient, host: str) -> None:
    with pytest.raises(HttpFailure, match="allowed_addresses") as caught:
        await wary.send(HttpRequest("GET", f"http://{host}:{receiver.port}/"))
    assert (caught.value.error_code, caught.value.is_retryable) == ("ERR_NOT_ALLOWED", False)
    assert receiver.requests == []


async def test_redirects_are_looked_at_too(receiver: Receiver) -> None:
    url = receiver.answer("/first", 302, headers={"Location": f"http://[::1]:{receiver.port}/"})
    client = AiohttpClient(HttpSettings(allowed_addresses=("127.0.0.0/8",)))
    try:
        with pytest.raises(HttpFailure, match="allowed_addresses"):
            await client.send(HttpRequest("GET", url))
    finally:
        await client.close()
    assert len(receiver.requests) == 1


async def test_an_allowed_address_behind_a_name_is_connected_to(receiver: Receiver) -> None:
    client = AiohttpClient(HttpSettings(allowed_hosts=("localhost",), allowed_addresses=("127.0.0.0/8",)))
    try:
        assert (await client.send(HttpRequest("GET", f"http://localhost:{receiver.port}/"))).status == 200
    finally:
        await client.close()


async def test_addresses_that_are_not_allowed_are_left_out() -> None:
    resolver = AddressResolver(AllowedAddresses(("127.0.0.0/8",)))
    found = await resolver.resolve("localhost", 80, socket.AF_UNSPEC)
    assert {result["host"] for result in found} == {"127.0.0.1"}
    await resolver.close()
