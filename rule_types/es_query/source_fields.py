"""ECS fields that alerts take over from the documents they found (rule-type-es-query.md 7.3, 7.4).

Names and types are data: ``ecs_fields.tsv``, read on first use. A hit is walked once and every name met is looked up.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from engine.model.jsonvalue import JsonObject, JsonValue
from rule_types.texts import key_text

_ALERT_FIELDS = frozenset({"@timestamp", "event.action", "event.kind", "event.original", "tags"})
"""ECS names that an alert document uses for itself, besides everything under ``kibana.``."""


@dataclass(frozen=True, slots=True)
class _EcsFields:
    """``copied``: names of source fields. ``parents``: their proper prefixes. ``keywords``: name -> is an array."""

    copied: frozenset[str]
    parents: frozenset[str]
    keywords: dict[str, bool]


def source_fields(hits: Iterable[JsonObject]) -> dict[str, list[JsonValue]]:
    """ECS name -> the distinct values of the hits, first occurrence first; {} when there are none."""
    ecs = _ecs_fields()
    found: dict[str, list[JsonValue]] = {}
    for hit in hits:
        source = hit.get("_source")
        for name, value in _values(source, ecs).items() if isinstance(source, dict) else ():
            if value:
                found.setdefault(name, []).extend(value if isinstance(value, list) else [value])
    return {name: _distinct(values) for name, values in found.items() if values}


def stored_source_fields(document: JsonObject) -> dict[str, list[str]]:
    """The source fields that an alert document holds under their dotted names, every value as a list of texts."""
    copied = _ecs_fields().copied
    return {
        name: [_text(element) for element in (value if isinstance(value, list) else [value])]
        for name, value in document.items()
        if name in copied and value is not None
    }


def grouping_fields(grouping: JsonObject) -> JsonObject:
    """The grouping fields that ECS knows as ``keyword`` and whose value is text, in the form ECS gives them."""
    keywords = _ecs_fields().keywords
    return {
        name: [value] if keywords[name] else value
        for name, value in grouping.items()
        if name in keywords and isinstance(value, str)
    }


@cache
def _ecs_fields() -> _EcsFields:
    text = resources.files(__package__).joinpath("ecs_fields.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    copied = frozenset(name for name, *_ in rows if name not in _ALERT_FIELDS and not name.startswith("kibana."))
    parents = frozenset(name[:end] for name in copied for end, letter in enumerate(name) if letter == ".")
    keywords = {name: len(rest) > 0 and rest[0] == "array" for name, kind, *rest in rows if kind == "keyword"}
    return _EcsFields(copied, parents, keywords)


def _values(source: JsonObject, ecs: _EcsFields) -> JsonObject:
    """ECS name -> value in one document: a literal dotted key at the top goes before the path through objects."""
    values: JsonObject = {}
    _walk(source, "", ecs, values)
    for name in source:
        if "." in name and name in ecs.copied:
            values[name] = source[name]
    return values


def _walk(node: JsonObject, prefix: str, ecs: _EcsFields, values: JsonObject) -> None:
    for key, value in node.items():
        if "." in key:
            continue
        name = prefix + key
        if name in ecs.copied:
            values[name] = value
        if isinstance(value, dict) and name in ecs.parents:
            _walk(value, f"{name}.", ecs, values)


def _distinct(values: list[JsonValue]) -> list[JsonValue]:
    """The values without repetitions; 1, true and "1" are three values."""
    seen: set[tuple[bool, JsonValue]] = set()
    distinct: list[JsonValue] = []
    for value in values:
        if isinstance(value, dict | list):
            if value not in distinct:
                distinct.append(value)
        elif (kind := (isinstance(value, bool), value)) not in seen:
            seen.add(kind)
            distinct.append(value)
    return distinct


def _text(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else key_text(value)
