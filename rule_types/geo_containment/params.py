"""Params of ``.geo-containment`` and their checks (rule-type-geo-containment.md 2)."""

from typing import Annotated

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.errors import KqlError
from engine.query.kql.compiler import compile_kql
from engine.query.lucene import compile_lucene
from rule_types.params import NOT_NULL, Name, ParamsModel, parse_params, refuse

_KQL = "kuery"


class GeoContainmentParams(ParamsModel):
    """The params, single members judged. The two queries may be any JSON as far as the model knows."""

    index: Name
    index_id: Name
    geo_field: Name
    entity: Name
    date_field: Name
    boundary_type: Name
    boundary_index_title: Name
    boundary_index_id: Name
    boundary_geo_field: Name
    boundary_name_field: Annotated[Name | None, NOT_NULL] = None
    index_query: JsonValue = None
    boundary_index_query: JsonValue = None

    @property
    def indices(self) -> tuple[str, ...]:
        return _expressions("index", self.index)

    @property
    def boundary_indices(self) -> tuple[str, ...]:
        return _expressions("boundaryIndexTitle", self.boundary_index_title)

    def entity_filter(self) -> JsonObject | None:
        """``indexQuery`` in query DSL; None where it leaves nothing out. Raises InvalidInput."""
        return _compile_query("indexQuery", self.index_query)

    def boundary_filter(self) -> JsonObject | None:
        """``boundaryIndexQuery`` in query DSL; None where it leaves nothing out. Raises InvalidInput."""
        return _compile_query("boundaryIndexQuery", self.boundary_index_query)


_FIELDS = tuple(field.alias or name for name, field in GeoContainmentParams.model_fields.items())


def parse_geo_containment_params(params: JsonObject) -> GeoContainmentParams:
    """The params as a model. Raises InvalidInput: all faulty and unknown members, else the first that can never run."""
    parsed = parse_params(GeoContainmentParams, params, _FIELDS)
    # Compiling is what tells whether they can run.
    parsed.entity_filter()
    parsed.boundary_filter()
    for name, pattern in (("index", parsed.index), ("boundaryIndexTitle", parsed.boundary_index_title)):
        _expressions(name, pattern)
    return parsed


def _expressions(name: str, pattern: str) -> tuple[str, ...]:
    """The parts of an index pattern text."""
    parts = tuple(part for part in map(str.strip, pattern.split(",")) if part)
    if not parts:
        raise refuse(name, "names no index", "write an index, or several with commas between them")
    return parts


def _compile_query(name: str, given: JsonValue) -> JsonObject | None:
    """A ``{query, language}`` without a data view; Lucene as it stands, undecorated (kql.md 1, 6)."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise refuse(name, "must be an object", 'write {"query": "...", "language": "kuery"}')
    language, query = given.get("language"), given.get("query")
    if not isinstance(language, str):
        raise refuse(f"{name}.language", "must be a text", "write kuery or lucene")
    if query is None or (isinstance(query, str) and not query.strip()):
        return None
    try:
        return _compile_kql(query) if language == _KQL else compile_lucene(query)
    except (KqlError, ValueError) as error:
        raise refuse(f"{name}.query", f"is not valid: {error}", "correct it, or leave it out") from None


def _compile_kql(query: JsonValue) -> JsonObject:
    if not isinstance(query, str):
        raise ValueError("a query in KQL is a text")
    return compile_kql(query)


def query_text(given: JsonValue) -> JsonValue:
    """What a user wrote as ``query``, for messages; None without one."""
    return given.get("query") if isinstance(given, dict) else None
