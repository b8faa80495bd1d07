"""Summaries: what a rule's alerts come to in a run, or in the interval up to it (actions-scheduling.md 7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.alert import Alert
from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.query.match.document import DocumentView


@dataclass(slots=True)
class SummaryPart:
    """The alerts of one category: how many there are, and the documents of the first of them."""

    count: int = 0
    documents: list[JsonObject] = field(default_factory=list)

    def add(self, document: JsonObject, most: int) -> None:
        self.count += 1
        if len(self.documents) < most:
            self.documents.append(document)


@dataclass(slots=True)
class Summary:
    """What a summary action tells. In an interval an alert that began and ended in it is new and recovered both."""

    new: SummaryPart = field(default_factory=SummaryPart)
    ongoing: SummaryPart = field(default_factory=SummaryPart)
    recovered: SummaryPart = field(default_factory=SummaryPart)

    @property
    def counts(self) -> tuple[int, int, int]:
        """New, ongoing, recovered."""
        return self.new.count, self.ongoing.count, self.recovered.count


def summarize(situation: DecisionInput, action: CompiledAction) -> Summary:
    """The alerts of the run, or of the action's interval, without those that are silent or fail its filter."""
    if action.is_interval and action.throttle is not None:
        return _of_interval(situation, action, situation.at - action.throttle)
    return _of_run(situation, action)


def summaries_look_back_to(
    actions: Iterable[CompiledAction], told: Mapping[str, datetime], at: datetime
) -> datetime | None:
    """Since when the summaries that may be due need documents of ended alerts; None: they need none."""
    due = (action for action in actions if action.is_summary and action.silent_until(told, at) is None)
    return min((at - action.throttle for action in due if action.is_interval and action.throttle), default=None)


def summary_bounds(
    action: CompiledAction, *, interval: timedelta, previous_started_at: datetime | None, now: datetime
) -> tuple[datetime, datetime] | None:
    """The time that the link of a summary shows (14): since its interval, the previous run, or one interval ago.

    None for actions that are no summaries.
    """
    if not action.is_summary:
        return None
    if action.is_interval and action.throttle is not None:
        return now - action.throttle, now
    return previous_started_at or now - interval, now


def _of_run(situation: DecisionInput, action: CompiledAction) -> Summary:
    summary, most = Summary(), situation.max_documents
    new = {alert.uuid for alert in situation.transition.new}
    for alert in situation.transition.active:
        if _is_told(situation, action, alert):
            part = summary.new if alert.uuid in new else summary.ongoing
            part.add(situation.document_of(alert), most)
    for alert in situation.transition.recovered:
        if _is_told(situation, action, alert):
            summary.recovered.add(situation.document_of(alert), most)
    return summary


def _of_interval(situation: DecisionInput, action: CompiledAction, begin: datetime) -> Summary:
    """Documents written after ``begin``: this run's, and those of alerts that ended before it."""
    summary, most = Summary(), situation.max_documents
    for document in situation.closed_documents:
        start, end, written = (_instant(document, name) for name in _TIMES)
        if written is None or not begin < written <= situation.at or not _is_document_told(situation, action, document):
            continue
        if start is not None and start > begin:
            summary.new.add(document, most)
        elif start is not None and end is None:
            summary.ongoing.add(document, most)
        if end is not None and begin < end <= situation.at:
            summary.recovered.add(document, most)
    for alert in (*situation.transition.active, *situation.transition.recovered):
        if alert.start is None or not _is_told(situation, action, alert):
            continue
        document = situation.document_of(alert)
        if alert.start > begin:
            summary.new.add(document, most)
        elif alert.end is None:
            summary.ongoing.add(document, most)
        if alert.end is not None:
            summary.recovered.add(document, most)
    return summary


_TIMES = ("kibana.alert.start", "kibana.alert.end", "@timestamp")


def _is_told(situation: DecisionInput, action: CompiledAction, alert: Alert) -> bool:
    if alert.id in situation.muted_ids or alert.maintenance_window_ids:
        return False
    chosen = action.alerts_filter
    return chosen is None or chosen.passes(situation.view_of(alert))


def _is_document_told(situation: DecisionInput, action: CompiledAction, document: JsonObject) -> bool:
    if document.get("kibana.alert.instance.id") in situation.muted_ids:
        return False
    if document.get("kibana.alert.maintenance_window_ids"):
        return False
    chosen = action.alerts_filter
    return chosen is None or chosen.passes(DocumentView(document, situation.at))


def _instant(document: JsonObject, name: str) -> datetime | None:
    text = document.get(name)
    return parse_iso(text) if isinstance(text, str) else None
