"""The mapping of an index that holds alert documents (rule-run.md 10)."""

from typing import Final

from engine.model.jsonvalue import JsonObject

_KEYWORD: Final[JsonObject] = {"type": "keyword", "ignore_above": 1024}

_TYPES: Final = {
    "@timestamp": "date",
    "kibana.alert.consecutive_matches": "long",
    "kibana.alert.duration.us": "long",
    "kibana.alert.end": "date",
    "kibana.alert.evaluation.threshold": "double",
    "kibana.alert.flapping": "boolean",
    "kibana.alert.flapping_history": "boolean",
    "kibana.alert.muted": "boolean",
    "kibana.alert.pending_recovered_count": "long",
    "kibana.alert.rule.execution.timestamp": "date",
    "kibana.alert.rule.parameters": "flattened",
    "kibana.alert.rule.revision": "long",
    "kibana.alert.severity_improving": "boolean",
    "kibana.alert.start": "date",
    "kibana.alert.time_range": "date_range",
}
"""Fields that are no keywords."""

_KEYWORDS: Final = ("kibana.alert.evaluation.value", "kibana.alert.reason", "kibana.alert.url", "tags")
"""Keywords whose values might be taken for dates or numbers; the others are keywords as they come."""


DATE_FIELDS: Final = frozenset(name for name, kind in _TYPES.items() if kind == "date")
"""Fields that are instants."""

TEXT_FIELDS: Final = frozenset({"kibana.alert.reason", "message", "error.message"})
"""Fields that queries search by words when a document is judged by itself (kql.md 10)."""


def document_mapping() -> JsonObject:
    """Types of the framework's fields; further texts, such as those of a payload, become keywords, never dates."""
    properties: JsonObject = {}
    for name, kind in _TYPES.items():
        _put(properties, name, {"type": kind, "ignore_above": 1024} if kind == "flattened" else {"type": kind})
    for name in _KEYWORDS:
        _put(properties, name, _KEYWORD)
    return {
        "date_detection": False,
        "dynamic_templates": [{"texts": {"match_mapping_type": "string", "mapping": _KEYWORD}}],
        "properties": properties,
    }


def _put(properties: JsonObject, name: str, mapping: JsonObject) -> None:
    """Set a field by its dotted name."""
    *objects, last = name.split(".")
    for each in objects:
        properties = properties.setdefault(each, {"properties": {}})["properties"]
    properties[last] = dict(mapping)
