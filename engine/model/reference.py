"""Other stored objects that a rule names (data-views.md 6, 7)."""

from dataclasses import dataclass
from typing import Final

DATA_VIEW_KIND: Final = "index-pattern"
CONNECTOR_KIND: Final = "action"
DASHBOARD_KIND: Final = "dashboard"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One stored object that a rule names. ``kind`` is what Kibana calls the object's type."""

    kind: str
    id: str
