"""What a webhook connector is configured with, and its params (connectors-core.md 8)."""

from collections.abc import Iterator, Mapping
from typing import Literal

import orjson

from connectors.shape import Shape, absent
from connectors.target_check import find_url_problems
from engine.model.errors import Problem
from engine.model.settings import HttpSettings
from engine.ports.headers import find_header_problem

BASIC = "webhook-authentication-basic"
SSL = "webhook-authentication-ssl"
PFX = "ssl-pfx"
OAUTH2 = "webhook-oauth2-client-credentials"


class Config(Shape):
    """``config``: the target, plain headers, and how to authenticate."""

    url: str
    method: Literal["post", "put", "patch", "get", "delete"] = "post"
    headers: dict[str, str] | None = None
    has_auth: bool = True
    auth_type: (
        Literal["webhook-authentication-basic", "webhook-authentication-ssl", "webhook-oauth2-client-credentials"]
        | None
    ) = absent()
    cert_type: Literal["ssl-crt-key", "ssl-pfx"] = absent()
    ca: str = absent()
    verification_mode: Literal["none", "certificate", "full"] = absent()
    access_token_url: str = absent()
    client_id: str = absent()
    scope: str = absent()
    additional_fields: str | None = absent()


class Secrets(Shape):
    """``secrets``: one kind of credentials, and headers that hold secrets."""

    user: str | None = None
    password: str | None = None
    crt: str | None = None
    key: str | None = None
    pfx: str | None = None
    client_secret: str | None = None
    secret_headers: dict[str, str] | None = None


class Params(Shape):
    body: str = absent()


def find_config_problems(config: Config, settings: HttpSettings) -> Iterator[Problem]:
    """What the shape alone cannot tell about ``config``."""
    yield from find_url_problems("url", config.url, settings)
    yield from find_header_problems("headers", config.headers)
    if config.cert_type == PFX and not settings.is_pfx_allowed:
        yield Problem("certType", f"{PFX} is not allowed here", "use crt and key, or set http.pfx_certificates to true")
    if config.auth_type is not None and not config.has_auth:
        yield Problem("authType", "is given although hasAuth is false", "leave it out or set hasAuth to true")
    if config.additional_fields is not None and not _is_filled_object(config.additional_fields):
        yield Problem("additionalFields", "is not the JSON text of a non-empty object", 'write {"name": "value"}')
    if config.auth_type == OAUTH2:
        if not config.access_token_url:
            yield Problem("accessTokenUrl", "is required for OAuth 2", "give the URL of the token service")
        else:
            yield from find_url_problems("accessTokenUrl", config.access_token_url, settings)
        if not config.client_id:
            yield Problem("clientId", "is required for OAuth 2", "give the id of the client")


def find_connector_problems(config: Config, secrets: Secrets) -> Iterator[Problem]:
    """What config and secrets lack of each other."""
    if config.auth_type == OAUTH2 and not secrets.client_secret:
        yield Problem("secrets.clientSecret", "is required for OAuth 2", "give the secret of the client")


def find_secrets_problems(secrets: Secrets) -> Iterator[Problem]:
    """Which combination of secrets is none of those allowed (empty ones count as not given)."""
    given = {name for name in ("user", "password", "crt", "key", "pfx", "client_secret") if getattr(secrets, name)}
    allowed = ({"user", "password"}, {"crt", "key"}, {"crt", "key", "password"}, {"pfx"}, {"pfx", "password"})
    if given and given != {"client_secret"} and given not in allowed:
        yield Problem(
            "",
            "must be one of: user and password; crt and key; pfx (each of the two with or without password); "
            "clientSecret; or none of them",
            "give exactly one of these",
        )
    yield from find_header_problems("secretHeaders", secrets.secret_headers)


def find_header_problems(path: str, headers: Mapping[str, str] | None) -> Iterator[Problem]:
    for name, value in (headers or {}).items():
        problem = find_header_problem(name, value)
        if problem is not None:
            yield Problem(f"{path}.{name}", problem, "correct or remove this header")


def _is_filled_object(text: str) -> bool:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and bool(value)
