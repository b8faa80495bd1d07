"""What an operator may do to API keys."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.errors import InvalidInput, NotFound, Problem
from engine.model.instant import iso
from engine.model.role import EVERY_SPACE
from engine.model.user import ApiKey
from engine.ports.store import AuditEntry, Store
from engine.security.api_keys import mint_key

_LONGEST_NAME = 256
_LONGEST_LIFE = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. ``encoded`` goes after ``ApiKey`` in a header; this is the only time that it can be told."""

    key: ApiKey
    encoded: str = field(repr=False)


class ApiKeys:
    """The operations on API keys. ``actor`` is who gives the command; all may raise StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(
        self, name: str, owner: str, *, at: datetime, actor: str | None, lasts: timedelta | None = None
    ) -> NewKey:
        """Make a key with the rights of a user; ``lasts`` None: until it is revoked.

        Raises InvalidInput, or NotFound (user).
        """
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise InvalidInput(
                [Problem("name", "is no name for a key", f"use 1 to {_LONGEST_NAME} printable characters")]
            )
        if lasts is not None and lasts > _LONGEST_LIFE:
            raise InvalidInput([Problem("expires", "is too long", "use at most 36500d, or leave it out")])
        minted = mint_key()
        expires_at = None if lasts is None else at + lasts
        key = ApiKey(minted.id, name, owner, minted.secret_hash, at, expires_at, created_by=actor)
        if not await self._store.insert_api_key(key, _audit("create", key, at, actor)):
            raise NotFound("user", owner)
        return NewKey(key, minted.encoded)

    async def find(self, owner: str | None = None) -> list[ApiKey]:
        """All keys, or those of a user, in order of their making."""
        return [key for key in await self._store.api_keys() if owner in (None, key.owner)]

    async def revoke(self, key_id: str, *, at: datetime, actor: str | None) -> ApiKey:
        """Remove a key: it counts no more from the next request on. Raises NotFound."""
        for key in await self._store.api_keys():
            if key.id == key_id and await self._store.delete_api_key(key_id, _audit("revoke", key, at, actor)):
                return key
        raise NotFound("API key", key_id)


def _audit(operation: str, key: ApiKey, at: datetime, actor: str | None) -> AuditEntry:
    until = None if key.expires_at is None else iso(key.expires_at)
    details = {"name": key.name, "owner": key.owner, "expires_at": until}
    return AuditEntry(at, actor, operation, "api_key", key.id, EVERY_SPACE, details)
