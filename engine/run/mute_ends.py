"""Mutes of single alerts that end when something happens to the alert (rest-api.md 4.4): whether it has.

What a field was when the alert was muted is its value in the alert's document of the run before the first one after
that. A condition on an alert that was never seen waits for it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from engine.model.rule import AlertSnooze, MuteCondition, Rule

_SEVERITY = "kibana.alert.severity"


def ended_mutes(rule: Rule, before: Mapping[str, Alert], now: Iterable[Alert]) -> frozenset[str]:
    """The ids of alerts whose mutes have ended by their conditions, by their documents before a run or after it."""
    conditional = {snooze.alert_id: snooze for snooze in rule.alert_snoozes if snooze.conditions}
    if not conditional:
        return frozenset()
    documents = {alert.id: alert.document for alert in now if alert.id in conditional}
    ended = set()
    for alert_id, snooze in conditional.items():
        earlier = _document(before, alert_id)
        known = snooze if snooze.baseline is not None else _with_baseline(snooze, earlier)
        if _is_over(known, earlier) or _is_over(known, documents.get(alert_id)):
            ended.add(alert_id)
    return frozenset(ended)


def without_mutes(rule: Rule, alert_ids: Collection[str]) -> Rule:
    """The rule without the mutes of these alerts that end by themselves."""
    if not alert_ids:
        return rule
    return replace(rule, alert_snoozes=tuple(each for each in rule.alert_snoozes if each.alert_id not in alert_ids))


def settle_mutes(rule: Rule, known: Mapping[str, Alert]) -> Rule | None:
    """The rule as it should be stored before a run: ended mutes are gone, new ones know what the fields were.

    ``known``: the alerts of the run before, by id. None: nothing changes.
    """
    if not any(snooze.conditions for snooze in rule.alert_snoozes):
        return None
    left = without_mutes(rule, ended_mutes(rule, known, ()))
    noted = tuple(
        _with_baseline(snooze, _document(known, snooze.alert_id))
        if snooze.conditions and snooze.baseline is None
        else snooze
        for snooze in left.alert_snoozes
    )
    return None if noted == rule.alert_snoozes else replace(rule, alert_snoozes=noted)


def _document(alerts: Mapping[str, Alert], alert_id: str) -> JsonObject | None:
    alert = alerts.get(alert_id)
    return None if alert is None else alert.document


def _with_baseline(snooze: AlertSnooze, document: JsonObject | None) -> AlertSnooze:
    if document is None:
        return snooze
    fields = {_field(condition) for condition in snooze.conditions}
    return replace(snooze, baseline={name: document[name] for name in sorted(fields) if name in document})


def _is_over(snooze: AlertSnooze, document: JsonObject | None) -> bool:
    if document is None:
        return False
    verdicts = (_is_met(condition, snooze.baseline, document) for condition in snooze.conditions)
    return all(verdicts) if snooze.needs_all else any(verdicts)


def _is_met(condition: MuteCondition, baseline: JsonObject | None, document: JsonObject) -> bool:
    value = document.get(_field(condition))
    if condition.type == "severity_equals":
        return bool(value == condition.value)
    return baseline is not None and value != baseline.get(_field(condition))


def _field(condition: MuteCondition) -> str:
    return condition.field if condition.field is not None else _SEVERITY
