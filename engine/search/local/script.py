"""Scripts over the values of buckets: parsed to a tree and evaluated, never executed (embedded-search.md 13).

The subset: numbers, ``true false null``, ``params.x``, ``params['x']``, ``params.get('x')``, comparisons,
``&& || ! ?:``, ``+ - * / %``, functions and constants of ``Math``, and parentheses.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonValue
from engine.search.local.errors import invalid_script

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<suffix>[lLfFdD]?)"
    r"|params\s*(?:\.\s*get\s*\(\s*(?:'(?P<got>[^'\\]*)'|\"(?P<gotten>[^\"\\]*)\")\s*\)|\.\s*(?P<name>[A-Za-z_]\w*)|\[\s*(?:'(?P<single>[^'\\]*)'|\"(?P<double>[^\"\\]*)\")\s*\])"
    r"|Math\s*\.\s*(?P<math>[A-Za-z]\w*)"
    r"|(?P<word>true|false|null|return)\b|(?P<operator>===|!==|==|!=|<=|>=|<|>|&&|\|\||[!()+;*/%?:,-]))",
    re.ASCII,
)
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a boolean or null."""

    value: int | float | bool | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """``params.name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Negation:
    """``!x``, ``-x``."""

    sign: Literal["!", "-"]
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic, a comparison, ``&&`` or ``||``."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Choice:
    """``condition ? yes : no``."""

    condition: "Expression"
    yes: "Expression"
    no: "Expression"


@dataclass(frozen=True, slots=True)
class Function:
    """``Math.name(...)``."""

    name: str
    arguments: tuple["Expression", ...]


Expression = Constant | Parameter | Negation | Operation | Choice | Function


class ScriptFailure(Exception):
    """The script cannot be evaluated with these parameters."""


@dataclass(slots=True)
class _Parser:
    source: str
    tokens: list["re.Match[str]"]
    position: int = 0
    depth: int = 0

    def peek(self) -> str | None:
        if self.position < len(self.tokens):
            return self.tokens[self.position]["operator"]
        return None

    def take(self, *signs: str) -> str | None:
        found = self.peek()
        if found is not None and found in signs:
            self.position += 1
            return found
        return None

    def fail(self, reason: str) -> SearchError:
        return invalid_script(reason, self.source)

    def whole(self) -> Expression:
        self.enter()
        condition = self.either()
        if self.take("?"):
            yes = self.whole()
            if not self.take(":"):
                raise self.fail("missing :")
            condition = Choice(condition, yes, self.whole())
        self.depth -= 1
        return condition

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.fail(f"nested deeper than {_DEEPEST}")

    def either(self) -> Expression:
        left = self.both()
        while self.take("||"):
            left = Operation("||", left, self.both())
        return left

    def both(self) -> Expression:
        left = self.equality()
        while self.take("&&"):
            left = Operation("&&", left, self.equality())
        return left

    def equality(self) -> Expression:
        left = self.relation()
        while sign := self.take("==", "!=", "===", "!=="):
            left = Operation(sign[:2], left, self.relation())
        return left

    def relation(self) -> Expression:
        left = self.sum()
        while sign := self.take("<", "<=", ">", ">="):
            left = Operation(sign, left, self.sum())
        return left

    def sum(self) -> Expression:
        left = self.product()
        while sign := self.take("+", "-"):
            left = Operation(sign, left, self.product())
        return left

    def product(self) -> Expression:
        left = self.unary()
        while sign := self.take("*", "/", "%"):
            left = Operation(sign, left, self.unary())
        return left

    def unary(self) -> Expression:
        self.enter()
        try:
            if self.take("!"):
                return Negation("!", self.unary())
            if self.take("-"):
                return Negation("-", self.unary())
            if self.take("+"):
                return self.unary()
            return self.primary()
        finally:
            self.depth -= 1

    def primary(self) -> Expression:
        if self.take("("):
            inner = self.whole()
            if not self.take(")"):
                raise self.fail("missing )")
            return inner
        if self.position >= len(self.tokens):
            raise self.fail("unexpected end of script")
        token = self.tokens[self.position]
        self.position += 1
        if token["number"] is not None:
            return _number(token, self)
        names = ("name", "single", "double", "got", "gotten")
        name = next((token[key] for key in names if token[key] is not None), None)
        if name is not None:
            return Parameter(name)
        if token["math"] is not None:
            return self.math(token["math"])
        if token["word"] in ("true", "false", "null"):
            return Constant({"true": True, "false": False, "null": None}[token["word"]])
        raise self.fail(f"unexpected token [{token[0].strip()}]")

    def math(self, name: str) -> Expression:
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name])
        if name not in _FUNCTIONS:
            known = ", ".join(sorted([*_FUNCTIONS, *_CONSTANTS]))
            raise self.fail(
                f"[Math.{name}] is not supported: this is a limit of the local backend, which knows {known}"
            )
        arguments: list[Expression] = []
        if not self.take("("):
            raise self.fail("missing (")
        while not self.take(")"):
            if arguments and not self.take(","):
                raise self.fail("missing )")
            arguments.append(self.whole())
        if len(arguments) != _FUNCTIONS[name][0]:
            raise self.fail(f"[Math.{name}] takes {_FUNCTIONS[name][0]} arguments, not {len(arguments)}")
        return Function(name, tuple(arguments))


def _number(token: "re.Match[str]", parser: _Parser) -> Constant:
    text, suffix = token["number"], token["suffix"].lower()
    if text.isdigit() and suffix in ("", "l"):
        number = int(text) if len(text) < 20 else 2**64
        # `-2147483648` and `-9223372036854775808L` are literals of their own in Java.
        largest = 2**63 if suffix else 2**31
        before = parser.tokens[parser.position - 2]["operator"] if parser.position > 1 else None
        if number > largest or (number == largest and before != "-"):
            raise parser.fail(f"invalid {'long' if suffix else 'int'} constant [{text}]")
        return Constant(number)
    if suffix == "l":
        raise parser.fail(f"invalid long constant [{text}]")
    return Constant(float(text))


def parse_script(source: str) -> Expression:
    """The tree of a script. Raises SearchError 400 ``script_exception``."""
    tokens = []
    position = 0
    end = len(source.rstrip())
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None:
            rest = source[position:].strip()[:50]
            raise invalid_script(f"[{rest}] is not supported: this is a limit of the local backend", source)
        tokens.append(match)
        position = match.end()
    parser = _Parser(source, tokens)
    if tokens and tokens[0]["word"] == "return":
        parser.position = 1
    tree = parser.whole()
    parser.take(";")
    if parser.position != len(tokens):
        raise invalid_script(f"unexpected token [{tokens[parser.position][0].strip()}]", source)
    return tree


def evaluate(tree: Expression, params: Mapping[str, JsonValue]) -> bool:
    """Whether the script holds. Raises ScriptFailure."""
    result = _evaluate(tree, params)
    if not isinstance(result, bool):
        raise ScriptFailure("the script does not return a boolean")
    return result


def evaluate_number(tree: Expression, params: Mapping[str, JsonValue]) -> float | None:
    """The number that the script gives; None for null. Raises ScriptFailure."""
    result = _evaluate(tree, params)
    return None if result is None else float(_as_number(result))


def _evaluate(tree: Expression, params: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(tree, Constant):
        return tree.value
    if isinstance(tree, Parameter):
        return params.get(tree.name)
    if isinstance(tree, Negation):
        operand = _evaluate(tree.operand, params)
        return not _as_bool(operand) if tree.sign == "!" else -_as_number(operand)
    if isinstance(tree, Choice):
        return _evaluate(tree.yes if _as_bool(_evaluate(tree.condition, params)) else tree.no, params)
    if isinstance(tree, Function):
        return _call(tree.name, [_as_number(_evaluate(each, params)) for each in tree.arguments])
    left = _evaluate(tree.left, params)
    if tree.sign in ("&&", "||"):
        if _as_bool(left) == (tree.sign == "||"):
            return left
        return _as_bool(_evaluate(tree.right, params))
    right = _evaluate(tree.right, params)
    if tree.sign in ("==", "!="):
        is_equal = left == right and isinstance(left, bool) == isinstance(right, bool)
        return is_equal == (tree.sign == "==")
    if tree.sign in _ARITHMETIC:
        return _calculate(tree.sign, _as_number(left), _as_number(right))
    return _compare(tree.sign, _as_number(left), _as_number(right))


def _calculate(sign: str, left: float, right: float) -> float:
    """As in Java: whole numbers stay whole (64 bits), others follow IEEE 754."""
    if isinstance(left, int) and isinstance(right, int):
        if sign in "/%":
            if right == 0:
                raise ScriptFailure("/ by zero")
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return _as_long(quotient if sign == "/" else left - quotient * right)
        return _as_long(_ARITHMETIC[sign](left, right))
    left, right = float(left), float(right)
    if sign == "%":
        return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)
    if sign == "/" and right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return _ARITHMETIC[sign](left, right)


def _as_long(number: float) -> int:
    return (int(number) + 2**63) % 2**64 - 2**63


def _call(name: str, arguments: list[float]) -> float:
    """A function of Java's ``Math``: what is not defined is NaN, never an error."""
    try:
        return _FUNCTIONS[name][1](*arguments)
    except (ValueError, ZeroDivisionError):
        return -math.inf if name in ("log", "log10") and arguments[0] == 0 else math.nan
    except OverflowError:
        return math.inf


