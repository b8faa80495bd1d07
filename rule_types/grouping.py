"""What a group of documents has in common: field -> key pairs, and the object nested by the fields' dots."""

from collections.abc import Sequence
from typing import cast

from engine.model.jsonvalue import JsonObject, JsonValue


def group_pairs(fields: Sequence[str], key: JsonValue) -> JsonObject | None:
    """Field -> raw key value in field order; None when the key is empty, 0, false or null or there is no field."""
    if not key or not fields:
        return None
    parts = key if isinstance(key, list) else [key]
    return dict(zip(fields, parts, strict=False))


def split_path(field: str) -> tuple[str, ...]:
    """The names on the way to a field, the innermost first."""
    return tuple(reversed(field.split(".")))


def nest_value(path: Sequence[str], value: JsonValue) -> JsonObject:
    """The same as `nest` of one field, whose path was split before."""
    for name in path:
        value = {name: value}
    return cast(JsonObject, value)


def nest(pairs: JsonObject) -> JsonObject:
    """``{"host.name": "a"}`` -> ``{"host": {"name": "a"}}``; of conflicting names the later one wins."""
    nested: JsonObject = {}
    for name, value in pairs.items():
        *parents, leaf = name.split(".")
        place = nested
        for parent in parents:
            if not isinstance(place.get(parent), dict):
                place[parent] = {}
            place = cast(JsonObject, place[parent])
        place[leaf] = value
    return nested
