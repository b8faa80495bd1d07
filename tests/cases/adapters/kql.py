"""Cases of ``kql.json``: KQL, Lucene, filters, and their assembly."""

from typing import Any

from engine.model.errors import TocsinError
from engine.model.jsonvalue import JsonObject
from engine.query.assembly import assemble
from engine.query.errors import KqlError
from engine.query.field import FieldList, read_field
from engine.query.filters import DataViewFields
from engine.query.kql.compiler import compile_kql
from engine.query.lucene import compile_lucene
from engine.query.options import ASSEMBLY_DEFAULTS, QueryOptions, read_options
from tests.cases.matching import assert_subset


def run_case(case: dict[str, Any]) -> None:
    given, expected = case["given"], case["expect"]
    assert set(given) <= {"kql", "lucene", "queries", "filters", "fields", "options", "data_view_id"}, set(given)
    assert set(expected) <= {"dsl", "error"}, set(expected)
    found = _outcome(given)
    if isinstance(found, TocsinError):
        wanted = expected.get("error")
        assert wanted is not None, f"refused: {found}"
        told = {"kind": found.kind, "offset": found.offset} if isinstance(found, KqlError) else {}
        assert_subset(told, wanted, "error")
    else:
        assert found == expected.get("dsl")


def _outcome(given: dict[str, Any]) -> JsonObject | TocsinError:
    try:
        return _translate(given)
    except TocsinError as error:
        return error


def _translate(given: dict[str, Any]) -> JsonObject:
    options = given.get("options") or {}
    fields = None if given.get("fields") is None else FieldList(map(read_field, given["fields"]))
    if "lucene" in given:
        return compile_lucene(given["lucene"])
    if "kql" in given:
        return compile_kql(given["kql"], fields, read_options(options, QueryOptions()))
    view = None if fields is None else DataViewFields(fields, given.get("data_view_id"))
    made = assemble(
        given.get("queries"), given.get("filters"), view=view, options=read_options(options, ASSEMBLY_DEFAULTS)
    )
    return made.query
