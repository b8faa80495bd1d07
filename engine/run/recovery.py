"""Recovery contexts: what the rule type has to say about alerts that it did not report any more (rule-run.md 4.9)."""

from collections.abc import Callable, Mapping

from engine.model.alert import Alert
from engine.model.document import join_document
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Recovery, RecoveryCandidate
from engine.run.tracking import Tracking


def set_recovery_contexts(
    tracking: Tracking,
    stored: Mapping[str, Alert],
    recover: Callable[[RecoveryCandidate], Recovery],
    rule_fields: JsonObject,
) -> None:
    """Ask the rule type about every visible alert that was not reported.

    This happens before flapping may hold some of them: a held alert carries its recovery context too (5.3). Alerts
    that never became visible vanish without a word, so nobody is asked about them. ``stored`` are the alerts as the
    run found them: the rule type is shown their documents of the run before.
    """
    for alert in tracking.recovered.values():
        if not alert.visible:
            continue
        document = join_document(rule_fields, stored[alert.id].document) if alert.fields else {}
        recovery = recover(RecoveryCandidate(alert.id, alert.uuid, document, alert.state))
        alert.context = recovery.context
        if recovery.payload:
            tracking.payloads[alert.id] = recovery.payload
