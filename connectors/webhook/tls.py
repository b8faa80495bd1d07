"""The TLS side of a webhook: certificates in base64 as configured, and how strictly the server's is checked."""

import base64
import binascii
from collections.abc import Iterator

from connectors.webhook.shapes import SSL, Config, Secrets
from engine.model.errors import Problem
from engine.ports.http import ClientCertificate, TlsOptions


def tls_options(config: Config, secrets: Secrets) -> TlsOptions:
    """What the requests want of TLS. A certificate is shown only with the authentication of its name."""
    certificate = None
    if config.has_auth and config.auth_type == SSL:
        if secrets.pfx:
            certificate = ClientCertificate(pfx=_decode(secrets.pfx), passphrase=secrets.password)
        elif secrets.crt and secrets.key:
            certificate = ClientCertificate(_decode(secrets.crt), _decode(secrets.key), passphrase=secrets.password)
    return TlsOptions(config.verification_mode, _decode(config.ca) if config.ca else None, certificate)


def find_encoding_problems(config: Config, secrets: Secrets) -> Iterator[Problem]:
    """Which members are no base64."""
    members = (
        ("config.ca", config.ca),
        ("secrets.crt", secrets.crt),
        ("secrets.key", secrets.key),
        ("secrets.pfx", secrets.pfx),
    )
    for path, text in members:
        try:
            _decode(text or "")
        except binascii.Error:
            yield Problem(path, "is no base64", "encode the file: base64 -w0 FILE")


def _decode(text: str) -> bytes:
    """Line breaks, which encoders put in, do not count."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise binascii.Error(str(error)) from None
