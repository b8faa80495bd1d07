"""Maintenance windows in the store."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.model.maintenance_window import MaintenanceWindow
from engine.ports.store.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class StoredWindow:
    """A maintenance window with the counter of its changes."""

    window: MaintenanceWindow
    version: int


class WindowStore(Protocol):
    """Maintenance windows."""

    async def insert_window(self, window: MaintenanceWindow, audit: AuditEntry | None) -> bool:
        """Store a new window; False if the id is taken in its space."""
        ...

    async def windows(self, space: str, *, may_run_at: datetime | None = None) -> list[StoredWindow]:
        """The windows of a space in order of creation; with an instant, only those that may run then or later.

        Raises LookupError, TypeError or ValueError for a stored one that cannot be read.
        """
        ...

    async def windows_stamp(self) -> Hashable:
        """A value that is another one once windows were changed, here or by others; cheap enough for every batch."""
        ...

    async def change_window(self, window: MaintenanceWindow, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a window; False if it has not the expected version any more."""
        ...

    async def delete_window(self, space: str, window_id: str, audit: AuditEntry | None) -> bool:
        """Remove a window; False if unknown."""
        ...
