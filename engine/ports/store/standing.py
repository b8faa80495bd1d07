"""What a store holds at the moment, counted: what operators watch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts over all spaces.

    ``rules``: by state, which is ``disabled`` or the name of the execution status. ``active_alerts``: of enabled
    rules. ``queued``: notifications on their way, the oldest of which was queued at ``oldest_queued``. ``dead``: dead
    letters.
    """

    rules: Mapping[str, int] = field(default_factory=dict)
    active_alerts: int = 0
    queued: int = 0
    oldest_queued: datetime | None = None
    dead: int = 0


class StandingStore(Protocol):
    """What there is to count."""

    async def standing(self) -> Standing:
        """What the store holds now. Costs a look at every rule."""
        ...
