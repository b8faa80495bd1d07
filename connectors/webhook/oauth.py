"""Access tokens by OAuth 2 client credentials (connectors-core.md 8.3, connector-framework.md 8)."""

import asyncio
import re
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import urlencode

import orjson

from connectors.http_answer import describe_status, read_json
from connectors.webhook.shapes import Config, Secrets
from connectors.webhook.tls import tls_options
from engine.model.jsonvalue import JsonValue
from engine.ports.connector import ConnectorExecution
from engine.ports.http import HttpRequest, HttpResponse
from engine.ports.tokens import AccessToken, TokensInMemory, TokenStore

_MARGIN = timedelta(seconds=30)
_DEFAULT_LIFETIME_S = 3600
_LONGEST_LIFETIME_S = 10 * 365 * 86_400
_LONGEST_SHOWN = 1000
_TOKENS = frozenset({"access_token", "refresh_token", "id_token"})
_TOKEN_IN_FORM = re.compile(r"(_token=)[^&\s]+")

TokenKey: TypeAlias = tuple[str, str]
"""Space and id of a connector."""


class TokenRefused(Exception):
    """The token service gave none. The text never holds a token."""


class Tokens:
    """One token a connector, kept by the engine; where it keeps none, in memory."""

    def __init__(self) -> None:
        self._in_memory = TokensInMemory()
        self._locks: dict[TokenKey, asyncio.Lock] = {}

    async def get(self, execution: ConnectorExecution, request: HttpRequest) -> AccessToken:
        """The connector's token, fetched if need be; those who ask meanwhile wait for the same one.

        Raises TokenRefused and HttpFailure.
        """
        connector, kept = execution.connector, self._kept(execution)
        async with self._lock(execution):
            token = await kept.load(connector)
            if (
                token is None
                or token.request_digest != digest_of(request)
                or token.expires_at <= execution.at + _MARGIN
            ):
                token = read_token(await execution.http.send(request), request, execution.at)
                await kept.save(connector, token)
            return token

    async def drop(self, execution: ConnectorExecution, token: AccessToken) -> None:
        """Forget a token that was refused, unless there is a newer one already."""
        async with self._lock(execution):
            if await self._kept(execution).load(execution.connector) == token:
                await self._kept(execution).drop(execution.connector)

    def _kept(self, execution: ConnectorExecution) -> TokenStore:
        return self._in_memory if execution.tokens is None else execution.tokens

    def _lock(self, execution: ConnectorExecution) -> asyncio.Lock:
        key = execution.connector.space, execution.connector.id
        return self._locks.setdefault(key, asyncio.Lock())


def digest_of(request: HttpRequest) -> str:
    """Tells requests apart that differ in what they ask for, or with which credentials."""
    return sha256(repr((request.method, request.url, request.body)).encode()).hexdigest()


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


def read_token(response: HttpResponse, request: HttpRequest, at: datetime) -> AccessToken:
    """The token of an answer; it is counted from ``at``, the instant of the request. Raises TokenRefused."""
    answer = read_json(response)
    if response.status != 200 or not isinstance(answer, dict):
        raise TokenRefused(f"no access token: {describe_status(response)}: {_shown(answer, response)}")
    kind, value = answer.get("token_type"), answer.get("access_token")
    if not isinstance(kind, str) or not isinstance(value, str) or not value:
        lack = "the answer lacks token_type or access_token"
        raise TokenRefused(f"no access token: {lack}: {_shown(answer, response)}")
    lifetime = timedelta(seconds=_lifetime_s(answer.get("expires_in")))
    return AccessToken(f"{kind} {value}", digest_of(request), at + lifetime)


def _shown(answer: JsonValue, response: HttpResponse) -> str:
    """What the service answered, its tokens left out: the text is kept and shown."""
    if answer is None:
        return _TOKEN_IN_FORM.sub(r"\1<redacted>", response.body[:_LONGEST_SHOWN].decode(errors="replace"))
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name not in _TOKENS}
    return orjson.dumps(answer).decode()


def _lifetime_s(expires_in: JsonValue) -> float:
    """Some services write the number as a text."""
    try:
        seconds = float(_DEFAULT_LIFETIME_S if expires_in is None else expires_in)
    except (TypeError, ValueError):
        raise TokenRefused("no access token: expires_in is no number of seconds") from None
    return min(max(seconds, 0.0), _LONGEST_LIFETIME_S)
