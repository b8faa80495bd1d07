"""Who changed what."""

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.jsonvalue import JsonObject
from engine.model.request_mark import current_mark


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what. ``details`` never holds secrets.

    ``opaque_id``: what the client calls the request that made the change; by default the one under way.
    """

    at: datetime
    actor: str | None
    operation: str
    object_kind: str
    object_id: str
    space: str
    details: JsonObject = field(default_factory=dict)
    opaque_id: str | None = field(default_factory=current_mark)
