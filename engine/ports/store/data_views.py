"""Data views in the store."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.model.data_view import DataView
from engine.model.jsonvalue import JsonObject
from engine.model.reference import Reference
from engine.ports.store.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class ParamsChange:
    """Other params of a rule, with what they refer to; everything else about it stays, its revision, too."""

    rule_id: str
    expected_version: int
    params: JsonObject
    references: tuple[Reference, ...]
    updated_at: datetime
    audit: AuditEntry | None = None


@dataclass(frozen=True, slots=True)
class ReferenceSwap:
    """Changes of rules of a space that belong together, and a data view that they may have left unused.

    ``removes``: deleted when no rule refers to it any more; ``audit`` is of that deletion.
    """

    space: str
    changes: tuple[ParamsChange, ...]
    removes: str | None = None
    audit: AuditEntry | None = None


class DataViewStore(Protocol):
    """Data views, which of them is the default of a space, and what refers to them."""

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
        """Remove a data view; False if unknown. If it was the default of its space, there is none then."""
        ...

    async def default_data_view(self, space: str) -> str | None:
        """The id of the default data view, which need not exist; None without one."""
        ...

    async def put_default_data_view(
        self, space: str, view_id: str | None, audit: AuditEntry | None, *, only_if_unset: bool = False
    ) -> bool:
        """Set the default, None: clear it; with ``only_if_unset`` one that is set stays. Whether anything changed."""
        ...

    async def swap_references(self, swap: ReferenceSwap) -> int | None:
        """Apply all of the changes: how many rules refer to what the swap ``removes`` then; 0 = it is gone, too.

        None: a rule had not the expected version any more, and nothing was written.
        """
        ...
