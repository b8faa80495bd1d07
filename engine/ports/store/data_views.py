"""Data views in the store."""

from collections.abc import Hashable
from typing import Protocol

from engine.model.data_view import DataView
from engine.ports.store.audit import AuditEntry


class DataViewStore(Protocol):
    """Data views."""

    async def insert_data_view(self, view: DataView, audit: AuditEntry | None) -> bool:
        """Store a new data view; False if the id is taken in its space."""
        ...

    async def data_views(self, space: str) -> list[DataView]:
        """The data views of a space in order of name and id."""
        ...

    async def data_views_stamp(self) -> Hashable:
        """A value that is another one once data views were changed, here or by others; cheap enough for every run."""
        ...

    async def change_data_view(self, view: DataView, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a data view; False if it has not the expected version any more."""
        ...

    async def delete_data_view(self, space: str, view_id: str, audit: AuditEntry | None) -> bool:
        """Remove a data view; False if unknown."""
        ...
