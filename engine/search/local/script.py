"""Comparison scripts of bucket selectors: parsed to a tree and evaluated, never executed (embedded-search.md 13).

The subset: numbers, ``true false null``, ``params.x``, ``params['x']``, comparisons, ``&& || !`` and parentheses.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonValue
from engine.search.local.errors import invalid_script

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<suffix>[lLfFdD]?)"
    r"|params\s*(?:\.\s*(?P<name>[A-Za-z_]\w*)|\[\s*(?:'(?P<single>[^'\\]*)'|\"(?P<double>[^\"\\]*)\")\s*\])"
    r"|(?P<word>true|false|null|return)\b|(?P<operator>===|!==|==|!=|<=|>=|<|>|&&|\|\||[!()+;-]))",
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
    """A comparison, ``&&`` or ``||``."""

    sign: str
    left: "Expression"
    right: "Expression"


Expression = Constant | Parameter | Negation | Operation


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
        left = self.unary()
        while sign := self.take("<", "<=", ">", ">="):
            left = Operation(sign, left, self.unary())
        return left

    def unary(self) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.fail(f"nested deeper than {_DEEPEST}")
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
            inner = self.either()
            if not self.take(")"):
                raise self.fail("missing )")
            return inner
        if self.position >= len(self.tokens):
            raise self.fail("unexpected end of script")
        token = self.tokens[self.position]
        self.position += 1
        if token["number"] is not None:
            return _number(token, self)
        name = next((token[key] for key in ("name", "single", "double") if token[key] is not None), None)
        if name is not None:
            return Parameter(name)
        if token["word"] in ("true", "false", "null"):
            return Constant({"true": True, "false": False, "null": None}[token["word"]])
        raise self.fail(f"unexpected token [{token[0].strip()}]")


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
    tree = parser.either()
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


def _evaluate(tree: Expression, params: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(tree, Constant):
        return tree.value
    if isinstance(tree, Parameter):
        return params.get(tree.name)
    if isinstance(tree, Negation):
        operand = _evaluate(tree.operand, params)
        return not _as_bool(operand) if tree.sign == "!" else -_as_number(operand)
    left = _evaluate(tree.left, params)
    if tree.sign in ("&&", "||"):
        if _as_bool(left) == (tree.sign == "||"):
            return left
        return _as_bool(_evaluate(tree.right, params))
    right = _evaluate(tree.right, params)
    if tree.sign in ("==", "!="):
        is_equal = left == right and isinstance(left, bool) == isinstance(right, bool)
        return is_equal == (tree.sign == "==")
    return _compare(tree.sign, _as_number(left), _as_number(right))


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
