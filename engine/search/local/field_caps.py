"""The field capabilities answer (embedded-search.md 12)."""

from collections.abc import Sequence

from engine.model.jsonvalue import JsonObject
from engine.search.local.index import IndexView
from engine.search.local.source_values import is_like

_FAMILY_TYPES = {"constant_keyword": "keyword", "wildcard": "keyword", "match_only_text": "text"}
_METADATA = {"_id": ("_id", True, False), "_index": ("_index", True, True), "_source": ("_source", False, False),
             "_ignored": ("_ignored", True, True)}  # fmt: skip


def describe_fields(views: Sequence[IndexView], patterns: Sequence[str]) -> JsonObject:
    """The capabilities of all fields that fit a pattern, over the indices."""
    fields: JsonObject = {}
    holders: dict[str, dict[str, list[str]]] = {}
    for view in views:
        for name, capabilities in _capabilities(view):
            if any(is_like(name, pattern) for pattern in patterns):
                kind = capabilities["type"]
                fields.setdefault(name, {}).setdefault(kind, capabilities)
                holders.setdefault(name, {}).setdefault(kind, []).append(view.name)
    for name, by_type in fields.items():
        if len(by_type) > 1:
            for kind, capabilities in by_type.items():
                capabilities["indices"] = holders[name][kind]
    return {"indices": [view.name for view in views], "fields": dict(sorted(fields.items()))}


def _capabilities(view: IndexView) -> list[tuple[str, JsonObject]]:
    found = [(name, _entry(*flags, metadata=True)) for name, flags in _METADATA.items()]
    views = [view, *view.nested_below()]
    nested = {path for each in views for path in each.nested}
    found += [(path, _entry("nested" if path in nested else "object", False, False)) for path in view.objects]
    for each in views:
        for name, field in each.fields.items():
            kind = _FAMILY_TYPES.get(field.type, field.type)
            found.append((name, _entry(kind, True, field.family != "text")))
    return found


def _entry(kind: str, searchable: bool, aggregatable: bool, *, metadata: bool = False) -> JsonObject:
    return {"type": kind, "metadata_field": metadata, "searchable": searchable, "aggregatable": aggregatable}
