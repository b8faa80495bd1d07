"""When security is on, and by whom it judges then."""

from dataclasses import dataclass

from engine.ports.store import Store
from engine.security.directory import Directory, SecurityDirectory


@dataclass(frozen=True, slots=True)
class SecurityPolicy:
    """``setting``: what the operator decided. None: on wherever others can reach the API, and once there are users.

    ``is_reachable``: the API listens where other machines reach it.
    """

    setting: bool | None = None
    is_reachable: bool = False

    def is_on(self, directory: Directory) -> bool:
        """Whether callers and owners of rules are judged."""
        if self.setting is not None:
            return self.setting
        return self.is_reachable or bool(directory.users)


ON = SecurityPolicy(setting=True)
OFF = SecurityPolicy(setting=False)


class Security:
    """The users, keys and roles of a store, and whether they count. Embedded engines and commands judge nobody."""

    def __init__(self, store: Store, policy: SecurityPolicy = OFF) -> None:
        self._directory = SecurityDirectory(store)
        self.policy = policy

    async def directory(self) -> Directory:
        """Who there is, whether that counts or not. Raises StoreUnavailable."""
        return await self._directory.load()

    async def judges(self) -> Directory | None:
        """Who there is; None while security is off. Raises StoreUnavailable."""
        if self.policy == OFF:
            return None
        directory = await self._directory.load()
        return directory if self.policy.is_on(directory) else None
