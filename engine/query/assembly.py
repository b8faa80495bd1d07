"""Queries and filters of a search together in one ``bool`` query (kql.md 8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.filters import DataViewFields, translate_filters
from engine.query.kql.compiler import compile_kql
from engine.query.lucene import compile_lucene, decorate
from engine.query.options import ASSEMBLY_DEFAULTS, QueryOptions

_MATCH_ALL: JsonObject = {"match_all": {}}


@dataclass(frozen=True, slots=True)
class Assembly:
    """The query, and what was left out of it for a reason."""

    query: JsonObject
    warnings: tuple[str, ...] = ()


def assemble(
    queries: JsonValue,
    filters: JsonValue,
    *,
    view: DataViewFields | None = None,
    options: QueryOptions | None = None,
) -> Assembly:
    """One or several queries ``{query, language}`` with one or several filters. Without ``options`` no value may begin
    with a wildcard.

    Raises KqlError, FilterError, and InvalidInput for a language that is neither ``kuery`` nor ``lucene``.
    """
    options = options or ASSEMBLY_DEFAULTS
    fields = None if view is None else view.fields
    kql, lucene = [], []
    for query in _as_list(queries):
        language, text = _read_query(query)
        if language == "kuery":
            kql.append(compile_kql(text, fields, options))
        elif language == "lucene":
            lucene.append(decorate(compile_lucene(text), options))
    translated = translate_filters(_as_list(filters), view, options)
    must = [*kql, *lucene] if options.filters_in_must_clause else lucene
    filtered = [*([] if options.filters_in_must_clause else kql), *translated.positive]
    parts = {"must": _restricting(must), "filter": _restricting(filtered), "should": []}
    return Assembly({"bool": parts | {"must_not": translated.negative}}, tuple(translated.warnings))


def _as_list(given: JsonValue) -> Sequence[JsonValue]:
    if given is None:
        return ()
    return given if isinstance(given, list | tuple) else (given,)


def _read_query(query: JsonValue) -> tuple[str | None, JsonValue]:
    """Language and text; no language for what holds no query."""
    if not isinstance(query, dict) or query.get("query") is None:
        return None, None
    language = query.get("language")
    if language not in ("kuery", "lucene"):
        raise InvalidInput([Problem("query.language", f"is {language!r}", "write kuery or lucene")])
    return language, query["query"]


def _restricting(parts: Iterable[JsonObject]) -> list[JsonObject]:
    """Without those that match everything anyway."""
    return [part for part in parts if part != _MATCH_ALL]
