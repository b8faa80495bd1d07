"""Kibana's filter objects (kql.md 7): the chips beside a query, each with its own query DSL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.errors import FilterError
from engine.query.field import Field, FieldList
from engine.query.options import QueryOptions

_DEEPEST_COMBINATION = 50
_BOOLEANS: Mapping[JsonValue, bool] = {True: True, "true": True, False: False, "false": False}
"""1 and 0 are found by these keys, too: they equal true and false."""


@dataclass(frozen=True, slots=True)
class DataViewFields:
    """What translating needs of a data view."""

    fields: FieldList
    id: str | None = None


@dataclass(slots=True)
class TranslatedFilters:
    """The DSL of filters that must hold and of those that must not, and what was left out for a reason."""

    positive: list[JsonObject] = field(default_factory=list)
    negative: list[JsonObject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_bool(self) -> JsonObject:
        """All of them together."""
        return {"bool": {"must": [], "filter": self.positive, "should": [], "must_not": self.negative}}


def translate_filters(
    filters: Iterable[JsonValue], view: DataViewFields | None, options: QueryOptions, depth: int = 0
) -> TranslatedFilters:
    """The DSL of the filters that are not disabled, in their order.

    Raises FilterError for one that is no filter.
    """
    if depth > _DEEPEST_COMBINATION:
        raise FilterError(f"combined filters are nested more than {_DEEPEST_COMBINATION} deep: use fewer levels")
    found = TranslatedFilters()
    for each in _enabled(filters):
        if options.ignore_filter_if_field_not_in_index and not _is_on_known_field(each, view):
            continue
        query = _translate(each, view, options, depth, found.warnings)
        if query:
            (found.negative if each["meta"].get("negate") else found.positive).append(query)
        else:
            found.warnings.append(f"a filter without a query was left out ({each['meta'].get('key') or 'no key'})")
    return found


def _enabled(filters: Iterable[JsonValue]) -> Iterator[JsonObject]:
    for each in filters:
        if each is None:
            continue
        meta = (each.get("meta") or {}) if isinstance(each, dict) else None
        if not isinstance(meta, dict):
            raise FilterError("a filter is an object with meta and query")
        if not meta.get("disabled"):
            yield each | {"meta": meta}


def _is_on_known_field(given: JsonObject, view: DataViewFields | None) -> bool:
    meta = given["meta"]
    if not meta.get("key") or view is None:
        return True
    if meta.get("type") == "custom":
        return bool(meta.get("index") == view.id)
    return view.fields.named(_text(meta.get("key"))) is not None


def _translate(
    given: JsonObject, view: DataViewFields | None, options: QueryOptions, depth: int, warnings: list[str]
) -> JsonObject:
    if given["meta"].get("type") == "combined":
        return _combine(given["meta"], view, options, depth, warnings)
    query = _query_of(given, view)
    named = None if view is None else view.fields.named(_field_name(given["meta"], query))
    if not query or named is None or named.nested_path is None:
        return query
    more = {} if options.nested_ignore_unmapped is None else {"ignore_unmapped": options.nested_ignore_unmapped}
    return {"nested": {"path": named.nested_path, "query": query} | more}


def _query_of(given: JsonObject, view: DataViewFields | None) -> JsonObject:
    """The filter's query; older forms have it beside ``meta``, and phrases as a kind of match."""
    query = given.get("query")
    match = query.get("match") if isinstance(query, dict) else None
    match = given.get("match") if match is None else match
    if isinstance(match, dict) and match:
        name, parameters = next(iter(match.items()))
        if isinstance(parameters, dict) and parameters.get("type") == "phrase":
            return {"match_phrase": {name: _phrase(name, parameters, view)}}
    if query is None:
        return {key: value for key, value in given.items() if key not in ("meta", "$state", "query")}
    if not isinstance(query, dict):
        raise FilterError("the query of a filter is an object of query DSL")
    return query


def _phrase(name: str, parameters: JsonObject, view: DataViewFields | None) -> JsonObject:
    kept = {key: value for key, value in parameters.items() if key != "type"}
    known = None if view is None else view.fields.named(name)
    if known is not None and "query" in kept:
        kept["query"] = _converted(kept["query"], known)
    return kept


def _converted(value: JsonValue, to: Field) -> JsonValue:
    """A value as the type of its field."""
    if to.type == "boolean":
        if isinstance(value, bool | int | float | str) and value in _BOOLEANS:
            return _BOOLEANS[value]
        raise FilterError(f"the filter on the boolean field {to.name} compares with {value!r}: write true or false")
    if to.type == "number" and isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            pass
        try:
            return float(value)
        except ValueError:
            raise FilterError(f"the filter on {to.name} compares a number with {value!r}") from None
    return value


def _field_name(meta: JsonObject, query: JsonObject) -> str | None:
    """The field that a filter is about."""
    if meta.get("field") is not None:
        return _text(meta["field"])
    if meta.get("type") == "phrases":
        return _text(meta.get("key"))
    exists = query.get("exists")
    if isinstance(exists, dict):
        return _text(exists.get("field"))
    for kind in ("match_phrase", "range"):
        if isinstance(query.get(kind), dict) and query[kind]:
            return _text(next(iter(query[kind])))
    return None


def _combine(
    meta: JsonObject, view: DataViewFields | None, options: QueryOptions, depth: int, warnings: list[str]
) -> JsonObject:
    parts = meta.get("params")
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise FilterError("a combined filter holds its filters as the list meta.params")

    def translate(some: Iterable[JsonValue]) -> JsonObject:
        translated = translate_filters(some, view, options, depth + 1)
        warnings.extend(translated.warnings)
        return translated.as_bool()

    if meta.get("relation") == "AND":
        return translate(parts)
    return {"bool": {"should": [translate([part]) for part in _enabled(parts)], "minimum_should_match": 1}}


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
