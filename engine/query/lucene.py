"""Lucene queries (kql.md 6)."""

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.options import QueryOptions


def compile_lucene(query: JsonValue) -> JsonObject:
    """A text becomes a ``query_string``, a blank one matches all; an object is query DSL already.

    Raises ValueError for anything else.
    """
    if isinstance(query, str):
        return {"query_string": {"query": query}} if query.strip() else {"match_all": {}}
    if isinstance(query, dict):
        return query
    raise ValueError(f"a Lucene query is a text or an object, not {type(query).__name__}")


def decorate(query: JsonObject, options: QueryOptions) -> JsonObject:
    """A ``query_string`` with the operator's options, and the zone of its dates unless that is set."""
    given = query.get("query_string")
    if not isinstance(given, dict):
        return query
    zone = {} if options.date_format_tz is None else {"time_zone": options.date_format_tz}
    return query | {"query_string": zone | given | dict(options.query_string_options)}
