"""What both stack rule types say about an alert, and the fields they write on its document.

rule-type-es-query.md 7.3, 8; rule-type-index-threshold.md 6.
"""

from typing import NamedTuple

from engine.model.jsonvalue import JsonObject

GROUPING = "kibana.alert.grouping"


class Statement(NamedTuple):
    """The texts about one alert in one run; ``value`` is the observed number as text."""

    title: str
    message: str
    conditions: str
    value: str


def alert_fields(
    statement: Statement, *, link: str, threshold: float | None, grouping: JsonObject | None = None
) -> JsonObject:
    """Flat dotted keys. ``threshold`` None = not exactly one was given; ``grouping`` nested, None = left as it is."""
    fields: JsonObject = {
        "kibana.alert.url": link,
        "kibana.alert.reason": statement.message,
        "kibana.alert.title": statement.title,
        "kibana.alert.evaluation.conditions": statement.conditions,
        "kibana.alert.evaluation.value": statement.value,
        "kibana.alert.evaluation.threshold": threshold,
    }
    if grouping is not None:
        fields[GROUPING] = grouping
    return fields


def stored_grouping(document: JsonObject) -> JsonObject | None:
    """The grouping that an alert's document holds; None without one."""
    grouping = document.get(GROUPING)
    return grouping if isinstance(grouping, dict) else None
