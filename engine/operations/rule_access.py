"""Reading a rule that the caller may see, and changing it unless others were faster (rest-api.md 1.4, 1.6)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from engine.model.errors import Conflict, NotFound
from engine.operations.authorization import Authorization
from engine.operations.retries import MOST_TRIES
from engine.ports.store import RuleChange, RuleKey, Store, StoredRule, VersionedState

Decide = Callable[[StoredRule], Awaitable[RuleChange | None]]
"""Makes a change of a rule as it is now; None = nothing to do. Called anew when the rule changed meanwhile."""


@dataclass(frozen=True, slots=True)
class RuleAccess:
    """Access to stored rules. ``pause`` waits between two tries of a change."""

    store: Store
    authorization: Authorization
    pause: Callable[[], Awaitable[None]]

    async def load(self, key: RuleKey, operation: str | None) -> StoredRule:
        """The rule, if the caller may do that to it; None: whoever asks judges that later.

        Raises NotFound, then Forbidden.
        """
        stored = (await self.store.load_rules([key])).get(key)
        if stored is None:
            raise NotFound("rule", key.id)
        if operation is not None:
            self.authorization.check(operation, stored.rule)
        return stored

    async def state(self, key: RuleKey) -> VersionedState:
        """The rule's run state. Raises NotFound."""
        state = await self.store.load_state(key)
        if state is None:
            raise NotFound("rule", key.id)
        return state

    async def change(self, key: RuleKey, decide: Decide, operation: str | None = None) -> StoredRule:
        """Read as `load`, change, write if nobody else wrote meanwhile; up to two more tries. Raises Conflict."""
        for attempt in range(MOST_TRIES):
            if attempt:
                await self.pause()
            stored = await self.load(key, operation)
            change = await decide(stored)
            if change is None:
                return stored
            if await self.store.change_rule(change):
                return replace(
                    stored,
                    rule=change.rule,
                    version=stored.version + 1,
                    schedule=change.schedule or stored.schedule,
                    status=change.status or stored.status,
                )
        raise Conflict(f"rule [{key.id}] was changed by others at the same time; try again")
