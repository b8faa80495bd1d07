"""Token port: access tokens that connectors fetched, kept until they end (connector-framework.md 8)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from engine.model.connector import Connector


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token. ``header`` is the value of Authorization.

    ``request_digest``: of the request that it was fetched by; another request makes it useless.
    """

    header: str = field(repr=False)
    request_digest: str
    expires_at: datetime


class TokenStore(Protocol):
    """One token a connector. No method raises: a token that cannot be kept or read is fetched anew."""

    async def load(self, connector: Connector) -> AccessToken | None:
        """The connector's token, ended or not; None if there is none."""
        ...

    async def save(self, connector: Connector, token: AccessToken) -> None:
        """Keep a token in the place of the one before."""
        ...

    async def drop(self, connector: Connector) -> None:
        """Forget the connector's token."""
        ...


class TokensInMemory:
    """A `TokenStore` that ends with the process."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], AccessToken] = {}

    async def load(self, connector: Connector) -> AccessToken | None:
        return self._tokens.get((connector.space, connector.id))

    async def save(self, connector: Connector, token: AccessToken) -> None:
        self._tokens[connector.space, connector.id] = token

    async def drop(self, connector: Connector) -> None:
        self._tokens.pop((connector.space, connector.id), None)
