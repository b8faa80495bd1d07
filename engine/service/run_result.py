"""A run and what came of it, for programs: docs/output.md is its promise."""

from collections.abc import Mapping

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.notification import LedgerEntry, Notification, StoredNotification
from engine.model.rule import Rule
from engine.notify.explanation import explain
from engine.run.transition import Transition
from engine.service.runs import RunReport


def run_as_json(rule: Rule, report: RunReport | None, sent: Mapping[str, StoredNotification]) -> JsonObject:
    """One rule's run; times are ISO 8601, documents whole. ``sent``: its notifications by id, if they were to be sent.

    ``report`` None: another process was running the rule.
    """
    shown: JsonObject = {"rule": {"id": rule.id, "name": rule.name}}
    if report is None:
        return shown | {"status": "locked"}
    trace = report.record.trace
    return shown | {
        "at": iso(trace.started_at),
        "status": trace.status,
        "reason": trace.reason,
        "error": trace.error_message,
        "alerts": alerts_as_json(report.transition),
        "notifications": [_notification_as_json(each, sent.get(each.id)) for each in report.record.notifications],
        "decisions": [_decision_as_json(entry) for entry in report.record.ledger],
    }


def alerts_as_json(transition: Transition | None) -> list[JsonObject]:
    """Every alert that the run saw, with what it is: new, ongoing, held, delayed or recovered."""
    if transition is None:
        return []
    new = {alert.uuid for alert in transition.new}
    rows = [
        (alert, "new" if alert.uuid in new else "held" if alert.pending_recovered_count else "ongoing")
        for alert in transition.active
    ]
    rows += [(alert, "delayed") for alert in transition.delayed]
    rows += [(alert, "recovered") for alert in transition.recovered]
    return [
        {
            "id": alert.id,
            "uuid": alert.uuid,
            "status": status,
            "group": alert.group,
            "start": None if alert.start is None else iso(alert.start),
            "flapping": alert.flapping,
            "consecutive_matches": alert.active_count,
            "document": alert.document,
        }
        for alert, status in rows
    ]


def _notification_as_json(sent: Notification, stored: StoredNotification | None) -> JsonObject:
    delivery = None
    if stored is not None:
        delivery = {"state": stored.state, "attempts": stored.attempts, "error": stored.last_error}
    return {
        "action": sent.action_uuid,
        "connector": sent.connector_id,
        "alert": sent.alert_id,
        "group": sent.group,
        "params": sent.params,
        "delivery": delivery,
    }


def _decision_as_json(entry: LedgerEntry) -> JsonObject:
    return {
        "action": entry.action_uuid,
        "reason": entry.reason,
        "alerts": list(entry.alert_ids),
        "facts": entry.facts,
        "text": explain(entry.reason, entry.facts),
    }
