"""A maintenance window as its author defines it (snooze-and-recurrence.md 6.1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE

WindowStatusName = Literal["running", "upcoming", "finished", "archived", "disabled"]


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A time in which alerts that become new notify nobody.

    ``duration_ms`` and ``rrule`` are the schedule in its stored form. ``expiration_date`` bounds the events that are
    told of; it is the instant of archiving if ``is_archived``. ``finished_at``: what ran then was ended. ``ends_by``:
    no event lasts longer, None: there is always another. ``kql``: for which alerts, None: for all. ``category_ids``:
    for rule types of which categories, None: of all.
    """

    id: str
    title: str
    duration_ms: int
    rrule: JsonObject
    expiration_date: datetime
    created_at: datetime
    updated_at: datetime
    space: str = DEFAULT_SPACE
    enabled: bool = True
    is_archived: bool = False
    finished_at: datetime | None = None
    ends_by: datetime | None = None
    kql: str | None = None
    category_ids: tuple[str, ...] | None = None
    created_by: str | None = None
    updated_by: str | None = None
