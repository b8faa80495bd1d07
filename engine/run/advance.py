"""One successful run of a rule: from its state and the reports of its type to what becomes of its alerts.

The steps and their order are those of rule-run.md 4, 7 to 15; each one is a module.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from engine.model.alert import RuleState
from engine.model.settings import FlappingSettings
from engine.ports.clock import Ids
from engine.ports.rule_type import Recovery, RecoveryCandidate, Report, keeps_documents
from engine.run.alert_delay import apply_alert_delay
from engine.run.documents import DocumentChanges, DocumentWriter
from engine.run.flapping import apply_flapping, remember_recovered
from engine.run.recovery import set_recovery_contexts
from engine.run.subject import RunSubject
from engine.run.tracking import track
from engine.run.transition import Transition
from engine.run.windows import RunningWindow, attach_windows, drop_ended_windows


def advance(
    state: RuleState,
    reports: Sequence[Report],
    *,
    subject: RunSubject,
    at: datetime,
    execution_uuid: str,
    flapping: FlappingSettings,
    max_alerts: int,
    is_limit_reached: bool,
    recover: Callable[[RecoveryCandidate], Recovery] | None,
    hold_recoveries: bool = False,
    windows: Sequence[RunningWindow] | None = (),
    new_id: Ids,
) -> Transition:
    """What a run does to the alerts of a rule. ``state`` is left as it is.

    ``flapping``: the settings in force. ``max_alerts``: the alert limit; ``is_limit_reached``: there were more reports
    than that, or the rule type said so. ``recover`` gives recovery contexts. ``hold_recoveries``: alerts that were not
    reported stay active, since the result was partial. ``windows``: the maintenance windows that run now; None = they
    could not be loaded, so alerts keep the ones they have.

    Raises DuplicateAlert, or RunError when the rule type reported the recovery group; and whatever ``recover`` raises.
    """
    rule_type = subject.rule_type
    tracking = track(
        state,
        reports,
        rule_type=rule_type,
        at=at,
        capacity=max_alerts if is_limit_reached else None,
        keeps_unreported=is_limit_reached or hold_recoveries,
        new_id=new_id,
    )
    if recover is not None:
        set_recovery_contexts(tracking, state.active, recover, subject.rule_fields)
    if windows is not None:
        running = {window.id for window in windows}
        drop_ended_windows([*tracking.active.values(), *tracking.recovered.values()], running)
    apply_flapping(tracking, flapping, rule_type.default_action_group)
    visibility = apply_alert_delay(tracking, _matches_needed(subject))
    writer = DocumentWriter(subject, at=at, execution_uuid=execution_uuid, payloads=tracking.payloads)
    attach_windows(visibility.new, windows or (), writer.whole_new_document)
    recovered = list(tracking.recovered.values())
    documents = DocumentChanges()
    if keeps_documents(rule_type):
        documents = writer.write(visibility, recovered, state.documented_revision)
    return Transition(
        at=at,
        execution_uuid=execution_uuid,
        new=visibility.new,
        active=visibility.active,
        recovered=recovered,
        delayed=visibility.delayed,
        tracked=tracking.active if rule_type.auto_recovers else {},
        tracked_recovered=remember_recovered(tracking, flapping, max_alerts),
        is_limit_reached=is_limit_reached,
        warnings=tracking.warnings,
        new_documents=documents.new,
        closed_documents=documents.closed,
        refreshed_rule_fields=documents.refreshed_rule_fields,
    )


def _matches_needed(subject: RunSubject) -> int:
    # Without tracking no match has a predecessor, so a delay would never end (rule-run.md 2).
    return (subject.rule.alert_delay or 0) if subject.rule_type.auto_recovers else 0
