"""Users and their API keys as stored. Secrets are held as hashes only, and not shown."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password. ``version`` counts changes; ``roles`` are names, of roles that may not exist."""

    name: str
    password_hash: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    roles: tuple[str, ...] = ()
    enabled: bool = True
    version: int = 1
    created_by: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key with the rights of its owner. ``expires_at`` None: never."""

    id: str
    name: str
    owner: str
    secret_hash: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    created_by: str | None = None

    def is_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at
