"""Refuses what the webhook connector does not do yet: client certificates, TLS options of its own, OAuth 2.

Delete this module and its one call together with the last member it names.
"""

from collections.abc import Iterator

from connectors.webhook.shapes import OAUTH2, SSL, Config, Secrets
from engine.model.errors import Problem

_REMEDY = "leave it out; authenticate with user and password or with secretHeaders"


def find_unsupported(config: Config, secrets: Secrets) -> Iterator[Problem]:
    """One problem for each member whose meaning is not built yet."""
    if config.auth_type in (SSL, OAUTH2):
        yield Problem("config.authType", f"{config.auth_type} is not supported yet", _REMEDY)
    for name, is_given in (
        ("config.certType", config.cert_type is not None),
        ("config.ca", config.ca is not None),
        ("config.verificationMode", config.verification_mode in ("none", "certificate")),
        ("secrets.crt", secrets.crt),
        ("secrets.key", secrets.key),
        ("secrets.pfx", secrets.pfx),
        ("secrets.clientSecret", secrets.client_secret),
    ):
        if is_given:
            yield Problem(name, "is not supported yet", _REMEDY)
