"""Which connectors there are: those of the configuration, and those stored in a space, read again once changed."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from engine.model.connector import Connector
from engine.ports.store import Store
from engine.service.connectors import PreconfiguredConnectors


class _Loaded(NamedTuple):
    stamp: Hashable
    by_id: Mapping[str, Connector]


class SpaceConnectors:
    """`engine.ports.connectors.ConnectorDirectory` over the store; what is preconfigured goes before what is stored."""

    def __init__(self, store: Store, preconfigured: PreconfiguredConnectors) -> None:
        self._store, self._preconfigured = store, preconfigured
        self._spaces: dict[str, _Loaded] = {}

    async def in_space(self, space: str) -> Mapping[str, Connector]:
        """The connectors of a space by id. Raises StoreUnavailable."""
        preconfigured = self._preconfigured.by_id
        # An embedding program may add to what is preconfigured.
        stamp = await self._store.connectors_stamp(), len(preconfigured)
        known = self._spaces.get(space)
        if known is None or known.stamp != stamp:
            stored = {each.connector.id: each.connector for each in await self._store.connectors(space)}
            known = self._spaces[space] = _Loaded(stamp, {**stored, **preconfigured})
        return known.by_id
