"""Who changed what."""

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what. ``details`` never holds secrets."""

    at: datetime
    actor: str | None
    operation: str
    object_kind: str
    object_id: str
    space: str
    details: JsonObject = field(default_factory=dict)
