"""Which settings of a cluster are refused, and what they never show."""

from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.search.cluster.settings import ClusterSettings

HOST = ("http://localhost:9200",)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "hosts"),
        ({"hosts": HOST, "cloud_id": "x:y"}, "cloud_id"),
        ({"hosts": ("localhost:9200",)}, "hosts.0"),
        ({"hosts": (*HOST, "ftp://x")}, "hosts.1"),
        ({"hosts": ("http://",)}, "hosts.0"),
        ({"hosts": ("http://x:99999",)}, "hosts.0"),
        ({"hosts": ("http://x/?a=b",)}, "hosts.0"),
        ({"hosts": ("http://user:secret@x",)}, "hosts.0"),
        ({"hosts": HOST, "proxy": "nonsense"}, "proxy"),
        ({"hosts": HOST, "username": "a"}, "password"),
        ({"hosts": HOST, "password": "secret"}, "username"),
        ({"hosts": HOST, "username": "a", "password": "secret", "api_key": "secret"}, "api_key"),
        ({"hosts": HOST, "bearer_token": "secret", "api_key": "secret"}, "bearer_token"),
        ({"hosts": HOST, "ca_file": "x.pem", "verify": False}, "ca_file"),
        ({"hosts": HOST, "client_cert": "x.pem"}, "client_key"),
        ({"hosts": HOST, "client_key": "x.pem"}, "client_cert"),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ClusterSettings(**settings)
    assert [problem.path for problem in caught.value.problems] == [path]
    assert caught.value.problems[0].remedy
    assert "secret" not in str(caught.value)


def test_the_port_is_the_schemes_own_unless_it_is_given() -> None:
    settings = ClusterSettings(("https://es.example.org", "http://es.example.org/path/", "http://[::1]:9200"))
    assert settings.addresses == ("https://es.example.org:443", "http://es.example.org:80/path", "http://[::1]:9200")


def test_settings_do_not_show_secrets() -> None:
    for secret in ({"username": "a", "password": "secret"}, {"api_key": "secret"}, {"bearer_token": "secret"},
                   {"proxy": "http://a:secret@proxy"}):  # fmt: skip
        assert "secret" not in repr(ClusterSettings(HOST, **secret))
