"""Objects and arrays as templates see them: dotted keys expanded where a template gets to (templates.md 4).

Nothing is copied that no template reaches: an object is expanded, on a shallow copy, when it is first reached, and the
copy takes its place in its parent, so that it happens once however often the object is visited. The caller's data is
never changed; in turn the caller must leave it alone while templates are rendered with it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from engine.model.jsonvalue import JsonObject, JsonValue

# Kibana drops dotted keys with these segments; they have no meaning here, but the outcome must be the same.
_DROPPED_SEGMENTS = frozenset({"__proto__", "constructor", "prototype"})


class DataObject(dict[str, JsonValue]):
    """A shallow copy of an object without dotted keys. Members are expanded when they are reached."""

    __slots__ = ()


class DataArray(list[JsonValue]):
    """A shallow copy of an array. Elements are expanded when they are reached."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ArrayJson:
    """``array.asJSON``: printed only if it is put out, so that whoever tests it does not pay for printing it."""

    array: DataArray


class Missing:
    """The type of `MISSING`, what a lookup yields that found nothing."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()

SETTLED: Final = frozenset({str, int, float, bool, type(None), datetime, DataObject, DataArray, ArrayJson, Missing})
"""The types of values that need no `settle`."""


def settle(value: JsonValue) -> JsonValue:
    """The value as one of the SETTLED types. What is no data at all (an arbitrary object) becomes null."""
    if type(value) in SETTLED:
        return value
    if isinstance(value, dict):
        return expand(value)
    if isinstance(value, (list, tuple)):
        return DataArray(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, datetime):
        return datetime.combine(value, value.timetz())
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return None


def expand(value: JsonObject) -> DataObject:
    """The object with its own dotted keys moved to the nested places they name, in order.

    Objects on the way are reused (as copies), scalars replaced, arrays end the way (the key is dropped); the value
    overwrites what stands at its place.
    """
    if has_no_dotted_key(value):
        return DataObject(value)
    result = DataObject({key: member for key, member in value.items() if "." not in key})
    copied: set[int] = set()
    for key, member in value.items():
        if "." in key:
            _store(result, key.split("."), member, copied)
    return result


def has_no_dotted_key(value: JsonObject) -> bool:
    for key in value:  # noqa: SIM110 - twice as fast as all()
        if "." in key:
            return False
    return True


def _store(target: DataObject, path: list[str], value: JsonValue, copied: set[int]) -> None:
    """Put a value at a path. ``copied`` holds the ids of the objects below ``target`` that are ours to change."""
    if not _DROPPED_SEGMENTS.isdisjoint(path):
        return
    holder: dict[str, JsonValue] = target
    for segment in path[:-1]:
        member = holder.get(segment)
        if isinstance(member, (list, tuple)):
            return
        if not isinstance(member, dict):
            member = {}
        if id(member) not in copied:
            member = dict(member)
            copied.add(id(member))
            holder[segment] = member
        holder = member
    holder[path[-1]] = value
