"""Notifications as users see them, and what became of those that they had sent again or dropped."""

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.notification import StoredNotification
from engine.ports.store import Dropped, Requeued


def notification_to_json(stored: StoredNotification) -> JsonObject:
    """A notification, rendered, with the state of its delivery."""
    sent = stored.notification
    return {
        "id": sent.id,
        "state": stored.state,
        "rule": sent.rule_id,
        "alert": sent.alert_id,
        "alert_uuid": sent.alert_uuid,
        "group": sent.group,
        "action": sent.action_uuid,
        "connector": sent.connector_id,
        "connector_type": sent.connector_type_id,
        "created_at": iso(sent.created_at),
        "attempts": stored.attempts,
        "next_attempt_at": stored.next_attempt_at and iso(stored.next_attempt_at),
        "finished_at": stored.finished_at and iso(stored.finished_at),
        "error": stored.last_error,
        "params": sent.params,
    }


def requeued_to_json(each: Requeued) -> JsonObject:
    """What became of one that was to be sent again."""
    later = None if each.later is None else {"id": each.later.id, "state": each.later.state}
    return {"id": each.id, "outcome": each.outcome, "state": each.state, "later": later}


def dropped_to_json(each: Dropped) -> JsonObject:
    """What became of one that was to be dropped."""
    return {"id": each.id, "dropped": each.is_dropped, "state": each.state}
