"""Access tokens by OAuth 2 client credentials (connectors-core.md 8.3, connector-framework.md 8)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlencode

import orjson

from connectors.http_answer import describe_status, read_json
from connectors.webhook.shapes import Config, Secrets
from connectors.webhook.tls import tls_options
from engine.model.jsonvalue import JsonValue
from engine.ports.http import HttpRequest, HttpResponse

_MARGIN = timedelta(seconds=30)
_DEFAULT_LIFETIME_S = 3600
_LONGEST_LIFETIME_S = 10 * 365 * 86_400

TokenKey: TypeAlias = tuple[str, str]
"""Space and id of a connector."""


@dataclass(frozen=True, slots=True)
class Token:
    """``header`` is the value of Authorization; ``request`` made the token, another one makes it useless."""

    header: str = field(repr=False)
    request: HttpRequest = field(repr=False)
    expires_at: datetime


class TokenRefused(Exception):
    """The token service gave none. The text never holds a token."""


class TokenCache:
    """One token a connector, in memory: after a restart each is fetched anew."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Token] = {}
        self._locks: dict[TokenKey, asyncio.Lock] = {}

    async def get(
        self, key: TokenKey, request: HttpRequest, at: datetime, send: Callable[[HttpRequest], Awaitable[HttpResponse]]
    ) -> Token:
        """The connector's token, fetched if need be; those who ask meanwhile wait for the same one.

        Raises TokenRefused, and what ``send`` raises.
        """
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            token = self._tokens.get(key)
            if token is None or token.request != request or token.expires_at <= at + _MARGIN:
                self._tokens.pop(key, None)
                token = self._tokens[key] = read_token(await send(request), request, at)
            return token

    def drop(self, key: TokenKey, token: Token) -> None:
        """Forget a token that was refused, unless there is a newer one already."""
        if self._tokens.get(key) is token:
            del self._tokens[key]


def token_request(config: Config, secrets: Secrets) -> HttpRequest:
    """Asks for a token; the fields are sorted by name."""
    fields = {
        **(orjson.loads(config.additional_fields) if config.additional_fields else {}),
        "client_id": config.client_id,
        "client_secret": secrets.client_secret,
        "grant_type": "client_credentials",
        **({"scope": config.scope} if config.scope else {}),
    }
    texts = {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in fields.items()}
    return HttpRequest(
        method="POST",
        url=config.access_token_url,
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
        body=urlencode(sorted(texts.items())).encode(),
        tls=tls_options(config, secrets),
    )


def read_token(response: HttpResponse, request: HttpRequest, at: datetime) -> Token:
    """The token of an answer; it is counted from ``at``, the instant of the request. Raises TokenRefused."""
    answer = read_json(response)
    if response.status != 200 or not isinstance(answer, dict):
        text = response.body[:1000].decode(errors="replace") if answer is None else orjson.dumps(answer).decode()
        raise TokenRefused(f"no access token: {describe_status(response)}: {text}")
    kind, value = answer.get("token_type"), answer.get("access_token")
    if not isinstance(kind, str) or not isinstance(value, str) or not value:
        raise TokenRefused("no access token: the answer lacks token_type or access_token")
    lifetime = timedelta(seconds=_lifetime_s(answer.get("expires_in")))
    return Token(f"{kind} {value}", request, at + lifetime)


def _lifetime_s(expires_in: JsonValue) -> float:
    """Some services write the number as a text."""
    try:
        seconds = float(_DEFAULT_LIFETIME_S if expires_in is None else expires_in)
    except (TypeError, ValueError):
        raise TokenRefused("no access token: expires_in is no number of seconds") from None
    return min(max(seconds, 0.0), _LONGEST_LIFETIME_S)
