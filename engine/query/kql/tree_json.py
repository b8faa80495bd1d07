"""Syntax trees of KQL as Kibana writes them in JSON: what its clients send in place of a text."""

from collections.abc import Callable

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.errors import KqlError
from engine.query.kql.parser import DEEPEST_NESTING
from engine.query.kql.syntax import (
    And,
    Atom,
    Comparison,
    FieldTest,
    MatchAll,
    NestedGroup,
    Node,
    Not,
    Or,
    Range,
    Text,
    Wildcard,
)

_STAR = "@kuery-wildcard@"
_COMPARISONS: dict[object, Comparison] = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}


def read_tree(tree: JsonValue) -> Node:
    """The tree that a JSON value stands for.

    Raises KqlError of kind ``syntax``, which names the function that cannot be read.
    """
    return _node(tree, 0)


def _node(tree: JsonValue, depth: int) -> Node:
    if depth > DEEPEST_NESTING:
        raise _error(f"the tree is nested more than {DEEPEST_NESTING} levels deep")
    if not isinstance(tree, dict) or tree.get("type") != "function":
        raise _error("a node of the tree must be an object of type function")
    read = _FUNCTIONS.get(str(tree.get("function")))
    arguments = tree.get("arguments")
    if read is None:
        raise _error(f"there is no function [{str(tree.get('function'))[:40]}]: use {', '.join(_FUNCTIONS)}")
    if not isinstance(arguments, list):
        raise _error(f"the function [{tree['function']}] has no array of arguments")
    return read(arguments, depth + 1)


def _and(arguments: list[JsonValue], depth: int) -> Node:
    return And(tuple(_node(argument, depth) for argument in arguments)) if arguments else MatchAll()


def _or(arguments: list[JsonValue], depth: int) -> Node:
    if not arguments:
        raise _error("the function [or] has no arguments")
    return Or(tuple(_node(argument, depth) for argument in arguments))


def _not(arguments: list[JsonValue], depth: int) -> Node:
    _check_count("not", arguments, 1)
    return Not(_node(arguments[0], depth))


def _nested(arguments: list[JsonValue], depth: int) -> Node:
    _check_count("nested", arguments, 2)
    return NestedGroup(_atom(arguments[0]), _node(arguments[1], depth))


def _is(arguments: list[JsonValue], depth: int) -> Node:
    # Older clients send a third one: whether it is a phrase.
    if len(arguments) == 3:
        *arguments, is_phrase = arguments
        value = _atom(arguments[1]) if arguments else None
        if isinstance(value, Text) and _literal(is_phrase) is True:
            return FieldTest(_field(arguments[0]), Text(value.value, is_quoted=True))
    _check_count("is", arguments, 2)
    return FieldTest(_field(arguments[0]), _atom(arguments[1]))


def _exists(arguments: list[JsonValue], depth: int) -> Node:
    _check_count("exists", arguments, 1)
    return FieldTest(_atom(arguments[0]), Wildcard(("", "")))


def _range(arguments: list[JsonValue], depth: int) -> Node:
    """``[field, "gt", value]``; older clients name the bounds: ``[field, {type: namedArg, name: gt, value}, ...]``."""
    if len(arguments) == 3 and arguments[1] in _COMPARISONS:
        return Range(_atom(arguments[0]), _COMPARISONS[arguments[1]], _atom(arguments[2]))
    field, *named = arguments or [None]
    bounds = [
        Range(_atom(field), _COMPARISONS[bound["name"]], _atom(bound.get("value")))
        for bound in named
        if isinstance(bound, dict) and bound.get("type") == "namedArg" and bound.get("name") in _COMPARISONS
    ]
    if not bounds or len(bounds) != len(named):
        raise _error("the function [range] takes a field, one of gt gte lt lte, and a value")
    return bounds[0] if len(bounds) == 1 else And(tuple(bounds))


_FUNCTIONS: dict[str, Callable[[list[JsonValue], int], Node]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "nested": _nested,
    "is": _is,
    "exists": _exists,
    "range": _range,
}


def _check_count(function: str, arguments: list[JsonValue], count: int) -> None:
    if len(arguments) != count:
        raise _error(f"the function [{function}] takes {count} arguments, not {len(arguments)}")


def _field(argument: JsonValue) -> Atom | None:
    return None if _literal(argument) is None else _atom(argument)


def _literal(argument: JsonValue) -> JsonValue:
    return argument.get("value") if isinstance(argument, dict) else argument


def _atom(argument: JsonValue) -> Atom:
    if isinstance(argument, dict) and argument.get("type") == "wildcard":
        return Wildcard(tuple(str(argument.get("value")).split(_STAR)))
    if not isinstance(argument, dict) or argument.get("type") != "literal":
        raise _error("an argument of the tree must be an object of type literal or wildcard")
    return _text(argument)


def _text(argument: JsonObject) -> Text:
    value = argument.get("value")
    if value is None or isinstance(value, bool | str):
        return Text(value, is_quoted=argument.get("isQuoted") is True)
    if isinstance(value, int | float):
        return Text(str(value))
    raise _error("the value of a literal must be a text, a number, true, false or null")


def _error(message: str) -> KqlError:
    return KqlError("syntax", message)
