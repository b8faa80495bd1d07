"""Which indices the rules of files search, as far as their params tell it."""

from collections.abc import Mapping

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.esql import EsqlText
from tocsin.files.data_views import ViewDefinition
from tocsin.files.rules import RuleDefinition


def searched_indices(rule: RuleDefinition, views: Mapping[str, ViewDefinition]) -> tuple[str, ...]:
    """The index expressions of a rule; () where they are not known. ``views``: the data views of files by id."""
    params = rule.body.get("params")
    if not isinstance(params, dict):
        return ()
    match params.get("searchType"):
        case "searchSource":
            return _of_view(_member(params, "searchConfiguration", "index"), views)
        case "esqlQuery":
            text = _member(params, "esqlQuery", "esql")
            return EsqlText(text).indices if isinstance(text, str) else ()
        case _:
            given = params.get("index")
            return tuple(text for text in (given if isinstance(given, list) else [given]) if isinstance(text, str))


def _of_view(view: JsonValue, views: Mapping[str, ViewDefinition]) -> tuple[str, ...]:
    if isinstance(view, str):
        return (views[view].view.title,) if view in views else ()
    title = view.get("title") if isinstance(view, dict) else None
    return (title,) if isinstance(title, str) else ()


def _member(params: JsonObject, name: str, inner: str) -> JsonValue:
    holder = params.get(name)
    return holder.get(inner) if isinstance(holder, dict) else None
