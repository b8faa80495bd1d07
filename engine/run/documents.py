"""Alert documents of a run: what of them does not follow from the alert itself, as flat dotted keys (rule-run.md 10).

`engine.model.document` puts the whole together.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.model.alert import Alert
from engine.model.document import DocumentingRun, join_document
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
        self._run = DocumentingRun(at, execution_uuid)
        self._severities: dict[str | None, int] = {
            group.id: group.severity for group in subject.rule_type.action_groups if group.severity is not None
        }
        self._rule_tags, self._muted_ids = frozenset(subject.rule.tags), subject.rule.muted_ids(at)
        self._is_all_muted = subject.rule.mute_all

    def write(
        self, visibility: Visibility, recovered: Collection[Alert], documented_revision: int | None
    ) -> DocumentChanges:
        """Give every visible alert its document of this run.

        ``documented_revision`` is the rule revision that the stored documents show.
        """
        changes = DocumentChanges()
        for alert in visibility.new:
            self._document(alert, self._new_fields(alert))
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
            if not alert.fields:
                changes.new.append(self._announced(alert))
            self._document(alert, self._recovered_fields(alert))
            changes.closed.append(ClosedDocument(alert.uuid, alert.end or self._at, alert.document))
        if not self._subject.rule_type.auto_recovers:
            # Nobody tracks these alerts, so their documents are final with the run that opened them.
            changes.closed.extend(ClosedDocument(alert.uuid, self._at, alert.document) for alert in visibility.new)
        return changes

    def whole_new_document(self, alert: Alert) -> JsonObject:
        """The whole document of an alert that becomes new in this run, for whoever judges it before it is written."""
        written = replace(alert, fields=self._new_fields(alert), documented=self._run)
        return join_document(self._subject.rule_fields, written.document)

    def _document(self, alert: Alert, fields: JsonObject) -> None:
        alert.fields, alert.documented = fields, self._run

    def _new_fields(self, alert: Alert) -> JsonObject:
        payload = self._payloads.get(alert.id, _NO_PAYLOAD)
        fields = merge_payload(self._first_fields(alert), payload)
        fields["event.action"] = "open"
        fields["kibana.alert.action_group"] = alert.group
        fields["kibana.alert.severity_improving"] = False
        self._set_tags(fields, payload)
        return fields

    def _renew(self, alert: Alert, changes: DocumentChanges) -> None:
        """The document of an alert that goes on: reported again, held, or passed through at the alert limit."""
        if not alert.fields:
            changes.new.append(self._announced(alert))
        payload = self._payloads.get(alert.id, _NO_PAYLOAD)
        fields = merge_payload(alert.fields or self._first_fields(alert), payload)
        fields["event.action"] = "active"
        fields["kibana.alert.muted"] = self._is_muted(alert)
        self._set_group(fields, alert.group)
        self._set_tags(fields, payload)
        self._document(alert, fields)

    def _recovered_fields(self, alert: Alert) -> JsonObject:
        payload = self._payloads.get(alert.id, _NO_PAYLOAD)
        fields = merge_payload(alert.fields or self._first_fields(alert), payload)
        fields["kibana.alert.status"] = "recovered"
        fields["event.action"] = "close"
        previous = fields.get("kibana.alert.action_group")
        if previous is not None:
            fields["kibana.alert.previous_action_group"] = previous
        fields["kibana.alert.action_group"] = self._subject.rule_type.recovery_group.id
        fields["kibana.alert.severity_improving"] = True
        self._set_tags(fields, payload)
        return fields

    def _first_fields(self, alert: Alert) -> JsonObject:
        """What a document has from its first writing on."""
        return {"kibana.alert.workflow_status": "open", "kibana.alert.muted": self._is_muted(alert)}

    def _is_muted(self, alert: Alert) -> bool:
        return self._is_all_muted or alert.id in self._muted_ids

    def _set_group(self, fields: JsonObject, reported: str | None) -> None:
        previous = fields.get("kibana.alert.action_group")
        if previous is not None:
            fields["kibana.alert.previous_action_group"] = previous
        fields.pop("kibana.alert.severity_improving", None)
        # Passed through without a report, an alert keeps the group it had.
        if reported is None or reported == previous:
            return
        fields["kibana.alert.action_group"] = reported
        before, now = self._severities.get(previous), self._severities.get(reported)
        if before is not None and now is not None and before != now:
            fields["kibana.alert.severity_improving"] = now < before

    def _set_tags(self, fields: JsonObject, payload: JsonObject) -> None:
        stored = fields.get("tags")
        if stored is not None and "tags" not in payload and self._rule_tags.issubset(stored):
            return
        tags: list[JsonValue] = [*payload_tags(payload), *(stored or ()), *self._subject.rule.tags]
        fields["tags"] = list(dict.fromkeys(tags))

    def _announced(self, alert: Alert) -> NewDocument:
        return NewDocument(alert.uuid, alert.id, alert.start or self._at, self._subject.rule_fields)
