"""Where a URL leads, and whether that is allowed (connector-framework.md 6)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ports.target import is_host_allowed, read_target


@pytest.mark.parametrize(
    ("url", "host", "sent"),
    [
        ("https://GitHub.com/x", "github.com", "https://github.com/x"),
        ("http://10.0.0.1:9200/", "10.0.0.1", "http://10.0.0.1:9200/"),
        ("http://[::1]:9200", "::1", "http://[::1]:9200/"),
        ("https://bücher.example:443/", "xn--bcher-kva.example", "https://xn--bcher-kva.example/"),
        ("https://h.example/a b?q=ü#part", "h.example", "https://h.example/a%20b?q=%C3%BC"),
        ("https://h.example/a%2Fb?sig=a%2Fb%2Bc%3D+d%zz", "h.example", "https://h.example/a%2Fb?sig=a%2Fb%2Bc%3D+d%zz"),
        ("http://exa\nmple.com/", "example.com", "http://example.com/"),
        ("http://allowed.com@evil.com/", "evil.com", "http://evil.com/"),
        ("http://0xide.example/", "0xide.example", "http://0xide.example/"),
        ("http://1.example/", "1.example", "http://1.example/"),
    ],
)
def test_a_url_is_read_and_sent_as_written_but_for_what_a_url_may_not_hold(url: str, host: str, sent: str) -> None:
    target = read_target(url)
    assert (target.host, target.url) == (host, sent)


def test_credentials_of_the_url_are_taken_out_of_it() -> None:
    target = read_target("http://bob:s%40crèt@h.example/")
    assert target.credentials == ("bob", "s@crèt")
    assert target.url == "http://h.example/"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h.example/path",
        "ftp://h.example/",
        "http://",
        "http:///path",
        "http://h.example:99999/",
        "http://h.example:x/",
        "http://allowed.com\\@evil.com/",
        "http://a..b/",
        "http://[::1/",
        "http://" + "a" * 64 + ".example/",
        "http://h ost/",
        "mailto:a@h.example",
        "http://[fe80::1%25eth0]/",
        "http://2130706433/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://1.2.3.4.5/",
        "http://0x7f000001/",
        "http://0x7F.1/",
    ],
)
def test_what_is_no_absolute_http_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^its|^it "):
        read_target(url)


@pytest.mark.parametrize(
    ("allowed_hosts", "url", "is_allowed"),
    [
        (("github.com",), "https://GitHub.com/x", True),
        (("github.com",), "https://api.github.com/x", False),
        (("github.com",), "https://github.com.evil.example/", False),
        (("github.com",), "https://github.com@evil.example/", False),
        (("GitHub.com",), "https://github.com/", False),
        (("a.com", "*"), "https://evil.com/", True),
        (("*.com",), "https://evil.com/", False),
        (("10.0.0.1",), "http://10.0.0.1:9200/", True),
        (("[::1]",), "http://[::1]:9200/", True),
        (("::1",), "http://[::1]:9200/", True),
        (("mylisteningserver.com",), "http://mylisteningserver.com:9200/endpoint", True),
        ((), "http://github.com/", False),
    ],
)
def test_a_host_is_allowed_by_its_exact_name_or_by_a_star(
    allowed_hosts: tuple[str, ...], url: str, is_allowed: bool
) -> None:
    assert is_host_allowed(read_target(url), allowed_hosts) is is_allowed


@given(st.text() | st.text(alphabet=":/@[]\\?#%.a1é ", max_size=30).map("http://".__add__))
def test_any_text_is_refused_or_read_as_a_url_that_reads_the_same(url: str) -> None:
    try:
        target = read_target(url)
    except ValueError:
        return
    assert target.url.isascii()
    assert read_target(target.url) == replace(target, credentials=None)


def test_a_refusal_does_not_quote_the_url() -> None:
    for url in ("http://secret:99999999/", "http://[secret/", "http://secret\\\\x/", "secret", "http://se\u2100cret/"):
        with pytest.raises(ValueError, match=r"^((?!secret|se\u2100).)*$"):
            read_target(url)
