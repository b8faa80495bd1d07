"""What the library shows of alerts and decisions."""

from dataclasses import dataclass
from datetime import datetime

from engine.model.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as recorded: ``document`` is its whole alert document with flat dotted keys."""

    id: str
    uuid: str
    status: str
    group: str | None
    start: str
    end: str | None
    is_flapping: bool
    document: JsonObject


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an action did or did not fire for an alert in one run. ``code`` is ``notified`` or what kept it back."""

    at: datetime
    alert_id: str | None
    action_uuid: str | None
    code: str
    facts: JsonObject
    text: str


def view_alert(document: JsonObject) -> AlertView:
    """The view of an alert document."""
    return AlertView(
        id=document["kibana.alert.instance.id"],
        uuid=document["kibana.alert.uuid"],
        status=document["kibana.alert.status"],
        group=document.get("kibana.alert.action_group"),
        start=document["kibana.alert.start"],
        end=document.get("kibana.alert.end"),
        is_flapping=document.get("kibana.alert.flapping", False),
        document=document,
    )
