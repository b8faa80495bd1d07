"""A rule tried before it is stored: run once in a store of its own, over the daemon's data; nothing is sent."""

import asyncio

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.operations.rules import Rules
from engine.ports.store import RuleKey, Store
from engine.security.caller import Caller
from engine.service.executor import Executor
from engine.service.run_result import run_as_json
from engine.store.sqlite import open_store
from tocsin.composition import Parts

_OWNER = "trial"
_LONGEST_LATE_S = 1.0


class Trial:
    """`engine.api.trials.TryRule` over the parts of an engine, one trial at a time: each takes a store of its own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()

    async def __call__(self, body: JsonValue, *, space: str, caller: Caller) -> JsonObject:
        """Run the rule of a create body, as if it were enabled; the result as `run_as_json`.

        Connectors, settings, maintenance windows and data views are those of the space. Raises what creating the rule
        would raise, StoreUnavailable.
        """
        async with self._turn:
            store = open_store("sqlite://")
            await store.open()
            try:
                return await self._run(store, body, space, caller)
            finally:
                await store.close()

    async def _run(self, store: Store, body: JsonValue, space: str, caller: Caller) -> JsonObject:
        parts, at = self._parts, self._parts.clock.now()
        await self._furnish(store, space)
        rules = Rules(
            store=store,
            registry=parts.registry,
            connectors=parts.directory,
            settings=parts.settings,
            new_id=parts.new_id,
        )
        enabled = {**body, "enabled": True} if isinstance(body, dict) else body
        created = await rules.under(caller).create(enabled, at=at, actor=caller.name, space=space)
        executor = Executor(
            store=store,
            search=parts.search,
            registry=parts.registry,
            connectors=parts.directory,
            clock=parts.clock,
            new_id=parts.new_id,
            settings=parts.settings,
            is_dry=True,
        )
        key = RuleKey(space, created.rule.id)
        claim = await store.claim_rule(key, at, _OWNER, executor.lease_end(at))
        reports = await executor.run([] if claim is None else [claim])
        await executor.drain(_LONGEST_LATE_S)
        return run_as_json(created.rule, reports[0] if reports else None, {})

    async def _furnish(self, store: Store, space: str) -> None:
        """Bring in what runs of the space look at beside their rule."""
        known = self._parts.store
        await store.put_space_settings(space, await known.space_settings(space), None)
        for stored in await known.windows(space, may_run_at=self._parts.clock.now()):
            await store.insert_window(stored.window, None)
        for view in await known.data_views(space):
            await store.insert_data_view(view, None)
