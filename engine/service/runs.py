"""What a run is started with, and what it comes to: the values that the steps of the executor hand on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.connector import Connector
from engine.model.jsonvalue import JsonObject
from engine.model.settings import SpaceSettings
from engine.ports.store import Claim, CommitOutcome, RunRecord
from engine.run.transition import Transition
from engine.run.windows import RunningWindow
from engine.service.windows import Windows, running_windows


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run is started with; ``started_at`` is its one instant. ``queue_room`` and
    ``closed_documents``: see `DecisionInput`.

    ``windows`` and ``connectors``: those of its space, connectors by id. ``may_use_connectors``: see
    `engine.service.owners`.
    """

    claim: Claim
    started_at: datetime
    execution_uuid: str
    space: SpaceSettings
    queue_room: int
    max_alerts: int
    closed_documents: Sequence[JsonObject] = ()
    windows: Windows = ()
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    may_use_connectors: bool = True

    @property
    def query_delay(self) -> timedelta:
        return timedelta(seconds=self.space.query_delay_s)

    def running_windows(self, category: str) -> list[RunningWindow] | None:
        """The maintenance windows that run now for rules of that category; None: they could not be loaded."""
        return running_windows(self.windows, self.started_at, category)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one claimed run came to. ``record`` is what was committed; ``transition`` is None for failed runs.

    ``missed``: how many slots went by without a run, because this one was late or long.
    """

    claim: Claim
    record: RunRecord
    outcome: CommitOutcome
    transition: Transition | None = None
    missed: int = 0
