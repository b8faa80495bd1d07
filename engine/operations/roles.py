"""What a user may do to roles (rest-api.md 7.1). They are global: spaces have none of their own."""

from datetime import datetime

from engine.model.errors import Conflict, InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonValue
from engine.model.role import EVERY_SPACE, Role
from engine.operations.role_form import parse_role
from engine.ports.store import AuditEntry, Store
from engine.security.builtin_roles import BUILT_IN

LONGEST_NAME = 1024


class Roles:
    """The operations on roles. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, name: str) -> Role:
        """The role. Raises NotFound."""
        for role in await self.find():
            if role.name == name:
                return role
        raise NotFound("role", name)

    async def find(self) -> list[Role]:
        """All roles by name, built-in ones among them."""
        stored = [role for role in await self._store.roles() if role.name not in BUILT_IN]
        return sorted([*BUILT_IN.values(), *stored], key=lambda role: role.name)

    async def put(
        self, name: str, body: JsonValue, *, at: datetime, actor: str | None, create_only: bool = False
    ) -> Role:
        """Make a role, or replace it as a whole; it counts from the next request and run on.

        Raises InvalidInput; Conflict with ``create_only`` if the name is taken.
        """
        role = parse_role(name, body)
        if not 0 < len(name) <= LONGEST_NAME:
            remedy = f"use 1 to {LONGEST_NAME} characters"
            raise InvalidInput([Problem("name", f"has {len(name)} characters", remedy)])
        _refuse_reserved(name)
        is_new = all(known.name != name for known in await self._store.roles())
        audit = _audit("create" if is_new else "update", name, at, actor)
        if not await self._store.put_role(role, audit, create_only=create_only):
            raise Conflict(f"role [{name}] exists already")
        return role

    async def delete(self, name: str, *, at: datetime, actor: str | None) -> None:
        """Remove a role; users keep its name, which grants nothing any more. Raises InvalidInput or NotFound."""
        _refuse_reserved(name)
        if not await self._store.delete_role(name, _audit("delete", name, at, actor)):
            raise NotFound("role", name)


def _refuse_reserved(name: str) -> None:
    if name in BUILT_IN:
        raise InvalidInput(
            [Problem("", f"role [{name}] is built in and cannot be changed", "make one of another name")]
        )


def _audit(operation: str, name: str, at: datetime, actor: str | None) -> AuditEntry:
    return AuditEntry(at, actor, operation, "role", name, EVERY_SPACE)
