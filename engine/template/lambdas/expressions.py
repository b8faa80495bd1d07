"""The grammar of ``EvalMath`` (templates.md 6.1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.template.lambdas.contract import LambdaError

MAX_CHARS: Final = 1000
MAX_OPEN_PARENTHESES: Final = 20


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable; ``position`` is where it stands in the expression."""

    path: str
    position: int


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function or an operator, which is a function too, with its arguments. ``is_comparison``: it was written as one,
    which no operator takes as an operand.
    """

    function: str
    arguments: "tuple[Expression, ...]"
    position: int
    is_comparison: bool = False


Expression: TypeAlias = "Number | Name | FunctionCall"

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE]-?[0-9]+)?")
_NAME: Final = re.compile(r"[0-9A-Za-z._@\[\]-]+")
_QUOTED: Final = re.compile(r'"((?:\\"|[^"])*)"|' r"'((?:\\'|[^'])*)'")
_CALL: Final = re.compile(r"([A-Za-z_-]+)\(")
_COMPARISON: Final = re.compile(r">=|<=|==|>|<")
_COMPARISONS: Final = {">": "gt", "<": "lt", ">=": "gte", "<=": "lte", "==": "eq"}
_SUMS: Final = {"+": "add", "-": "subtract"}
_PRODUCTS: Final = {"*": "multiply", "/": "divide"}


def parse_expression(text: str) -> Expression:
    """The tree of an expression. Raises LambdaError."""
    if len(text) > MAX_CHARS:
        raise LambdaError(f"the expression is longer than {MAX_CHARS} characters")
    _check_parentheses(text)
    parser = _Parser(text)
    expression = parser.read_comparison()
    if parser.position < len(text):
        raise parser.unexpected()
    return expression


def _check_parentheses(text: str) -> None:
    open_now = 0
    for character in text:
        open_now += (character == "(") - (character == ")")
        if open_now > MAX_OPEN_PARENTHESES:
            raise LambdaError(f"more than {MAX_OPEN_PARENTHESES} open parentheses")


class _Parser:
    """Reads from ``position`` on; each ``read_*`` skips white space before and after what it reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def unexpected(self) -> LambdaError:
        what = "unexpected character" if self.position < len(self.text) else "unexpected end"
        return LambdaError(f"{what} at character {self.position} of the expression")

    def read_comparison(self) -> Expression:
        """Arithmetic, or two of it compared."""
        start = self._skip_space()
        left = self._read_sum()
        operator = _COMPARISON.match(self.text, self.position)
        if operator is None:
            return left
        self.position = operator.end()
        right = self._read_sum()
        _check_operands(left, right, operator[0], operator.start())
        return FunctionCall(_COMPARISONS[operator[0]], (left, right), start, is_comparison=True)

    def _read_sum(self) -> Expression:
        return self._read_chain(_SUMS, self._read_product)

    def _read_product(self) -> Expression:
        return self._read_chain(_PRODUCTS, self._read_operand)

    def _read_chain(self, operators: dict[str, str], read_part: Callable[[], Expression]) -> Expression:
        """Parts joined by operators of one rank, from the left."""
        left = read_part()
        while (operator := self.text[self.position : self.position + 1]) in operators:
            position = self.position
            self.position += 1
            right = read_part()
            _check_operands(left, right, operator, position)
            left = FunctionCall(operators[operator], (left, right), position)
        return left

    def _read_operand(self) -> Expression:
        start = self._skip_space()
        if self.text.startswith("(", start):
            self.position += 1
            inner = self.read_comparison()
            self._expect(")")
            return inner
        call = _CALL.match(self.text, start)
        if call is not None:
            self.position = call.end()
            return FunctionCall(call[1], self._read_arguments(), start)
        return self._read_literal(start)

    def _read_arguments(self) -> "tuple[Expression, ...]":
        arguments: list[Expression] = []
        self._skip_space()
        while not self.text.startswith(")", self.position):
            arguments.append(self.read_comparison())
            if self.text.startswith("=", self.position):
                raise LambdaError(f"named arguments are not supported, at character {self.position} of the expression")
            if not self.text.startswith(",", self.position):
                break
            self.position += 1
            self._skip_space()
        self._expect(")")
        return tuple(arguments)

    def _read_literal(self, start: int) -> Expression:
        """A number is tried first, and what it leaves (``1a``, ``007``) is a mistake."""
        found = _NUMBER.match(self.text, start)
        literal: Expression
        if found is not None:
            literal = Number(float(found[0]))
        elif (found := _QUOTED.match(self.text, start)) is not None:
            quoted = found[1].replace('\\"', '"') if found[1] is not None else found[2].replace("\\'", "'")
            literal = Name(quoted, start)
        elif (found := _NAME.match(self.text, start)) is not None:
            literal = Name(found[0], start)
        else:
            raise self.unexpected()
        self.position = found.end()
        self._skip_space()
        return literal

    def _expect(self, character: str) -> None:
        if not self.text.startswith(character, self.position):
            raise self.unexpected()
        self.position += 1
        self._skip_space()

    def _skip_space(self) -> int:
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.position


def _check_operands(left: Expression, right: Expression, operator: str, position: int) -> None:
    for operand in (left, right):
        if isinstance(operand, FunctionCall) and operand.is_comparison:
            raise LambdaError(f"a comparison is no operand of [{operator}], at character {position} of the expression")
