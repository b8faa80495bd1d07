"""Addresses to listen on, as operators write them."""

import pytest

from engine.api.address import Address, parse_address
from engine.model.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("127.0.0.1:9095", Address("127.0.0.1", 9095), "127.0.0.1:9095"),
        ("localhost:0", Address("localhost", 0), "localhost:0"),
        ("[::1]:80", Address("::1", 80), "[::1]:80"),
        ("0.0.0.0:9095", Address("0.0.0.0", 9095), "0.0.0.0:9095"),
    ],
)
def test_addresses(text: str, address: Address, shown: str) -> None:
    assert parse_address(text) == address
    assert str(address) == shown


@pytest.mark.parametrize(
    "text", ["", "9095", ":9095", "localhost", "a b:1", "::1:80", "h:99999", "http://h:80", "h:-1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no address to listen on"):
        parse_address(text)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)],
)
def test_who_can_reach_an_address(host: str, is_loopback: bool) -> None:
    assert Address(host, 1).is_loopback is is_loopback
