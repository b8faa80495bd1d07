"""The embedded store's methods for data views; `engine.store.sqlite` has the others."""

from collections.abc import Hashable

from engine.model.data_view import DataView
from engine.ports.store import AuditEntry, ReferenceSwap
from engine.store import data_views
from engine.store.session import SqliteSession


class SqliteDataViews:
    """`engine.ports.store.DataViewStore` on SQLite."""

    _session: SqliteSession
    _view_changes = 0

    async def insert_data_view(self, view: DataView, audit: AuditEntry | None) -> bool:
        return self._seen(await self._session.write(data_views.insert_data_view, view, audit))

    async def data_views(self, space: str) -> list[DataView]:
        return await self._session.read(data_views.read_data_views, space)

    async def data_views_stamp(self) -> Hashable:
        return await self._session.change_counter(), self._view_changes

    async def change_data_view(self, view: DataView, expected_version: int, audit: AuditEntry | None) -> bool:
        return self._seen(await self._session.write(data_views.change_data_view, view, expected_version, audit))

    async def delete_data_view(self, space: str, view_id: str, audit: AuditEntry | None) -> bool:
        return self._seen(await self._session.write(data_views.delete_data_view, space, view_id, audit))

    async def default_data_view(self, space: str) -> str | None:
        return await self._session.read(data_views.read_default, space)

    async def put_default_data_view(
        self, space: str, view_id: str | None, audit: AuditEntry | None, *, only_if_unset: bool = False
    ) -> bool:
        return await self._session.write(data_views.put_default, space, view_id, audit, only_if_unset)

    async def swap_references(self, swap: ReferenceSwap) -> int | None:
        remaining = await self._session.write(data_views.swap_references, swap)
        self._seen(remaining == 0 and swap.removes is not None)
        return remaining

    def _seen(self, is_done: bool) -> bool:
        self._view_changes += is_done
        return is_done
