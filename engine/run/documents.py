"""Alert documents of a run: the part that runs change, as flat dotted keys (rule-run.md 10)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.alert import Alert
from engine.model.document import join_document
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.store import ClosedDocument, NewDocument
from engine.run.alert_delay import Visibility
from engine.run.payload import merge_payload, payload_tags
from engine.run.subject import RunSubject

__all__ = ["DocumentChanges", "DocumentWriter", "join_document"]

_NO_PAYLOAD: JsonObject = {}


@dataclass(slots=True)
class DocumentChanges:
    """What the store has to know beside the documents in the run state."""

    new: list[NewDocument] = field(default_factory=list)
    closed: list[ClosedDocument] = field(default_factory=list)
    refreshed_rule_fields: JsonObject | None = None


class DocumentWriter:
    """Builds the documents of one run."""

    def __init__(
        self, subject: RunSubject, *, at: datetime, execution_uuid: str, payloads: dict[str, JsonObject]
    ) -> None:
        self._subject, self._at, self._payloads = subject, at, payloads
        self._at_text = iso(at)
        self._run_fields: JsonObject = {
            "@timestamp": self._at_text,
            "kibana.alert.rule.execution.uuid": execution_uuid,
            "kibana.alert.rule.execution.timestamp": self._at_text,
        }
        self._active_fields: JsonObject = {
            **self._run_fields,
            "kibana.alert.status": "active",
            "kibana.alert.muted": subject.rule.mute_all,
        }
        self._severities: dict[str | None, int] = {
            group.id: group.severity for group in subject.rule_type.action_groups if group.severity is not None
        }
        self._rule_tags, self._muted = frozenset(subject.rule.tags), frozenset(subject.rule.muted_alert_ids)

    def write(
        self, visibility: Visibility, recovered: Collection[Alert], documented_revision: int | None
    ) -> DocumentChanges:
        """Give every visible alert its document of this run.

        ``documented_revision`` is the rule revision that the stored documents show.
        """
        changes = DocumentChanges()
        for alert in visibility.new:
            alert.document = self.new_document(alert)
            changes.new.append(self._announced(alert))
        is_any_continuing = len(visibility.active) > len(visibility.new)
        if is_any_continuing:
            new_uuids = {alert.uuid for alert in visibility.new}
            for alert in visibility.active:
                if alert.uuid not in new_uuids:
                    self._renew(alert, changes)
            if documented_revision != self._subject.rule.revision:
                changes.refreshed_rule_fields = self._subject.rule_fields
        for alert in recovered:
            if not alert.document:
                changes.new.append(self._announced(alert))
            alert.document = self._recovered_document(alert)
            changes.closed.append(ClosedDocument(alert.uuid, alert.end or self._at, alert.document))
        if not self._subject.rule_type.auto_recovers:
            # Nobody tracks these alerts, so their documents are final with the run that opened them.
            changes.closed.extend(ClosedDocument(alert.uuid, self._at, alert.document) for alert in visibility.new)
        return changes

    def new_document(self, alert: Alert) -> JsonObject:
        """The document of an alert that becomes new in this run."""
        payload = self._payloads.get(alert.id, _NO_PAYLOAD)
        document = merge_payload(self._first_document(alert), payload)
        document["event.action"] = "open"
        document["kibana.alert.action_group"] = alert.group
        document["kibana.alert.severity_improving"] = False
        self._set_tags(document, payload)
        self._set_active_fields(document, alert)
        return document

    def whole_new_document(self, alert: Alert) -> JsonObject:
        """The same together with the rule's own fields, for whoever judges it."""
        return join_document(self._subject.rule_fields, self.new_document(alert))

    def _renew(self, alert: Alert, changes: DocumentChanges) -> None:
        """The document of an alert that goes on: reported again, held, or passed through at the alert limit."""
        if not alert.document:
            changes.new.append(self._announced(alert))
        payload = self._payloads.get(alert.id, _NO_PAYLOAD)
        document = merge_payload(alert.document or self._first_document(alert), payload)
        document["event.action"] = "active"
        self._set_group(document, alert.group)
        self._set_tags(document, payload)
        self._set_active_fields(document, alert)
        alert.document = document

    def _recovered_document(self, alert: Alert) -> JsonObject:
        payload = self._payloads.get(alert.id, _NO_PAYLOAD)
        document = merge_payload(alert.document or self._first_document(alert), payload)
        document.update(self._run_fields)
        document["kibana.alert.status"] = "recovered"
        document["event.action"] = "close"
        previous = document.get("kibana.alert.action_group")
        if previous is not None:
            document["kibana.alert.previous_action_group"] = previous
        document["kibana.alert.action_group"] = self._subject.rule_type.recovery_group.id
        document["kibana.alert.severity_improving"] = True
        self._set_tags(document, payload)
        _set_counts(document, alert)
        if alert.start is not None and alert.end is not None:
            start, end = iso(alert.start), iso(alert.end)
            document["kibana.alert.end"] = end
            document["kibana.alert.time_range"] = {"gte": start, "lte": end}
        return document

    def _first_document(self, alert: Alert) -> JsonObject:
        """What a document has from its first writing on."""
        document: JsonObject = {
            "kibana.alert.uuid": alert.uuid,
            "kibana.alert.instance.id": alert.id,
            "event.kind": "signal",
            "kibana.alert.workflow_status": "open",
            "kibana.alert.muted": self._subject.rule.mute_all or alert.id in self._muted,
        }
        if alert.start is not None:
            start = iso(alert.start)
            document["kibana.alert.start"] = start
            document["kibana.alert.time_range"] = {"gte": start}
        return document

    def _set_group(self, document: JsonObject, reported: str | None) -> None:
        previous = document.get("kibana.alert.action_group")
        if previous is not None:
            document["kibana.alert.previous_action_group"] = previous
        document.pop("kibana.alert.severity_improving", None)
        # Passed through without a report, an alert keeps the group it had.
        if reported is None or reported == previous:
            return
        document["kibana.alert.action_group"] = reported
        before, now = self._severities.get(previous), self._severities.get(reported)
        if before is not None and now is not None and before != now:
            document["kibana.alert.severity_improving"] = now < before

    def _set_tags(self, document: JsonObject, payload: JsonObject) -> None:
        stored = document.get("tags")
        if stored is not None and "tags" not in payload and self._rule_tags.issubset(stored):
            return
        tags: list[JsonValue] = [*payload_tags(payload), *(stored or ()), *self._subject.rule.tags]
        document["tags"] = list(dict.fromkeys(tags))

    def _set_active_fields(self, document: JsonObject, alert: Alert) -> None:
        document.update(self._active_fields)
        if self._muted and alert.id in self._muted:
            document["kibana.alert.muted"] = True
        _set_counts(document, alert)

    def _announced(self, alert: Alert) -> NewDocument:
        return NewDocument(alert.uuid, alert.id, alert.start or self._at, self._subject.rule_fields)


def _set_counts(document: JsonObject, alert: Alert) -> None:
    """What tracking, flapping and windows came to for the alert."""
    document["kibana.alert.flapping"] = alert.flapping
    document["kibana.alert.flapping_history"] = alert.flapping_history
    document["kibana.alert.consecutive_matches"] = alert.active_count
    document["kibana.alert.pending_recovered_count"] = alert.pending_recovered_count
    document["kibana.alert.maintenance_window_ids"] = list(alert.maintenance_window_ids)
    document["kibana.alert.maintenance_window_names"] = list(alert.maintenance_window_names)
    if alert.start is not None:
        document["kibana.alert.duration.us"] = alert.duration_ns // 1000
