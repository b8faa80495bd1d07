"""Users, keys and roles as requests and runs need them: read again only when some were changed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from engine.model.role import Role
from engine.model.user import ApiKey, User
from engine.ports.store import Store
from engine.security.builtin_roles import BUILT_IN
from engine.security.rights import Rights, rights_of


@dataclass(frozen=True, slots=True)
class Directory:
    """Who there is at one time. Rights are worked out once for each user."""

    users: Mapping[str, User] = field(default_factory=dict)
    keys: Mapping[str, ApiKey] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    _rights: dict[str, Rights] = field(default_factory=dict, repr=False, compare=False)

    def rights(self, name: str) -> Rights | None:
        """The rights of a user; None: there is no such user, or not any more, or he is disabled."""
        user = self.users.get(name)
        if user is None or not user.enabled:
            return None
        if name not in self._rights:
            known = (self.roles.get(role) for role in user.roles)
            self._rights[name] = rights_of(role for role in known if role is not None)
        return self._rights[name]


class SecurityDirectory:
    """The directory of a store as it is now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stamp: Hashable = None
        self._loaded = Directory()

    async def load(self) -> Directory:
        """The present directory; the same object while nothing has changed. Raises StoreUnavailable."""
        stamp = await self._store.security_stamp()
        if stamp != self._stamp:
            self._loaded = Directory(
                {user.name: user for user in await self._store.users()},
                {key.id: key for key in await self._store.api_keys()},
                {role.name: role for role in await self._store.roles()} | dict(BUILT_IN),
            )
            self._stamp = stamp
        return self._loaded
