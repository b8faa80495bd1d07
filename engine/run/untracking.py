"""Untracking: alerts that a user lets go while they are active (rule-run.md 13)."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from engine.model.alert import Alert
from engine.model.trace import RuleIdentity, UntrackTrace
from engine.ports.store import UntrackedDocument
from engine.run.trace import mention
from engine.run.transition import Transition


def untracked_documents(alerts: Iterable[Alert], at: datetime) -> tuple[UntrackedDocument, ...]:
    """The documents to be set to ``untracked``; alerts that never became visible have none."""
    return tuple(UntrackedDocument(alert.uuid, at) for alert in alerts if alert.visible)


def untrack_trace(identity: RuleIdentity, alerts: Iterable[Alert], at: datetime) -> UntrackTrace | None:
    """The trace of untracking; None when none of the alerts was visible, for then nothing could be seen."""
    mentions = tuple(mention(alert, _group(alert)) for alert in alerts if alert.visible)
    return UntrackTrace(identity, at, mentions) if mentions else None


def without_alerts(transition: Transition, uuids: Collection[str]) -> Transition:
    """The transition without alerts untracked meanwhile: they stay out of documents, events, actions and state."""

    def kept(alerts: Iterable[Alert]) -> list[Alert]:
        return [alert for alert in alerts if alert.uuid not in uuids]

    return replace(
        transition,
        new=kept(transition.new),
        active=kept(transition.active),
        recovered=kept(transition.recovered),
        delayed=kept(transition.delayed),
        tracked={alert.id: alert for alert in kept(transition.tracked.values())},
        tracked_recovered={alert.id: alert for alert in kept(transition.tracked_recovered.values())},
        new_documents=[document for document in transition.new_documents if document.uuid not in uuids],
        closed_documents=[document for document in transition.closed_documents if document.uuid not in uuids],
    )


def _group(alert: Alert) -> str | None:
    # Passed through at the alert limit, it has no group of its own; its document keeps the last one.
    group: str | None = alert.group or alert.fields.get("kibana.alert.action_group")
    return group
