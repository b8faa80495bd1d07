"""Settings in the store, and the care for what it keeps."""

from datetime import datetime
from typing import Protocol

from engine.model.settings import RetentionSettings, SpaceSettings
from engine.ports.store.audit import AuditEntry


class CareStore(Protocol):
    """Settings of spaces, retention, and the audit log."""

    async def space_settings(self, space: str) -> SpaceSettings: ...

    async def put_space_settings(self, space: str, settings: SpaceSettings, audit: AuditEntry | None) -> None: ...

    async def apply_retention(self, at: datetime, retention: RetentionSettings) -> int:
        """Delete history beyond age or size, oldest first; active alerts' documents and undelivered notifications stay.

        Returns the number of rows deleted.
        """
        ...

    async def audit(self, space: str, limit: int = 1000) -> list[AuditEntry]:
        """Audit entries, oldest first; the newest ``limit`` of them."""
        ...
