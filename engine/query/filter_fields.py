"""Which fields Kibana's filters name: what must be known of an index to translate them (kql.md 7)."""

from collections.abc import Iterator

from engine.model.jsonvalue import JsonValue

_DEEPEST = 50
_QUERIES = ("exists", "match", "match_phrase", "range")


def filter_field_names(filters: JsonValue) -> tuple[str, ...]:
    """The names, each once. Filters of a wrong form name none: translating them tells what is wrong."""
    return tuple(dict.fromkeys(_names(filters, 0)))


def _names(filters: JsonValue, depth: int) -> Iterator[str]:
    for each in filters if isinstance(filters, list | tuple) else (filters,):
        if not isinstance(each, dict) or depth > _DEEPEST:
            continue
        meta = each["meta"] if isinstance(each.get("meta"), dict) else {}
        if meta.get("type") == "combined":
            yield from _names(meta.get("params"), depth + 1)
        found = [meta.get("field"), meta.get("key")]
        query = each.get("query")
        for holder in (each, query if isinstance(query, dict) else {}):
            for kind in _QUERIES:
                found += _tested(kind, holder.get(kind))
        yield from (name for name in found if isinstance(name, str) and name)


def _tested(kind: str, query: JsonValue) -> list[JsonValue]:
    if not isinstance(query, dict):
        return []
    return [query.get("field")] if kind == "exists" else list(query)[:1]
