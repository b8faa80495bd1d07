"""Whether a value is JSON that can be stored: known kinds, bounded depth, numbers of 64 bits, text that is Unicode."""

import math
import re

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonValue

MAX_DEPTH = 100
"""Deeper values are refused: the store could not write them, and nobody writes them by hand."""
_LARGEST, _SMALLEST = 2**63 - 1, -(2**63)
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_shape(value: JsonValue) -> None:
    """Raises InvalidInput naming the first place that is no storable JSON."""
    if not _is_storable(value):
        _find_fault(value)


def _is_storable(value: JsonValue) -> bool:
    """Whether all is well, without places: a body of 1 MB may hold 500,000 values, and whoever waits for it is a rule.

    False does not say that anything is wrong: it may be of a class derived from one of JSON's.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[JsonValue] = []
        for item in level:
            kind = type(item)
            if kind is str:
                if not (item.isascii() or _is_unicode(item)):
                    return False
            elif kind is list:
                below += item
            elif kind is dict:
                if not all(type(key) is str and (key.isascii() or _is_unicode(key)) for key in item):
                    return False
                below += item.values()
            elif kind is int:
                if not _SMALLEST <= item <= _LARGEST:
                    return False
            elif kind is float:
                if not math.isfinite(item):
                    return False
            elif item is not None and kind is not bool:
                return False
        if not below:
            return True
        level = below
    return False


def _find_fault(value: JsonValue) -> None:
    pending: list[tuple[JsonValue, int, str]] = [(value, 0, "")]
    while pending:
        item, depth, path = pending.pop()
        if depth > MAX_DEPTH:
            raise InvalidInput(
                [Problem(path, f"nested more than {MAX_DEPTH} levels deep", "make the structure flatter")]
            )
        children: list[tuple[JsonValue, int, str]] = []
        if isinstance(item, dict):
            for key, child in item.items():
                if not isinstance(key, str) or not _is_unicode(key):
                    raise InvalidInput([Problem(path, "has a member whose name is no text", "use strings as names")])
                children.append((child, depth + 1, f"{path}.{key}" if path else key))
        elif isinstance(item, list):
            children = [(child, depth + 1, f"{path}.{at}" if path else str(at)) for at, child in enumerate(item)]
        else:
            _check_scalar(item, path)
        pending.extend(reversed(children))


def _check_scalar(item: JsonValue, path: str) -> None:
    if item is None or isinstance(item, bool):
        return
    if isinstance(item, str):
        if not _is_unicode(item):
            raise InvalidInput([Problem(path, "holds half of a surrogate pair", "write whole Unicode characters")])
    elif isinstance(item, int):
        if not _SMALLEST <= item <= _LARGEST:
            raise InvalidInput(
                [Problem(path, "is an integer of more than 64 bits", "write it as text or with an exponent")]
            )
    elif isinstance(item, float):
        if not math.isfinite(item):
            raise InvalidInput([Problem(path, "is not a finite number", "JSON knows neither NaN nor infinity")])
    else:
        raise InvalidInput([Problem(path, f"is a {type(item).__name__}, which JSON does not know", "use JSON values")])


def _is_unicode(text: str) -> bool:
    return _SURROGATE.search(text) is None
