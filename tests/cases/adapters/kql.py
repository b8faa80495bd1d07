"""Cases of ``kql.json``: KQL, Lucene, filters, and their assembly."""

from typing import Any

from engine.model.jsonvalue import JsonObject
from engine.query.assembly import assemble
from engine.query.errors import KqlError
from engine.query.field import FieldList, read_field
from engine.query.filters import DataViewFields
from engine.query.kql.compiler import compile_kql
from engine.query.lucene import compile_lucene
from engine.query.options import QueryOptions

_OPTIONS = {
    "allowLeadingWildcards": "allow_leading_wildcards",
    "caseInsensitive": "case_insensitive",
    "dateFormatTZ": "date_format_tz",
    "filtersInMustClause": "filters_in_must_clause",
    "nestedIgnoreUnmapped": "nested_ignore_unmapped",
    "queryStringOptions": "query_string_options",
    "ignoreFilterIfFieldNotInIndex": "ignore_filter_if_field_not_in_index",
}


def run_case(case: dict[str, Any]) -> None:
    given, expected = case["given"], case["expect"]
    assert set(given) <= {"kql", "lucene", "queries", "filters", "fields", "options", "data_view_id"}, set(given)
    assert set(expected) <= {"dsl", "error"}, set(expected)
    found = _outcome(given)
    if isinstance(found, KqlError):
        wanted = expected.get("error")
        assert wanted is not None, f"refused: {found}"
        assert found.kind == wanted["kind"]
        assert "offset" not in wanted or found.offset == wanted["offset"]
    else:
        assert found == expected.get("dsl")


def _outcome(given: dict[str, Any]) -> JsonObject | KqlError:
    try:
        return _translate(given)
    except KqlError as error:
        return error


def _translate(given: dict[str, Any]) -> JsonObject:
    options = QueryOptions(**{_OPTIONS[name]: value for name, value in given.get("options", {}).items()})
    fields = None if given.get("fields") is None else FieldList(map(read_field, given["fields"]))
    if "lucene" in given:
        return compile_lucene(given["lucene"])
    if "kql" in given:
        return compile_kql(given["kql"], fields, options)
    view = None if fields is None else DataViewFields(fields, given.get("data_view_id"))
    return assemble(given.get("queries"), given.get("filters"), view=view, options=options).query
