"""What a webhook wants of TLS (connectors-core.md 8)."""

import base64
from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.ports.http import ClientCertificate, TlsOptions

# The fixture of conftest.py; test folders are no packages to import from.
WebhookBench = Any

CRT, KEY, PFX, CA = (base64.b64encode(text).decode() for text in (b"crt", b"key", b"pfx", b"ca"))
SSL = {"authType": "webhook-authentication-ssl"}


@pytest.mark.parametrize(
    ("config", "secrets", "options"),
    [
        ({}, {}, TlsOptions()),
        ({"ca": CA, "verificationMode": "none"}, {}, TlsOptions("none", b"ca")),
        ({"ca": "Y2\nE=\n"}, {}, TlsOptions(ca=b"ca")),
        (SSL, {"crt": CRT, "key": KEY}, TlsOptions(certificate=ClientCertificate(b"crt", b"key"))),
        (
            {**SSL, "certType": "ssl-crt-key"},
            {"crt": CRT, "key": KEY, "password": "p"},
            TlsOptions(certificate=ClientCertificate(b"crt", b"key", passphrase="p")),
        ),
        (
            {**SSL, "certType": "ssl-pfx"},
            {"pfx": PFX, "password": "p"},
            TlsOptions(certificate=ClientCertificate(pfx=b"pfx", passphrase="p")),
        ),
        (SSL, {}, TlsOptions()),
        ({}, {"crt": CRT, "key": KEY}, TlsOptions()),
        ({"hasAuth": False}, {"crt": CRT, "key": KEY}, TlsOptions()),
    ],
)
async def test_the_options_of_the_request(
    bench: WebhookBench, config: dict[str, Any], secrets: dict[str, Any], options: TlsOptions
) -> None:
    await bench.run(config=config, secrets=secrets)
    [request] = bench.requests
    assert request.tls == options
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("config", "secrets", "path"),
    [
        ({"ca": "-----BEGIN CERTIFICATE-----"}, {}, "config.ca"),
        ({}, {"crt": "!", "key": KEY}, "secrets.crt"),
        ({}, {"crt": CRT, "key": "é"}, "secrets.key"),
        ({}, {"pfx": "a"}, "secrets.pfx"),
    ],
)
async def test_what_is_no_base64_is_refused_by_name(
    bench: WebhookBench, config: dict[str, Any], secrets: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await bench.run(config=config, secrets=secrets)
    assert [problem.path for problem in caught.value.problems] == [path]
