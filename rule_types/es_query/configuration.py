"""``searchConfiguration``: a data view, queries and filters (rule-type-es-query.md 2.4, 6.4; data-views.md 6)."""

from dataclasses import dataclass

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, TocsinError
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.assembly import assemble
from engine.query.data_view_spec import SPEC_MEMBERS, read_data_view
from engine.query.errors import FilterError, KqlError
from engine.query.filter_fields import filter_field_names
from engine.query.kql.field_names import field_names
from engine.query.options import QueryOptions
from rule_types.params import refuse

_INLINE_ID = "inline data view"
_PLACE = "searchConfiguration"


@dataclass(frozen=True, slots=True)
class Configuration:
    """``view``: the id of a data view, or one that is defined here. ``names``: the fields that its queries test."""

    view: str | DataView
    queries: JsonValue
    filters: JsonValue
    names: tuple[str, ...]


def read_configuration(given: JsonObject, options: QueryOptions) -> Configuration:
    """The configuration, its queries checked as far as that goes without fields.

    Raises InvalidInput on ``searchConfiguration``.
    """
    view = _view(given.get("index"))
    queries, filters = given.get("query"), given.get("filter")
    try:
        assemble(queries, filters, options=options)
        names = dict.fromkeys(_names_in(queries, options)) | dict.fromkeys(filter_field_names(filters))
    except (KqlError, FilterError) as error:
        raise refuse(_PLACE, str(error), "correct the query") from None
    except InvalidInput as error:
        raise InvalidInput([problem.under(_PLACE) for problem in error.problems]) from None
    except ValueError as error:
        raise refuse(f"{_PLACE}.query", str(error), "write a text") from None
    return Configuration(view, queries, filters, tuple(names))


def configuration_warnings(given: JsonObject) -> list[str]:
    """Why every run of a rule with this configuration will fail; [] if it need not."""
    try:
        read_configuration(given, QueryOptions())
    except TocsinError as error:
        return [f"{error}: runs of the rule will fail"]
    return []


def _view(index: JsonValue) -> str | DataView:
    if isinstance(index, str) and index:
        return index
    if isinstance(index, dict):
        try:
            known = {name: value for name, value in index.items() if name in SPEC_MEMBERS}
            return read_data_view(known, new_id=_INLINE_ID)
        except InvalidInput as error:
            raise InvalidInput([problem.under(f"{_PLACE}.index") for problem in error.problems]) from None
    raise refuse(f"{_PLACE}.index", "must be the id of a data view, or a data view", "name one")


def _names_in(queries: JsonValue, options: QueryOptions) -> list[str]:
    names: list[str] = []
    for query in queries if isinstance(queries, list) else [queries]:
        if isinstance(query, dict) and query.get("language") == "kuery" and query.get("query") is not None:
            names += field_names(query["query"], allow_leading_wildcards=options.allow_leading_wildcards)
    return names
