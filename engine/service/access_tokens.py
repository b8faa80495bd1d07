"""Access tokens of connectors: sealed in the store, or in memory where there is no key to seal them by."""

import logging

import orjson

from engine.model.connector import Connector
from engine.model.errors import SecretsUnavailable, StoreUnavailable
from engine.model.instant import iso, parse_iso
from engine.ports.store import ConnectorKey, Store
from engine.ports.tokens import AccessToken, TokensInMemory
from engine.ports.vault import ACCESS_TOKEN, SealedRecord, Vault

_log = logging.getLogger("tocsin.service.connector")


class SealedTokens:
    """`engine.ports.tokens.TokenStore` over the store, where updating or deleting a connector removes its token."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault
        # Only preconfigured connectors can run without a key; these do not change while the process lives.
        self._in_memory = TokensInMemory()

    async def load(self, connector: Connector) -> AccessToken | None:
        if not self._vault.has_key:
            return await self._in_memory.load(connector)
        try:
            sealed = await self._store.access_token(_key(connector))
            return None if sealed is None else _unpack(self._vault.open(sealed, _record(connector)))
        except (StoreUnavailable, SecretsUnavailable, LookupError, TypeError, ValueError) as error:
            _log.warning("the token kept for connector [%s] cannot be read: %s", connector.id, _shown(error))
            await self.drop(connector)
            return None

    async def save(self, connector: Connector, token: AccessToken) -> None:
        if self._vault.has_key:
            await self._put(connector, self._vault.seal(_pack(token), _record(connector)))
        else:
            await self._in_memory.save(connector, token)

    async def drop(self, connector: Connector) -> None:
        await self._in_memory.drop(connector)
        await self._put(connector, None)

    async def _put(self, connector: Connector, sealed: bytes | None) -> None:
        try:
            await self._store.put_access_token(_key(connector), connector.connector_type_id, sealed)
        except StoreUnavailable as error:
            _log.warning("the token of connector [%s] could not be kept: %s", connector.id, error)


def _key(connector: Connector) -> ConnectorKey:
    return ConnectorKey(connector.space, connector.id)


def _record(connector: Connector) -> SealedRecord:
    return SealedRecord(ACCESS_TOKEN, connector.space, connector.id, connector.connector_type_id)


def _pack(token: AccessToken) -> bytes:
    return orjson.dumps([token.header, token.request_digest, iso(token.expires_at)])


def _unpack(plain: bytes) -> AccessToken:
    header, digest, expires_at = orjson.loads(plain)
    return AccessToken(header, digest, parse_iso(expires_at))


def _shown(error: Exception) -> str:
    """Errors of decoding may repeat what they could not decode."""
    return str(error) if isinstance(error, StoreUnavailable | SecretsUnavailable) else type(error).__name__
