"""Users, their API keys, and roles in the store. They are global: spaces have none of their own."""

from collections.abc import Hashable
from typing import Protocol

from engine.model.role import Role
from engine.model.user import ApiKey, User
from engine.ports.store.audit import AuditEntry


class SecurityStore(Protocol):
    """Users, API keys and roles."""

    async def insert_user(self, user: User, audit: AuditEntry | None) -> bool:
        """Store a new user; False if the name is taken."""
        ...

    async def users(self) -> list[User]:
        """All users in order of their names."""
        ...

    async def change_user(self, user: User, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a user; False if it has not the expected version any more."""
        ...

    async def delete_user(self, name: str, audit: AuditEntry | None) -> bool:
        """Remove a user and the user's API keys; False if unknown."""
        ...

    async def insert_api_key(self, key: ApiKey, audit: AuditEntry | None) -> bool:
        """Store a new key; False if its owner is unknown."""
        ...

    async def api_keys(self) -> list[ApiKey]:
        """All keys in order of their making, then id."""
        ...

    async def delete_api_key(self, key_id: str, audit: AuditEntry | None) -> bool:
        """Remove a key; False if unknown."""
        ...

    async def roles(self) -> list[Role]:
        """The roles that users made, in order of their names."""
        ...

    async def put_role(self, role: Role, audit: AuditEntry | None, *, create_only: bool = False) -> bool:
        """Store a role, or replace it as a whole; with ``create_only`` False if the name is taken."""
        ...

    async def delete_role(self, name: str, audit: AuditEntry | None) -> bool:
        """Remove a role; False if unknown. Users keep its name."""
        ...

    async def security_stamp(self) -> Hashable:
        """A value that is another one once any of these were changed, here or by others; cheap enough for every run."""
        ...
