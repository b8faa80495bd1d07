"""Options of a translation (kql.md 1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import QuerySettings
from engine.timing.zones import process_zone


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


ASSEMBLY_DEFAULTS = QueryOptions(allow_leading_wildcards=False)
"""What an assembly is done with whose caller says nothing; rules always give the operator's settings."""

_NAMES = {
    "allowLeadingWildcards": "allow_leading_wildcards",
    "caseInsensitive": "case_insensitive",
    "dateFormatTZ": "date_format_tz",
    "filtersInMustClause": "filters_in_must_clause",
    "nestedIgnoreUnmapped": "nested_ignore_unmapped",
    "queryStringOptions": "query_string_options",
    "ignoreFilterIfFieldNotInIndex": "ignore_filter_if_field_not_in_index",
}


def read_options(given: JsonObject, defaults: QueryOptions) -> QueryOptions:
    """The options under the names of kql.md 1; null and absent ones are those of ``defaults``.

    ``queryStringOptions`` may be JSON text, ``dateFormatTZ`` may be ``Browser``: the zone of this process.

    Raises InvalidInput for an unknown name, and for a value of a wrong kind.
    """
    named = {name: value for name, value in given.items() if value is not None}
    if problems := [problem for name, value in named.items() if (problem := _problem_of(name, value)) is not None]:
        raise InvalidInput(problems)
    options = {_NAMES[name]: value for name, value in named.items()}
    if "query_string_options" in options:
        options["query_string_options"] = _read_query_string_options(options["query_string_options"])
    if options.get("date_format_tz") == "Browser":
        options["date_format_tz"] = process_zone()
    return replace(defaults, **options)


def _problem_of(name: str, value: JsonValue) -> Problem | None:
    if name not in _NAMES:
        return Problem(name, "is not a known option", f"known here: {', '.join(_NAMES)}")
    if name == "dateFormatTZ":
        return None if isinstance(value, str) else Problem(name, "is no time zone", "write a name like Europe/Vienna")
    if name == "queryStringOptions" or isinstance(value, bool):
        return None
    return Problem(name, "is no boolean", "write true or false")


def _read_query_string_options(given: JsonValue) -> JsonObject:
    try:
        read = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise InvalidInput([Problem("queryStringOptions", "is no JSON object", 'write {"analyze_wildcard": true}')])
    return read


def options_of(settings: QuerySettings) -> QueryOptions:
    """The options of queries in rules, which the operator's settings decide."""
    return QueryOptions(
        allow_leading_wildcards=settings.allow_leading_wildcards,
        date_format_tz=settings.date_format_tz,
        query_string_options=settings.query_string_options,
        ignore_filter_if_field_not_in_index=settings.ignore_filter_if_field_not_in_index,
    )
