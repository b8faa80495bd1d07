"""What cases of the HTTP API expect of answers: dotted paths, and operators such as ``{"$prefix": "[request"}``."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.cases.matching import assert_equal, assert_subset

Json = Any

MISSING = object()
_FIND = "$find:"
_TYPES: dict[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def check_json(found: Json, expected: Mapping[str, Json], saved: Mapping[str, Json], where: str) -> None:
    """Each path of the answer ``found`` holds what is expected there; ``saved`` are the case's variables."""
    for path, wanted in expected.items():
        _check(_at(found, path), wanted, _Answer(found, saved), f"{where}: {path}")


class _Answer:
    """What operators refer to by name: a variable, else another place of the answer."""

    def __init__(self, root: Json, saved: Mapping[str, Json]) -> None:
        self._root, self._saved = root, saved

    def named(self, name: str) -> Json:
        return self._saved[name] if name in self._saved else _at(self._root, name)


def _check(found: Json, wanted: Json, answer: _Answer, where: str) -> None:
    if not _is_operator(wanted):
        assert found is not MISSING, f"{where}: missing, expected {wanted!r}"
        assert_equal(found, wanted, where)
        return
    for operator, operand in wanted.items():
        assert operator in _OPERATORS, f"{where}: unknown operator {operator}"
        assert operator == "$absent" or found is not MISSING, f"{where}: missing, expected {wanted!r}"
        _OPERATORS[operator](found, operand, answer, where)


def _is_operator(wanted: Json) -> bool:
    return isinstance(wanted, dict) and bool(wanted) and all(name.startswith("$") for name in wanted)


def _check_type(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    names = operand if isinstance(operand, list) else operand.split("|")
    unknown = set(names) - set(_TYPES)
    assert not unknown, f"{where}: unknown types {unknown}"
    assert any(_TYPES[name](found) for name in names), f"{where}: expected {operand}, found {found!r}"


def _check_absent(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert (found is MISSING) is bool(operand), f"{where}: expected absent = {operand}, found {found!r}"


def _check_any(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    """Whatever it is, it is there; a list names what it may be, one of which must hold."""
    if not isinstance(operand, list):
        return
    differences = []
    for wanted in operand:
        try:
            _check(found, wanted, answer, where)
        except AssertionError as error:
            differences.append(str(error))
        else:
            return
    raise AssertionError(" / ".join(differences))


def _check_len(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert isinstance(found, list | str | dict), f"{where}: has no length: {found!r}"
    _check(len(found), operand, answer, f"{where} length")


def _check_regex(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert isinstance(found, str), f"{where}: expected text, found {found!r}"
    assert re.search(operand, found), f"{where}: {found!r} does not match {operand}"


def _check_prefix(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert isinstance(found, str), f"{where}: expected text, found {found!r}"
    assert found.startswith(operand), f"{where}: {found!r} does not start with {operand!r}"


def _check_in(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    _check_any(found, operand, answer, where)


def _check_ne(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert found != operand, f"{where}: must not be {operand!r}"


def _check_gte(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert type(found) is type(operand) or _TYPES["number"](found), f"{where}: {found!r} beside {operand!r}"
    assert found >= operand, f"{where}: {found!r} is below {operand!r}"


def _check_contains(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    """Text holds text; a list holds each element of a list, or one element; an object holds members."""
    if isinstance(found, str):
        assert isinstance(operand, str), f"{where}: text {found!r} beside {operand!r}"
        assert operand in found, f"{where}: {found!r} lacks {operand!r}"
    elif isinstance(found, dict):
        assert_subset(found, operand, where)
    else:
        assert isinstance(found, list), f"{where}: holds nothing: {found!r}"
        for element in operand if isinstance(operand, list) else [operand]:
            assert any(_is_subset(one, element) for one in found), f"{where}: {found!r} lacks {element!r}"


def _is_subset(found: Json, wanted: Json) -> bool:
    try:
        assert_subset(found, wanted, "")
    except AssertionError:
        return False
    return True


def _check_same_as(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert_equal(found, answer.named(operand), where)


def _check_differs_from(found: Json, operand: Json, answer: _Answer, where: str) -> None:
    assert found != answer.named(operand), f"{where}: does not differ from {operand}"


_OPERATORS: dict[str, Callable[[Json, Json, _Answer, str], None]] = {
    "$type": _check_type,
    "$absent": _check_absent,
    "$any": _check_any,
    "$len": _check_len,
    "$regex": _check_regex,
    "$prefix": _check_prefix,
    "$in": _check_in,
    "$ne": _check_ne,
    "$gte": _check_gte,
    "$contains": _check_contains,
    "$includes": _check_contains,
    "$same_as": _check_same_as,
    "$differs_from": _check_differs_from,
}


def value_at(found: Json, path: str) -> Json:
    """What stands at a dotted path. Raises AssertionError where there is nothing."""
    value = _at(found, path)
    assert value is not MISSING, f"there is no {path} in {found!r}"
    return value


def _at(found: Json, path: str) -> Json:
    if path == "$root":
        return found
    if path.startswith("$root."):
        return _at(found, path.removeprefix("$root."))
    if path.startswith(_FIND):
        return _at_found_element(found, path.removeprefix(_FIND))
    for part in path.split("."):
        if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return MISSING
    return found


def _at_found_element(root: Json, text: str) -> Json:
    """``k=v`` or ``k=v.rest``: the element of the root array of which member k is v, which may hold dots itself."""
    name, _, rest = text.partition("=")
    for element in root if isinstance(root, list) else ():
        value = str(element.get(name, ""))
        if rest == value:
            return element
        if value and rest.startswith(f"{value}."):
            return _at(element, rest.removeprefix(f"{value}."))
    return MISSING
