"""Alerts as tracked from run to run, and a rule's whole run state (rule-run.md 1, 2)."""

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.document import DocumentingRun, changing_part
from engine.model.jsonvalue import JsonObject


@dataclass(slots=True)
class LastScheduledActions:
    """What an alert last notified for: the group, when, and when each throttled action (by uuid) fired."""

    group: str
    date: datetime
    actions: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Alert:
    """One active span of an alert, or (in ``RuleState.recovered``) what is remembered of an ended one.

    ``group`` is the group it was last reported with; None when it was not reported in this run at the alert limit.
    ``duration_ns`` runs from ``start`` to the last run. ``state`` is the rule type's own per-alert state.
    ``fields`` is what its document holds beside the rule's own fields and what follows from the alert and from
    ``documented``, the run that wrote the document last; flat dotted keys.
    ``context`` and ``reported`` speak of the present run only and are not stored.
    """

    id: str
    uuid: str
    group: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    duration_ns: int = 0
    state: JsonObject = field(default_factory=dict)
    flapping_history: list[bool] = field(default_factory=list)
    flapping: bool = False
    active_count: int = 0
    visible: bool = False
    pending_recovered_count: int = 0
    maintenance_window_ids: tuple[str, ...] = ()
    maintenance_window_names: tuple[str, ...] = ()
    last_scheduled_actions: LastScheduledActions | None = None
    fields: JsonObject = field(default_factory=dict)
    documented: DocumentingRun | None = None
    context: JsonObject = field(default_factory=dict)
    reported: bool = False

    @property
    def document(self) -> JsonObject:
        """The part of the alert's document that runs change, put together anew; {} if it has no document."""
        return changing_part(self)


@dataclass(slots=True)
class RuleState:
    """What a rule remembers between successful runs.

    ``active`` and ``recovered`` are by alert id in tracking order; ``summary_actions`` by action uuid.
    ``documented_revision`` is the rule revision whose fields the stored alert documents show.
    A stored state and all in it is never changed, only replaced: stores hand the same one out again and again.
    """

    active: dict[str, Alert] = field(default_factory=dict)
    recovered: dict[str, Alert] = field(default_factory=dict)
    summary_actions: dict[str, datetime] = field(default_factory=dict)
    previous_started_at: datetime | None = None
    type_state: JsonObject = field(default_factory=dict)
    documented_revision: int | None = None
