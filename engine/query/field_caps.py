"""From the field capabilities of an index to the fields that queries are compiled with (data-views.md 4)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from engine.model.jsonvalue import JsonObject
from engine.query.field import Field, FieldList

_ES_TYPES: Final[Mapping[str, str]] = {
    "string": "string text match_only_text keyword version _type _id",
    "number": (
        "float half_float scaled_float double integer long unsigned_long short byte token_count aggregate_metric_double"
    ),
    "date": "date date_nanos",
    "number_range": "float_range double_range integer_range long_range",
}
_SAME_NAME: Final = (
    *("boolean", "ip", "geo_point", "geo_shape", "murmur3", "attachment", "_source", "histogram"),
    *("exponential_histogram", "date_range", "ip_range"),
)
_KIBANA_TYPES: Final = {es_type: kind for kind, names in _ES_TYPES.items() for es_type in names.split()} | {
    name: name for name in _SAME_NAME
}
META_FIELDS: Final = {
    "_source": "_source",
    "_id": "string",
    "_index": "string",
    "_score": "number",
    "_ignored": "string",
}
"""What every index has, with the types that data views give."""
OBJECTS: Final = frozenset({"object", "nested"})


def kibana_type(es_type: str) -> str:
    """The type that a data view gives a field of this Elasticsearch type."""
    return _KIBANA_TYPES.get(es_type, "unknown")


def with_surrounding_objects(names: Iterable[str]) -> tuple[str, ...]:
    """The names, and those of the objects around them, one of which may be nested."""
    asked: dict[str, None] = {}
    for name in names:
        asked[name] = None
        asked |= dict.fromkeys(dotted_prefixes(name))
    return tuple(asked)


def read_field_caps(answer: JsonObject, runtime_types: Mapping[str, str] | None = None) -> FieldList:
    """The fields in order of their names, those that every index has included.

    ``runtime_types``: fields that the data view itself defines, with their types; a mapped one goes before it.
    """
    given = answer.get("fields")
    listed = given.items() if isinstance(given, dict) else ()
    capabilities = {name: kinds for name, kinds in listed if isinstance(kinds, dict)}
    nested = {name for name, kinds in capabilities.items() if "nested" in kinds}
    found = {name: Field(name, kind) for name, kind in META_FIELDS.items()}
    found |= {name: Field(name, kibana_type(kind), (kind,)) for name, kind in (runtime_types or {}).items()}
    for name, kinds in capabilities.items():
        if kinds.keys() - OBJECTS:
            found[name] = Field(name, _type_of(kinds), tuple(kinds), _nearest(name, nested))
    return FieldList(found[name] for name in sorted(found))


def _type_of(es_types: Iterable[str]) -> str:
    """One type, or ``conflict``: also of a field that is an object elsewhere."""
    kinds = {es_type if es_type in OBJECTS else kibana_type(es_type) for es_type in es_types}
    return kinds.pop() if len(kinds) == 1 else "conflict"


def _nearest(name: str, nested: set[str]) -> str | None:
    return next((prefix for prefix in dotted_prefixes(name) if prefix in nested), None)


def dotted_prefixes(name: str) -> Iterator[str]:
    """The dotted prefixes, the longest first."""
    prefix = name.rpartition(".")[0]
    while prefix:
        yield prefix
        prefix = prefix.rpartition(".")[0]
