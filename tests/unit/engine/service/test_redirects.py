"""What the next hop of a redirect gets; `test_http_client` shows the same with real servers."""

import pytest

from engine.ports.http import HttpFailure, HttpRequest
from engine.service.redirects import Hop


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        ("http://h.example/a/b", "c?d=1", "http://h.example/a/c?d=1"),
        ("http://h.example/a/b", "/c", "http://h.example/c"),
        ("https://h.example/", "//other.example/x", "https://other.example/x"),
        ("http://h.example/", "HTTPS://other.example", "https://other.example/"),
        ("http://h.example/a", "\\\\evil.example/", "http://h.example/%5C%5Cevil.example/"),
    ],
)
def test_a_location_is_seen_from_the_present_url(url: str, location: str, expected: str) -> None:
    assert Hop.first(HttpRequest("GET", url)).redirected(302, location).target.url == expected


@pytest.mark.parametrize("location", ["http:///x", "///x", "//", "https:", "javascript:alert(1)", "http://h:x/"])
def test_a_location_without_a_valid_host_is_refused(location: str) -> None:
    with pytest.raises(HttpFailure):
        Hop.first(HttpRequest("GET", "http://h.example/")).redirected(302, location)


@pytest.mark.parametrize(
    ("url", "location", "are_kept"),
    [
        ("https://h.example/a", "/b", True),
        ("https://h.example/a", "https://H.example:443/b", True),
        ("http://h.example/a", "https://h.example/b", True),
        ("https://h.example/a", "http://h.example/b", False),
        ("https://h.example/a", "https://h.example:8443/b", False),
        ("https://h.example/a", "https://sub.h.example/b", False),
        ("https://h.example/a", "https://h.example.evil.example/b", False),
    ],
)
def test_credentials_go_only_to_the_same_host_and_port_and_never_to_a_plain_protocol(
    url: str, location: str, are_kept: bool
) -> None:
    headers = {"AUTHORIZATION": "Basic x", "Cookie": "c", "X-Key": "k", "X-Plain": "p"}
    request = HttpRequest("GET", url, headers, private_headers=frozenset({"x-key"}))
    kept = dict(Hop.first(request).redirected(307, location).headers)
    assert kept == (headers if are_kept else {"X-Plain": "p"})


def test_credentials_do_not_come_back_with_the_way_back() -> None:
    first = Hop.first(HttpRequest("GET", "https://bob:pw@h.example/"))
    assert first.headers == {"Authorization": "Basic Ym9iOnB3"}
    back = first.redirected(302, "https://other.example/").redirected(302, "https://bob:pw@h.example/")
    assert back.headers == {}
