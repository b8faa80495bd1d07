"""Data views as runs need them: read again only when some were changed."""

from collections.abc import Hashable
from typing import NamedTuple

from engine.model.data_view import DataView
from engine.ports.store import Store


class _Loaded(NamedTuple):
    stamp: Hashable
    by_id: dict[str, DataView]


class DataViewDirectory:
    """The data views of the store, by space."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._spaces: dict[str, _Loaded] = {}

    async def find(self, space: str, view_id: str) -> DataView | None:
        """The data view; None where there is none. Raises StoreUnavailable."""
        stamp, known = await self._store.data_views_stamp(), self._spaces.get(space)
        if known is None or known.stamp != stamp:
            known = _Loaded(stamp, {view.id: view for view in await self._store.data_views(space)})
            self._spaces[space] = known
        return known.by_id.get(view_id)
