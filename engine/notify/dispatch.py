"""Turns decisions into notifications and remembers what was sent (actions-scheduling.md 5.1, 10, 11)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from engine.model.alert import LastScheduledActions
from engine.model.jsonvalue import JsonObject
from engine.model.notification import LedgerEntry, Notification
from engine.model.trace import ActionMention
from engine.notify.actions import CompiledAction
from engine.notify.admission import ActionsCut, Refusal, admit, connector_type_of
from engine.notify.decision import AnyCandidate, Candidate, DecisionInput, Decisions, SummaryCandidate
from engine.notify.ledger import LedgerDraft
from engine.notify.reasons import Reason
from engine.notify.rendering import Rendering
from engine.ports.clock import Ids

_NOTIFIED = Reason("notified")

_WARNED_ABOUT: Mapping[str, str] = {
    "connectorMissing": "does not exist",
    "connectorForbidden": "may not be used by the owner of the rule",
    "connectorSecretsMissing": "lacks its secrets",
}
_TOO_LARGE: Mapping[str, str] = {"paramsTooLarge": "would have got a message larger than 10 MiB"}
_LARGEST_PARAMS = 10 * 1024 * 1024
"""What a rule has rendered for one action (connector-framework.md 13)."""
_LOGGED: Mapping[str, str] = {"connectorDisabled": "is of a type that is disabled or not allowed"}


@dataclass(slots=True)
class Dispatched:
    """What a run queues and says about it.

    ``notifications`` and ``mentions`` go in pairs, in queueing order. ``ledger`` is that of the whole run, the pairs
    kept back before included. ``generated`` counts candidates, ``triggered`` the notifications. ``warnings`` make the
    run end with a warning (reason ``ruleExecution``); ``log_warnings`` and ``log_errors`` are for the log alone.
    ``summary_actions``: when each summary action with an interval was last let through, for the next run.
    """

    notifications: list[Notification] = field(default_factory=list)
    mentions: list[ActionMention] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    generated: int = 0
    triggered: int = 0
    actions_cut: ActionsCut | None = None
    cut_connector_types: tuple[str, ...] = ()
    log_warnings: list[str] = field(default_factory=list)
    log_errors: list[str] = field(default_factory=list)
    summary_actions: dict[str, datetime] = field(default_factory=dict)


def dispatch(situation: DecisionInput, decisions: Decisions, new_id: Ids) -> Dispatched:
    """Apply the limits, render what is let through, and update ``last_scheduled_actions`` of the alerts concerned.

    The alerts are those of ``situation.transition``. A gated run changes nothing about them, nor does it let summary
    actions forget when they were last let through.
    """
    told = known_summary_actions(situation.summary_actions, situation.actions)
    if decisions.is_gated:
        return Dispatched(ledger=list(decisions.ledger), summary_actions=told)
    _forget_gone_actions(situation)
    admission = admit(situation, decisions.candidates)
    rendering = Rendering(situation)
    notifications: list[Notification] = []
    accepted: list[AnyCandidate] = []
    too_large: list[Refusal] = []
    for candidate in admission.accepted:
        params = rendering.params_of(candidate)
        size = _size_of(params)
        if size > _LARGEST_PARAMS:
            too_large.append(Refusal(candidate, Reason("paramsTooLarge", (("bytes", size), ("max", _LARGEST_PARAMS)))))
        else:
            notifications.append(_notify(situation, candidate, params, new_id()))
            accepted.append(candidate)
    for candidate in accepted:
        if isinstance(candidate, SummaryCandidate):
            if candidate.action.is_interval:
                told[candidate.action.uuid] = situation.at
        else:
            _remember(candidate, situation)
    return Dispatched(
        notifications=notifications,
        mentions=[_mention(*sent) for sent in zip(notifications, accepted, strict=True)],
        ledger=[*decisions.ledger, *_outcomes(accepted, (*admission.refused, *too_large))],
        warnings=[*decisions.warnings, *_describe_faults(admission.refused, _WARNED_ABOUT)],
        generated=len(decisions.candidates),
        triggered=len(notifications),
        actions_cut=admission.actions_cut,
        cut_connector_types=admission.cut_connector_types,
        log_warnings=[*_describe_faults(admission.refused, _LOGGED), *rendering.errors],
        log_errors=[*decisions.errors, *_describe_faults(too_large, _TOO_LARGE)],
        summary_actions=told,
    )


def known_summary_actions(stored: Mapping[str, datetime], actions: Iterable[CompiledAction]) -> dict[str, datetime]:
    """When the summary actions that the rule still has were last let through; older names of theirs are replaced."""
    known: dict[str, datetime] = {}
    for action in actions:
        told_at = action.told_at(stored)
        if told_at is not None:
            known[action.uuid] = told_at
    return known


def _forget_gone_actions(situation: DecisionInput) -> None:
    current = {action.uuid for action in situation.actions if not action.is_summary}
    for alert in situation.transition.active:
        last = alert.last_scheduled_actions
        if last is not None and not last.actions.keys() <= current:
            kept = {uuid: at for uuid, at in last.actions.items() if uuid in current}
            alert.last_scheduled_actions = LastScheduledActions(last.group, last.date, kept)


def _size_of(params: JsonObject) -> int:
    """Bytes as JSON; what is no JSON has no size, and is told when it is stored."""
    try:
        return len(orjson.dumps(params))
    except TypeError:
        return 0


def _notify(
    situation: DecisionInput, candidate: AnyCandidate, params: JsonObject, notification_id: str
) -> Notification:
    rule, action = situation.rule, candidate.action
    alert = candidate.alert if isinstance(candidate, Candidate) else None
    return Notification(
        id=notification_id,
        space=rule.space,
        rule_id=rule.id,
        rule_type_id=rule.rule_type_id,
        execution_uuid=situation.execution_uuid,
        consumer=rule.consumer,
        action_uuid=action.uuid,
        connector_id=action.connector_id,
        connector_type_id=connector_type_of(situation, action),
        group=action.group,
        alert_id=None if alert is None else alert.id,
        alert_uuid=None if alert is None else alert.uuid,
        params=params,
        created_at=situation.at,
        dry=situation.is_dry,
    )


def _remember(candidate: Candidate, situation: DecisionInput) -> None:
    action, alert = candidate.action, candidate.alert
    if action.is_recovery:
        return
    # Replaced, not changed: the state that the run started from may share the old value.
    last = alert.last_scheduled_actions
    fired_at = {} if last is None else dict(last.actions)
    if action.is_interval:
        fired_at[action.uuid] = situation.at
    alert.last_scheduled_actions = LastScheduledActions(action.group, situation.at, fired_at)


def _mention(notification: Notification, candidate: AnyCandidate) -> ActionMention:
    is_summary = isinstance(candidate, SummaryCandidate)
    return ActionMention(
        notification.id,
        notification.action_uuid,
        notification.connector_id,
        notification.connector_type_id,
        notification.alert_id,
        None if is_summary else notification.group,
        candidate.summary.counts if isinstance(candidate, SummaryCandidate) else None,
    )


def _outcomes(accepted: Iterable[AnyCandidate], refused: Iterable[Refusal]) -> list[LedgerEntry]:
    draft = LedgerDraft()
    ends: list[tuple[AnyCandidate, Reason]] = [(candidate, _end_of(candidate)) for candidate in accepted]
    for candidate, reason in [*ends, *refused]:
        alert_ids = draft.of_action(candidate.action.uuid)[reason]
        if isinstance(candidate, Candidate):
            alert_ids.append(candidate.alert.id)
    return draft.entries()


def _end_of(accepted: AnyCandidate) -> Reason:
    if isinstance(accepted, Candidate):
        return _NOTIFIED
    return Reason("notified", tuple(zip(("new", "ongoing", "recovered"), accepted.summary.counts, strict=True)))


def _describe_faults(refused: Iterable[Refusal], what_is_wrong: Mapping[str, str]) -> list[str]:
    actions = dict.fromkeys(
        (candidate.action.uuid, candidate.action.connector_id, what_is_wrong[reason.code])
        for candidate, reason in refused
        if reason.code in what_is_wrong
    )
    return [f"action [{uuid}] was skipped: its connector [{connector}] {wrong}" for uuid, connector, wrong in actions]
