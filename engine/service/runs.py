"""What a run is started with, and what it comes to: the values that the steps of the executor hand on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.settings import SpaceSettings
from engine.ports.store import Claim, CommitOutcome, RunRecord
from engine.run.transition import Transition


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run is started with; ``started_at`` is its one instant. ``queue_room``: see `DecisionInput`."""

    claim: Claim
    started_at: datetime
    execution_uuid: str
    space: SpaceSettings
    queue_room: int
    max_alerts: int

    @property
    def query_delay(self) -> timedelta:
        return timedelta(seconds=self.space.query_delay_s)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one claimed run came to. ``record`` is what was committed; ``transition`` is None for failed runs."""

    claim: Claim
    record: RunRecord
    outcome: CommitOutcome
    transition: Transition | None = None
