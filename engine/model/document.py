"""How an alert document is put together (rule-run.md 10).

What follows from the rule is stored once, what follows from the alert and its run is derived whenever somebody reads
the document; only the rest is kept with the alert.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject

if TYPE_CHECKING:
    from engine.model.alert import Alert


@dataclass(frozen=True, slots=True)
class DocumentingRun:
    """The run whose results an alert document shows."""

    at: datetime
    execution_uuid: str


def changing_part(alert: "Alert") -> JsonObject:
    """The part of an alert's document that runs change, flat dotted keys; {} while the alert has no document."""
    run = alert.documented
    if run is None:
        return dict(alert.fields)
    at = iso(run.at)
    document: JsonObject = {
        "@timestamp": at,
        "event.kind": "signal",
        "kibana.alert.consecutive_matches": alert.active_count,
        "kibana.alert.flapping": alert.flapping,
        "kibana.alert.flapping_history": list(alert.flapping_history),
        "kibana.alert.instance.id": alert.id,
        "kibana.alert.maintenance_window_ids": list(alert.maintenance_window_ids),
        "kibana.alert.maintenance_window_names": list(alert.maintenance_window_names),
        "kibana.alert.pending_recovered_count": alert.pending_recovered_count,
        "kibana.alert.rule.execution.timestamp": at,
        "kibana.alert.rule.execution.uuid": run.execution_uuid,
        "kibana.alert.status": "active",
        "kibana.alert.uuid": alert.uuid,
    }
    if alert.start is not None:
        document |= _times(alert, alert.start)
    return document | alert.fields


def join_document(rule_fields: JsonObject, changing: JsonObject) -> JsonObject:
    """The whole alert document, flat dotted keys: the rule's own fields and the part that runs change.

    The halves share no key, since a payload cannot touch the rule's fields.
    """
    return {**rule_fields, **changing}


def _times(alert: "Alert", start: datetime) -> JsonObject:
    gte = iso(start)
    times: JsonObject = {
        "kibana.alert.start": gte,
        "kibana.alert.duration.us": alert.duration_ns // 1000,
        "kibana.alert.time_range": {"gte": gte},
    }
    if alert.end is not None:
        lte = iso(alert.end)
        times |= {"kibana.alert.end": lte, "kibana.alert.time_range": {"gte": gte, "lte": lte}}
    return times
