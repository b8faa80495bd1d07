"""``EvalMath``: an expression worked out over the members of the innermost context (templates.md 6.1)."""

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from engine.model.jsonvalue import JsonValue
from engine.template.lambdas.arithmetic import FUNCTIONS, Arity
from engine.template.lambdas.contract import LambdaError, LambdaInput
from engine.template.lambdas.expressions import Expression, FunctionCall, Name, Number, parse_expression
from engine.template.objects import MISSING, DataArray, DataObject
from engine.template.values import member_of, text_of

_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")
_STEPS_A_CALL: Final = 20
_STEPS_AN_ELEMENT: Final = 10
"""What a call costs, and each element of an array in it: about a microsecond."""


def evaluate_math(given: LambdaInput) -> str:
    """The value of the expression, printed as a template prints it; a null prints ``null``."""
    value = _Evaluation(given).value_of(parse_expression(given.text))
    return "null" if value is None else text_of(value)


class _Evaluation:
    def __init__(self, given: LambdaInput) -> None:
        self._item = given.item
        self._charge = given.charge

    def value_of(self, expression: Expression) -> JsonValue:
        """Goes down first arguments without recursion, since ``1 + 1 + 1 ...`` nests a few hundred of them."""
        waiting: list[FunctionCall] = []
        while isinstance(expression, FunctionCall) and expression.arguments:
            waiting.append(expression)
            expression = expression.arguments[0]
        match expression:
            case Number(value):
                pass
            case Name():
                value = self._look_up(expression)
            case FunctionCall():
                value = self._call(expression, [])
        for call in reversed(waiting):
            value = self._call(call, [value, *map(self.value_of, call.arguments[1:])])
        return value

    def _look_up(self, name: Name) -> JsonValue:
        """The member at the path, else the one of exactly that name, of the innermost context alone."""
        value = self._item
        if type(value) is not DataObject and type(value) is not DataArray:
            raise _unknown_name(name)
        for key in _BRACKETS.sub(r".\1", name.path).removeprefix(".").split("."):
            value = member_of(value, key)
        if value is MISSING:
            value = member_of(self._item, name.path)
        if value is MISSING:
            raise _unknown_name(name)
        return value

    def _call(self, call: FunctionCall, arguments: list[JsonValue]) -> JsonValue:
        elements = sum(len(each) for each in arguments if isinstance(each, list))
        self._charge(_STEPS_A_CALL + _STEPS_AN_ELEMENT * elements)
        of_anything = FUNCTIONS_OF_ANYTHING.get(call.function)
        if of_anything is not None:
            return of_anything[1](*_fitting(arguments, of_anything[0], call))
        if call.function not in FUNCTIONS:
            raise LambdaError(f"unknown function at character {call.position} of the expression")
        arity, function = FUNCTIONS[call.function]
        fitting = _fitting(arguments, arity, call)
        if not all(map(_is_numeric, fitting)):
            return math.nan
        value = function(*map(_to_floats, fitting))
        return DataArray(value) if isinstance(value, list) else value


def _fitting(arguments: list[JsonValue], arity: Arity, call: FunctionCall) -> list[JsonValue]:
    if len(arguments) < arity.least:
        raise LambdaError(f"too few arguments for the function at character {call.position} of the expression")
    return arguments if arity.most is None else arguments[: arity.most]


def _is_numeric(value: JsonValue) -> bool:
    if isinstance(value, list):
        return all(_is_number(element) for element in value)
    return _is_number(value)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _to_floats(value: JsonValue) -> float | list[float]:
    return [_to_float(element) for element in value] if isinstance(value, list) else _to_float(value)


def _to_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer beyond the range of a double
        return math.inf if number > 0 else -math.inf


def _size(value: JsonValue) -> int:
    if not isinstance(value, list):
        raise LambdaError("the size of what is no array")
    return len(value)


def _count_distinct(value: JsonValue) -> int:
    if not isinstance(value, list):
        return 1
    return len({_identity(element) for element in value})


def _identity(value: JsonValue) -> object:
    """What tells elements apart: objects and arrays are what they are, numbers are equal whatever their type."""
    if isinstance(value, (dict, list)):
        return id(value)
    return (isinstance(value, bool), type(value) is str, value)


def _first(value: JsonValue) -> JsonValue:
    return (value[0] if value else None) if isinstance(value, list) else value


def _last(value: JsonValue) -> JsonValue:
    return (value[-1] if value else None) if isinstance(value, list) else value


def _choose(condition: JsonValue, then: JsonValue, otherwise: JsonValue) -> JsonValue:
    if not isinstance(condition, bool):
        raise LambdaError("the condition of ifelse must be a comparison or boolean")
    if then is None or otherwise is None:
        raise LambdaError("ifelse cannot choose between nulls")
    return then if condition else otherwise


def _default(value: JsonValue, default: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return DataArray(default if element is None else element for element in value)
    return default if value is None else value


FUNCTIONS_OF_ANYTHING: Final[Mapping[str, tuple[Arity, Callable[..., JsonValue]]]] = MappingProxyType(
    {
        "count": (Arity(1, 1), _size),
        "size": (Arity(1, 1), _size),
        "unique": (Arity(1, 1), _count_distinct),
        "first": (Arity(1, 1), _first),
        "last": (Arity(1, 1), _last),
        "ifelse": (Arity(3, 3), _choose),
        "defaults": (Arity(2, 2), _default),
    }
)
"""The functions that take values of any kind."""


def _unknown_name(name: Name) -> LambdaError:
    return LambdaError(f"unknown name at character {name.position} of the expression")
