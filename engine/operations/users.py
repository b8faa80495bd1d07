"""What an operator may do to users. Passwords go in and never come out."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from engine.model.errors import Conflict, InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonObject
from engine.model.role import EVERY_SPACE
from engine.model.user import User
from engine.operations.retries import MOST_TRIES, pause_before_retry
from engine.operations.validation import suggest
from engine.ports.store import AuditEntry, Store
from engine.security.builtin_roles import BUILT_IN
from engine.security.passwords import check_password, hash_password

_NAME = re.compile(r"[A-Za-z0-9._@+-]{1,256}", re.ASCII)


class Users:
    """The operations on users. ``actor`` is who gives the command; all may raise StoreUnavailable."""

    def __init__(self, store: Store, *, pause: Callable[[], Awaitable[None]] = pause_before_retry) -> None:
        self._store, self._pause = store, pause

    async def add(self, name: str, password: str, roles: Sequence[str], *, at: datetime, actor: str | None) -> User:
        """Add a user. Raises InvalidInput, or Conflict if the name is taken."""
        if _NAME.fullmatch(name) is None:
            remedy = "use 1 to 256 letters, digits and . _ @ + -"
            raise InvalidInput([Problem("name", f"{name[:60]!r} is no user name", remedy)])
        await self._check_roles(roles)
        user = User(name, await _hashed(password), at, at, _distinct(roles), created_by=actor, updated_by=actor)
        if not await self._store.insert_user(user, _audit("create", user.name, at, actor, roles=list(user.roles))):
            raise Conflict(f"user [{name}] exists already")
        return user

    async def find(self) -> list[User]:
        """All users by name."""
        return await self._store.users()

    async def get(self, name: str) -> User:
        """The user. Raises NotFound."""
        for user in await self._store.users():
            if user.name == name:
                return user
        raise NotFound("user", name)

    async def set_password(self, name: str, password: str, *, at: datetime, actor: str | None) -> User:
        """Replace a password; the old one counts no more from the next request on. Raises InvalidInput, NotFound."""
        await self.get(name)
        password_hash = await _hashed(password)
        return await self._change(
            "set_password", name, lambda user: replace(user, password_hash=password_hash), at, actor
        )

    async def set_roles(self, name: str, roles: Sequence[str], *, at: datetime, actor: str | None) -> User:
        """Give a user these roles and no others. Raises InvalidInput for unknown ones, NotFound."""
        await self.get(name)
        await self._check_roles(roles)
        held = _distinct(roles)
        return await self._change(
            "set_roles", name, lambda user: replace(user, roles=held), at, actor, roles=list(held)
        )

    async def set_enabled(self, name: str, is_enabled: bool, *, at: datetime, actor: str | None) -> User:
        """Shut a user out, or let him in again; rules that he owns fail meanwhile. Raises NotFound."""
        operation = "enable" if is_enabled else "disable"
        return await self._change(operation, name, lambda user: replace(user, enabled=is_enabled), at, actor)

    async def remove(self, name: str, *, at: datetime, actor: str | None) -> None:
        """Remove a user with his API keys; rules that he owns fail from now on. Raises NotFound."""
        if not await self._store.delete_user(name, _audit("delete", name, at, actor)):
            raise NotFound("user", name)

    async def _check_roles(self, roles: Sequence[str]) -> None:
        known = sorted({*BUILT_IN, *(role.name for role in await self._store.roles())})
        unknown = [role for role in roles if role not in known]
        if unknown:
            raise InvalidInput([Problem("roles", f"there is no role [{unknown[0]}]", suggest(unknown[0], known))])

    async def _change(
        self,
        operation: str,
        name: str,
        change: Callable[[User], User],
        at: datetime,
        actor: str | None,
        **details: list[str],
    ) -> User:
        """Read, change, write if nobody else wrote meanwhile; up to two more tries."""
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._pause()
            stored = await self.get(name)
            user = replace(change(stored), version=stored.version + 1, updated_at=at, updated_by=actor)
            if await self._store.change_user(user, stored.version, _audit(operation, name, at, actor, **details)):
                return user
        raise Conflict(f"user [{name}] was changed by others at the same time; try again")


async def _hashed(password: str) -> str:
    check_password(password)
    return await asyncio.to_thread(hash_password, password)


def _distinct(roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(roles))


def _audit(operation: str, name: str, at: datetime, actor: str | None, **details: list[str]) -> AuditEntry:
    shown: JsonObject = dict(details)
    return AuditEntry(at, actor, operation, "user", name, EVERY_SPACE, shown)