def _rounded(number: float) -> float:
    return (
        number
        if isinstance(number, int)
        else 0
        if math.isnan(number)
        else math.floor(min(max(number, -(2.0**63)), 2.0**63 - 1024) + 0.5)
    )


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda number: float(function(number)) if math.isfinite(number) else number


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": math.fmod,
}  # fmt: skip
_CONSTANTS: Mapping[str, float] = {"PI": math.pi, "E": math.e}
_FUNCTIONS: Mapping[str, tuple[int, Callable[..., float]]] = {
    "abs": (1, abs),
    "ceil": (1, _whole(math.ceil)),
    "floor": (1, _whole(math.floor)),
    "round": (1, _rounded),
    "signum": (1, lambda x: x if x == 0 or math.isnan(x) else math.copysign(1.0, x)),
    "sqrt": (1, math.sqrt),
    "exp": (1, math.exp),
    "log": (1, math.log),
    "log10": (1, math.log10),
    "pow": (2, math.pow),
    "max": (2, lambda x, y: math.nan if math.isnan(x) or math.isnan(y) else max(x, y)),
    "min": (2, lambda x, y: math.nan if math.isnan(x) or math.isnan(y) else min(x, y)),
}


def _compare(sign: str, left: float, right: float) -> bool:
    if math.isnan(left) or math.isnan(right):
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _as_bool(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise ScriptFailure(f"expected a boolean but found [{value}]")
    return value


def _as_number(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScriptFailure(f"expected a number but found [{value}]")
    return value
