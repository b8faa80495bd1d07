"""KQL on the documents of alerts: what scopes of maintenance windows ask (snooze-and-recurrence.md 6.4)."""

from typing import Final

from engine.query.kql.compiler import compile_kql
from engine.query.match.compiler import DocumentQuery, compile_match
from engine.query.options import QueryOptions

_OPTIONS: Final = QueryOptions(query_string_options={"analyze_wildcard": True})


def compile_scope(kql: str) -> DocumentQuery:
    """The query, ready to judge alert documents.

    Raises KqlError, or UnsupportedQuery for what only a search engine can evaluate.
    """
    return compile_match(compile_kql(kql, options=_OPTIONS))
