"""The parser of KQL (kql.md 2), by recursive descent.

The grammar is an ordered choice, but after an atom the next token decides which clause it begins, and where a clause
that has begun so fails no other reading of the text succeeds. So nothing is ever read twice: time is linear.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from engine.query.errors import KqlError, KqlErrorKind
from engine.query.kql.atoms import read_atom
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

DEEPEST_NESTING = 120
"""Levels of parentheses and braces; Python's own stack bounds the depth of any recursion."""
_LONGEST_QUOTE = 200

_AND = re.compile(r"[ \t\r\n\u00a0]+and[ \t\r\n\u00a0]+", re.IGNORECASE)
_OR = re.compile(r"[ \t\r\n\u00a0]+or[ \t\r\n\u00a0]+", re.IGNORECASE)
_NOT = re.compile(r"not[ \t\r\n\u00a0]+", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\u00a0]*")
_COMPARISON = re.compile(r"<=|>=|<|>")
_COMPARISONS: dict[str, Comparison] = {"<=": "lte", ">=": "gte", "<": "lt", ">": "gt"}

_Operand: TypeAlias = Callable[[], Node]


def parse_kql(text: object, *, allow_leading_wildcards: bool = True) -> Node:
    """The syntax tree of a KQL text.

    Raises KqlError of kind ``type``, ``syntax`` or ``leading_wildcard``.
    """
    if not isinstance(text, str):
        raise KqlError("type", f"a KQL query is a text, not {type(text).__name__}: write it in quotes")
    try:
        return _Parser(text, allow_leading_wildcards).parse()
    except RecursionError:
        raise KqlError("syntax", "the query is nested too deeply here: use fewer parentheses") from None


class _Parser:
    def __init__(self, text: str, allow_leading_wildcards: bool) -> None:
        self._text, self._allow_leading_wildcards = text, allow_leading_wildcards
        self._at = 0
        self._depth = 0

    def parse(self) -> Node:
        self._skip_blanks()
        if self._at == len(self._text):
            return MatchAll()
        node = self._read_or(self._read_group)
        if self._at < len(self._text):
            raise self._failure("an operator (and, or), : or a comparison, or the end")
        return node

    def _read_or(self, read_operand: _Operand) -> Node:
        """``a and b or not c``, and the blanks behind. One method for both operators: it recurses less deeply."""
        alternatives: list[Node] = []
        conjunction = [self._read_unary(read_operand)]
        while True:
            if self._take(_AND):
                conjunction.append(self._read_unary(read_operand))
            elif self._take(_OR):
                alternatives.append(_and(conjunction))
                conjunction = [self._read_unary(read_operand)]
            else:
                self._skip_blanks()
                return Or((*alternatives, _and(conjunction))) if alternatives else _and(conjunction)

    def _read_unary(self, read_operand: _Operand) -> Node:
        return Not(read_operand()) if self._take(_NOT) else read_operand()

    def _read_group(self) -> Node:
        return self._read_enclosed(")", self._read_group) if self._starts("(") else self._read_clause()

    def _read_enclosed(self, closing: str, read_operand: _Operand) -> Node:
        """What stands between an opening character, which is next, and its closing one."""
        if self._depth == DEEPEST_NESTING:
            raise self._failure(f"no more than {DEEPEST_NESTING} nested parentheses and braces")
        self._depth += 1
        self._at += 1
        self._skip_blanks()
        node = self._read_or(read_operand)
        if not self._starts(closing):
            raise self._failure(f"{closing}, or an operator (and, or)")
        self._at += 1
        self._depth -= 1
        return node

    def _read_clause(self) -> Node:
        start = self._at
        atom = self._read_atom("a field name, a value, not or (")
        end = self._at
        self._skip_blanks()
        if self._starts(":"):
            self._at += 1
            self._skip_blanks()
            if self._starts("{"):
                return NestedGroup(atom, self._read_enclosed("}", self._read_group))
            return self._read_values(_field_of(atom))
        if comparison := _COMPARISON.match(self._text, self._at):
            self._at = comparison.end()
            self._skip_blanks()
            return Range(atom, _COMPARISONS[comparison[0]], self._read_atom("a value"))
        if not (self._at_end_of_clause() or _AND.match(self._text, end) or _OR.match(self._text, end)):
            raise self._failure("an operator (and, or), : or a comparison, or the end")
        self._at = end  # the blanks belong to an operator that may follow
        return FieldTest(None, self._checked_value(atom, start))

    def _at_end_of_clause(self) -> bool:
        return self._at == len(self._text) or self._text[self._at] in ")}"

    def _read_values(self, field: Atom | None) -> Node:
        """A value, or a list of them in parentheses, each tested in the field."""

        def read_list() -> Node:
            if self._starts("("):
                return self._read_enclosed(")", read_list)
            start = self._at
            return FieldTest(field, self._checked_value(self._read_atom("a value, or ( before several"), start))

        return read_list()

    def _checked_value(self, value: Atom, start: int) -> Atom:
        """Raises KqlError for a wildcard in front, where that is not allowed."""
        if isinstance(value, Wildcard) and not (self._allow_leading_wildcards or value.is_lone_star or value.pieces[0]):
            self._at = start
            raise self._error("leading_wildcard", "a value may not start with *, since such a search is slow here")
        return value

    def _read_atom(self, wanted: str) -> Atom:
        found = read_atom(self._text, self._at)
        if found is None:
            raise self._failure(wanted)
        atom, self._at = found
        return atom

    def _starts(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _take(self, token: re.Pattern[str]) -> bool:
        match = token.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return match is not None

    def _skip_blanks(self) -> None:
        match = _BLANKS.match(self._text, self._at)
        self._at = self._at if match is None else match.end()

    def _failure(self, wanted: str) -> KqlError:
        return self._error("syntax", f"expected {wanted} but found {self._found()}{self._advice()}")

    def _found(self) -> str:
        if self._at == len(self._text):
            return "the end"
        if self._starts('"'):
            return "a quotation mark without its other one"
        return repr(self._text[self._at : self._at + 1])

    def _advice(self) -> str:
        """``cannot open``: a keyword in the middle of a word."""
        is_word = self._at > 0 and self._text[self._at - 1].isalnum() and _NOT.match(self._text, self._at)
        return "; the 'not' inside of a word is read as an operator: put the value into quotes" if is_word else ""

    def _error(self, kind: KqlErrorKind, message: str) -> KqlError:
        offset = len(self._text[: self._at].encode("utf-16-le", "surrogatepass")) // 2
        return KqlError(kind, f"{message}\n{_mark(self._text, self._at)}", offset)


def _and(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


def _field_of(atom: Atom) -> Atom | None:
    """The field that a clause names; the bare word ``null`` names none."""
    return None if isinstance(atom, Text) and atom.value is None else atom


def _mark(text: str, at: int) -> str:
    """The text on one line with a caret below the place; of a long text the part around it."""
    start = max(0, at - _LONGEST_QUOTE // 2)
    shown = "".join(character if character.isprintable() else " " for character in text[start : start + _LONGEST_QUOTE])
    return f"{shown}\n{'-' * (at - start)}^"
