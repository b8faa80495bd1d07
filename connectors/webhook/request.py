"""The request a webhook sends (connectors-core.md 8.1)."""

import orjson

from connectors.basic_auth import basic_authorization
from connectors.webhook.shapes import BASIC, Config, Params, Secrets
from connectors.webhook.tls import tls_options
from engine.ports.http import HttpRequest

_METHODS_WITH_BODY = frozenset({"post", "put", "patch"})

NOTIFICATION_ID_HEADER = "X-Tocsin-Notification-Id"
"""Names the notification, the same on every attempt, so that a receiver can drop repetitions."""


def build_request(
    config: Config, secrets: Secrets, params: Params, idempotency_key: str | None, token: str | None = None
) -> HttpRequest:
    """The request; of headers that differ in case only, the last one counts.

    ``token``: the value of Authorization where an access token is used.
    """
    body = params.body.encode() if params.body and config.method in _METHODS_WITH_BODY else None
    headers: dict[str, tuple[str, str]] = {}
    for name, value in _headers(config, secrets, body, idempotency_key, token):
        headers[name.lower()] = (name, value)
    return HttpRequest(
        method=config.method.upper(),
        url=config.url,
        headers=dict(headers.values()),
        body=body,
        private_headers=frozenset(secrets.secret_headers or {}),
        tls=tls_options(config, secrets),
    )


def _headers(
    config: Config, secrets: Secrets, body: bytes | None, idempotency_key: str | None, token: str | None
) -> list[tuple[str, str]]:
    """All headers, those that override others later."""
    headers = []
    if body is not None:
        headers.append(("Content-Type", _content_type(body)))
    if idempotency_key is not None:
        headers.append((NOTIFICATION_ID_HEADER, idempotency_key))
    if (
        config.has_auth
        and config.auth_type in (None, BASIC)
        and secrets.user is not None
        and secrets.password is not None
    ):
        headers.append(("Authorization", basic_authorization(secrets.user, secrets.password)))
    headers += [*(config.headers or {}).items(), *(secrets.secret_headers or {}).items()]
    return headers if token is None else [*headers, ("Authorization", token)]


def _content_type(body: bytes) -> str:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return "application/x-www-form-urlencoded"
    return "application/json"
