"""The variables that a rule's per-alert actions see (actions-scheduling.md 12.1)."""

from dataclasses import dataclass
from datetime import datetime

from engine.model.alert import Alert
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.template.links import rule_url

STANDARD_NAMES = frozenset(
    {
        *("rule", "alert", "context", "state", "date", "kibanaBaseUrl", "params", "tags", "spaceId"),
        *("alertId", "alertName", "alertInstanceId", "alertActionGroup", "alertActionGroupName"),
    }
)
"""The top-level names that belong to the engine; an alert document's fields of these names cannot be reached."""


@dataclass(frozen=True, slots=True)
class RuleVariables:
    """The variables that are the same for all alerts and runs of one rule revision."""

    fixed: JsonObject


def rule_variables(rule: Rule, *, public_base_url: str | None, relative_path: str | None = None) -> RuleVariables:
    """The rule's part of the variables. ``relative_path`` is that of the rule type's own page, see `rule_url`."""
    tags = list(rule.tags)
    described: JsonObject = {
        "id": rule.id,
        "name": rule.name,
        "type": rule.rule_type_id,
        "spaceId": rule.space,
        "tags": tags,
        "params": rule.params,
    }
    url = rule_url(public_base_url, rule.space, rule.id, relative_path)
    if url is not None:
        described["url"] = url
    fixed: JsonObject = {
        "rule": described,
        "params": rule.params,
        "tags": tags,
        "spaceId": rule.space,
        "alertId": rule.id,
        "alertName": rule.name,
    }
    if public_base_url:
        fixed["kibanaBaseUrl"] = public_base_url
    return RuleVariables(fixed)


def alert_variables(
    rule_variables: RuleVariables,
    *,
    alert: Alert,
    group_id: str,
    group_name: str,
    at: datetime,
    document: JsonObject | None = None,
) -> JsonObject:
    """All variables of one action for one alert. ``at`` is the run's instant.

    ``document`` is the alert's document, nested or with dotted keys, for an action that uses alert data: its fields
    stand beside the variables, which win (actions-scheduling.md 8.4). The result shares data with its arguments.
    """
    variables: JsonObject = {
        **rule_variables.fixed,
        "date": iso(at),
        "alert": {
            "id": alert.id,
            "uuid": alert.uuid,
            "actionGroup": group_id,
            "actionGroupName": group_name,
            "flapping": alert.flapping,
            "consecutiveMatches": alert.active_count,
        },
        "context": alert.context,
        "state": _state(alert),
        "alertInstanceId": alert.id,
        "alertActionGroup": group_id,
        "alertActionGroupName": group_name,
    }
    if document:
        for field, value in document.items():
            if field.partition(".")[0] not in STANDARD_NAMES:
                variables[field] = value
    return variables


def _state(alert: Alert) -> JsonObject:
    """The rule type's own state of the alert and the engine's keys (rule-run.md 2), which are set if it has a start."""
    if alert.start is None:
        return alert.state
    state = {**alert.state, "start": iso(alert.start), "duration": str(alert.duration_ns)}
    if alert.end is not None:
        state["end"] = iso(alert.end)
    return state
