"""Options of a translation (kql.md 1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonValue
from engine.model.settings import QuerySettings


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """How queries and filters are translated.

    ``date_format_tz``: IANA zone that dates of KQL and Lucene are read in, None: Elasticsearch's own (UTC).
    ``nested_ignore_unmapped``: written as ``ignore_unmapped`` where given. ``query_string_options`` are set on Lucene
    queries. ``ignore_filter_if_field_not_in_index``: filters on fields that the data view lacks are left out (7.4).
    """

    allow_leading_wildcards: bool = True
    case_insensitive: bool | None = None
    date_format_tz: str | None = None
    filters_in_must_clause: bool = False
    nested_ignore_unmapped: bool | None = None
    query_string_options: Mapping[str, JsonValue] = field(default_factory=dict)
    ignore_filter_if_field_not_in_index: bool = False


def options_of(settings: QuerySettings) -> QueryOptions:
    """The options of queries in rules, which the operator's settings decide."""
    return QueryOptions(
        allow_leading_wildcards=settings.allow_leading_wildcards,
        date_format_tz=settings.date_format_tz,
        query_string_options=settings.query_string_options,
        ignore_filter_if_field_not_in_index=settings.ignore_filter_if_field_not_in_index,
    )
