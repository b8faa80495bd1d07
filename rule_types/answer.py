"""Reading a search answer: members of the expected type, or a run error that says which member was not.

Servers, proxies and local backends are outside the engine; nothing they answer may surface as a stray TypeError.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from engine.model.errors import RunError
from engine.model.jsonvalue import JsonObject, JsonValue

_NOTHING: Mapping[str, Any] = {}


def object_at(container: Mapping[str, Any], name: str) -> JsonObject:
    """An object member; absent or null = empty."""
    value = container.get(name)
    if value is None:
        return cast(JsonObject, _NOTHING)
    if not isinstance(value, dict):
        raise _unexpected(name, "an object", value)
    return value


def required_object(container: Mapping[str, Any], name: str) -> JsonObject:
    """An object member that every answer of its kind has."""
    value = container.get(name)
    if not isinstance(value, dict):
        raise _unexpected(name, "an object", value)
    return value


def list_at(container: Mapping[str, Any], name: str, *, is_required: bool = False) -> Sequence[JsonValue]:
    """An array member; absent or null = empty, unless it is required."""
    value = container.get(name)
    if value is None and not is_required:
        return ()
    if not isinstance(value, list):
        raise _unexpected(name, "an array", value)
    return value


def objects_at(container: Mapping[str, Any], name: str, *, is_required: bool = False) -> Sequence[JsonObject]:
    """An array member whose elements are objects; absent or null = empty, unless it is required."""
    values = list_at(container, name, is_required=is_required)
    for value in values:
        if not isinstance(value, dict):
            raise _unexpected(f"{name}[]", "an object", value)
    return values


def text_at(container: Mapping[str, Any], name: str) -> str:
    """A text member that every answer of its kind has."""
    value = container.get(name)
    if not isinstance(value, str):
        raise _unexpected(name, "a text", value)
    return value


def number_at(container: Mapping[str, Any], name: str) -> float | None:
    """A finite number member that fits a double; None when absent or null."""
    value = container.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unexpected(name, "a number", value)
    try:
        if math.isfinite(value):
            return value
    except OverflowError:
        pass
    raise _unexpected(name, "a finite number", value)


def bucket_key(bucket: Mapping[str, Any]) -> JsonValue:
    """The raw key of a bucket: a text, number or boolean, or an array of those and nulls (``multi_terms``)."""
    key = bucket.get("key")
    if isinstance(key, str):
        return key
    for part in key if isinstance(key, list) else [key]:
        if not (isinstance(part, str | int | float) or (part is None and isinstance(key, list))):
            raise _unexpected("key", "a group key", part)
    return key


def whole_answer(answer: JsonValue) -> JsonObject:
    """The answer itself, which must be an object."""
    if not isinstance(answer, dict):
        raise _unexpected("body", "an object", answer)
    return answer


def _unexpected(name: str, expected: str, value: object) -> RunError:
    shown = repr(value) if isinstance(value, str | float | bool) else type(value).__name__
    return RunError("execute", f"the search answered with {shown[:80]} where {name} must be {expected}")
