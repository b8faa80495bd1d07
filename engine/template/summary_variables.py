"""The variables that a rule's summary actions see (actions-scheduling.md 12.2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.template.variables import RuleVariables

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class SummarizedAlerts:
    """One category: how many alerts it has, and the documents of the first of them, flat or nested."""

    count: int = 0
    data: Sequence[JsonObject] = ()


def summary_variables(
    rule_variables: RuleVariables,
    *,
    new: SummarizedAlerts,
    ongoing: SummarizedAlerts,
    recovered: SummarizedAlerts,
    at: datetime,
) -> JsonObject:
    """All variables of one summary. ``at`` is the run's instant. The result shares data with its arguments."""
    rule: JsonObject = rule_variables.fixed["rule"]
    data = [*new.data, *ongoing.data, *recovered.data]
    count = new.count + ongoing.count + recovered.count
    return {
        **rule_variables.fixed,
        "date": iso(at),
        "alerts": {
            "new": {"count": new.count, "data": list(new.data)},
            "ongoing": {"count": ongoing.count, "data": list(ongoing.data)},
            "recovered": {"count": recovered.count, "data": list(recovered.data)},
            "all": {"count": count, "data": data},
        },
        # Keys made of rule and alert id are the rule's own in a summary, and always the same.
        "alert": {
            "id": rule["id"],
            "uuid": rule["id"],
            "actionGroup": "default",
            "actionGroupName": "Default",
            "flapping": False,
            "consecutiveMatches": 0,
        },
        "alertInstanceId": rule["id"],
        "alertActionGroup": "default",
        "alertActionGroupName": "Default",
        "context": _context(rule, data),
        "state": {"signals_count": count},
    }


def _context(rule: JsonObject, data: list[JsonObject]) -> JsonObject:
    params = {_snake_case(name): value for name, value in rule["params"].items()}
    context: JsonObject = {"alerts": data, "rule": {**params, "name": rule["name"], "id": rule["id"]}}
    if "url" in rule:
        context["results_link"] = rule["url"]
    return context


def _snake_case(name: str) -> str:
    return "_".join(_WORD.findall(name)).lower()
