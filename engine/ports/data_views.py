"""Port through which rule types ask for data views."""

from typing import Protocol

from engine.model.data_view import DataView


class DataViews(Protocol):
    """Where data views are kept: files of the configuration, and the store."""

    async def find(self, space: str, view_id: str) -> DataView | None:
        """The data view; None where there is none. Asked in every run, so it is quick. Raises StoreUnavailable."""
        ...


class NoDataViews:
    """Where there are none."""

    async def find(self, space: str, view_id: str) -> DataView | None:
        """None."""
        return None
