"""A certificate shown to a cluster that asks for one, and files that hold none."""

from pathlib import Path
from typing import Any

import pytest

from engine.model.errors import InvalidInput, SearchUnavailable
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings
from engine.service.clocks import SystemClock

CERTIFICATE = Path(__file__).with_name("loopback.pem")
STRANGER = Path(__file__).with_name("stranger.pem")
ENCRYPTED = Path(__file__).with_name("encrypted.key")


async def test_it_is_shown(mutual_tls_cluster: Any, connect: Any, ask: Any) -> None:
    own = {"client_cert": str(CERTIFICATE), "client_key": str(CERTIFICATE)}
    search = connect(hosts=(mutual_tls_cluster.url,), ca_file=str(CERTIFICATE), **own)
    assert (await search.search(ask.request("a")))["hits"]["index"] == "a"


@pytest.mark.parametrize("own", [{}, {"client_cert": str(STRANGER), "client_key": str(STRANGER)}])
async def test_one_that_is_missing_or_not_trusted(
    mutual_tls_cluster: Any, connect: Any, ask: Any, own: dict[str, str]
) -> None:
    search = connect(hosts=(mutual_tls_cluster.url,), ca_file=str(CERTIFICATE), **own)
    # The server of the tests hangs up at once, mostly before its reason was read.
    with pytest.raises(SearchUnavailable, match=r"cluster \[default\](: no secure connection| cannot be reached): "):
        await search.search(ask.request("a"))
    assert mutual_tls_cluster.requests == []


@pytest.mark.parametrize(
    ("cert", "key", "says"),
    [
        ("none.pem", CERTIFICATE, "client_cert: none.pem with .* cannot be used: No such file"),
        (CERTIFICATE, "none.pem", "client_cert: .* with none.pem cannot be used: No such file"),
        (CERTIFICATE, STRANGER, "client_cert: .* not a certificate and its key"),
        (__file__, CERTIFICATE, "client_cert: .* not a certificate and its key"),
        (CERTIFICATE, ENCRYPTED, r"client_key: .*encrypted\.key is encrypted \(give a key without a password\)"),
    ],
)
def test_files_that_cannot_be_used(cert: Path | str, key: Path | str, says: str) -> None:
    settings = ClusterSettings(("https://127.0.0.1:1",), client_cert=str(cert), client_key=str(key))
    with pytest.raises(InvalidInput, match=says):
        ClusterSearch(settings, SystemClock())
