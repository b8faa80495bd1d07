"""What one successful run did to a rule's alerts: the hand-over from `engine.run` to `engine.notify` and the store."""

from dataclasses import dataclass, field
from datetime import datetime

from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from engine.ports.store import ClosedDocument, NewDocument


@dataclass(slots=True)
class Transition:
    """The alerts after tracking, flapping and alert delay (rule-run.md 4, steps 11-15), each list in tracking order.

    ``new``: became visible in this run (also in ``active``). ``active``: visible and active, held ones
    (``pending_recovered_count > 0``) and those passed through at the alert limit (``group`` None) included.
    ``recovered``: ended in this run. ``delayed``: reported but not visible yet. ``tracked`` and ``tracked_recovered``
    are the next state's maps; the alerts in all of them are the same objects, owned by this transition.
    ``warnings`` are texts for the log.
    """

    at: datetime
    execution_uuid: str
    new: list[Alert] = field(default_factory=list)
    active: list[Alert] = field(default_factory=list)
    recovered: list[Alert] = field(default_factory=list)
    delayed: list[Alert] = field(default_factory=list)
    tracked: dict[str, Alert] = field(default_factory=dict)
    tracked_recovered: dict[str, Alert] = field(default_factory=dict)
    is_limit_reached: bool = False
    warnings: list[str] = field(default_factory=list)
    new_documents: list[NewDocument] = field(default_factory=list)
    closed_documents: list[ClosedDocument] = field(default_factory=list)
    refreshed_rule_fields: JsonObject | None = None
