"""Lucene's regular expressions as RE2's, which the database matches in time linear in the text (embedded-search.md 4).

An expression is read to its end and written anew, so that RE2 is given nothing that a request wrote. What it would
make of it is bounded: repetitions are counted through, as they unroll.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.search.local.query.wildcards import escape_expression

_LONGEST = 1000
_MOST_REPEATS = 1000
_MOST_STATES = 10_000
_DEEPEST = 50
_OPTIONAL = {"COMPLEMENT": "~", "INTERVAL": "<", "INTERSECTION": "&", "ANYSTRING": "@", "EMPTY": "#"}
ALL_OPERATORS = frozenset(_OPTIONAL.values())
_REPEAT = re.compile(r"\{(\d{1,6})(?:(,)(\d{1,6})?)?\}", re.ASCII)
_INTERVAL = re.compile(r"<(\d{1,15})-(\d{1,15})>", re.ASCII)
_CLASSES = {"d": r"\d", "D": r"\D", "w": r"\w", "W": r"\W", "s": r"\s", "S": r"\S"}
_NEGATED = frozenset("DWS")
_NOTHING = r"[^\x00-\x{10FFFF}]"


class RegexpError(Exception):
    """The expression cannot be used; the message says why. ``is_limit``: a cluster would know it."""

    def __init__(self, reason: str, *, is_limit: bool = False) -> None:
        self.is_limit = is_limit
        super().__init__(reason)


def regexp_flags(text: str) -> frozenset[str]:
    """The optional operators that ``flags`` switches on. Raises RegexpError."""
    found: set[str] = set()
    for name in text.upper().split("|"):
        if name == "ALL":
            found |= ALL_OPERATORS
        elif name in _OPTIONAL:
            found.add(_OPTIONAL[name])
        elif name != "NONE":
            raise RegexpError(f"unknown flag [{name[:100]}]")
    return frozenset(found)


def translate_regexp(expression: str, excluded: str = "", operators: frozenset[str] = ALL_OPERATORS) -> str:
    """The same for RE2, to match a whole text. ``excluded`` are characters (in class form) that no part may match.

    Raises RegexpError.
    """
    if len(expression) > _LONGEST:
        raise RegexpError(f"the expression has {len(expression)} characters, more than the {_LONGEST} allowed")
    parser = _Parser(expression, excluded, operators)
    written = parser.union(0)
    if parser.at < len(expression):
        raise RegexpError(f"unexpected [{expression[parser.at]}] at position {parser.at}")
    if written.states > _MOST_STATES:
        raise RegexpError(f"the expression is too complex: it unrolls to more than {_MOST_STATES} states")
    return f"(?:{written.text})"


@dataclass(frozen=True, slots=True)
class _Written:
    """A part in RE2's form, how many states it unrolls to, and how often its innermost part is counted through."""

    text: str
    states: int = 1
    repeats: int = 1


def _put_together(parts: Sequence[_Written], between: str) -> _Written:
    return _Written(
        between.join(part.text for part in parts),
        sum(part.states for part in parts) + 1,
        max((part.repeats for part in parts), default=1),
    )


@dataclass(slots=True)
class _Parser:
    source: str
    excluded: str
    operators: frozenset[str]
    at: int = 0

    def peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def take(self, character: str) -> bool:
        is_there = self.peek() == character
        self.at += is_there
        return is_there

    def union(self, depth: int) -> _Written:
        if depth > _DEEPEST:
            raise RegexpError(f"groups are nested deeper than {_DEEPEST}")
        parts = [self.sequence(depth)]
        while self.take("|"):
            if self.peek() in ("", "|", ")"):
                raise RegexpError(f"an alternative is missing at position {self.at}")
            parts.append(self.sequence(depth))
        return _put_together(parts, "|")

    def sequence(self, depth: int) -> _Written:
        parts = []
        while self.peek() not in ("", "|", ")"):
            if self.peek() == "&" and "&" in self.operators:
                raise RegexpError("intersections [&]", is_limit=True)
            parts.append(self.repeated(depth))
        return _put_together(parts, "")

    def repeated(self, depth: int) -> _Written:
        part = self.atom(depth)
        while (sign := self.peek()) and sign in "?*+{":
            if sign == "{":
                part = self.counted(part)
            else:
                self.at += 1
                part = _Written(f"(?:{part.text}){sign}", part.states + 1, part.repeats)
        return part

    def counted(self, part: _Written) -> _Written:
        match = _REPEAT.match(self.source, self.at)
        if match is None:
            raise RegexpError(f"no count at position {self.at}: write one like {{2}}, {{2,}} or {{2,5}}")
        self.at = match.end()
        least, most = int(match[1]), int(match[3] or match[1])
        repeats = part.repeats * max(least, most, 1)
        if repeats > _MOST_REPEATS:
            raise RegexpError(f"counts, one in the other, come to more than {_MOST_REPEATS}")
        if most < least:
            raise RegexpError(f"the count {match[0]} ends before it begins")
        states = part.states * (max(least, most) + 1)
        if states > _MOST_STATES:
            raise RegexpError(f"the expression is too complex: it unrolls to more than {_MOST_STATES} states")
        return _Written(f"(?:{part.text}){match[0]}", states, repeats)

    def atom(self, depth: int) -> _Written:
        start, character = self.at, self.peek()
        self.at += 1
        if character == "(":
            inner = self.union(depth + 1)
            if not self.take(")"):
                raise RegexpError(f"the bracket at position {start} is not closed")
            return _Written(f"(?:{inner.text})", inner.states, inner.repeats)
        if character == "[":
            return self.character_class(start)
        if character == ".":
            return _Written(self.any_character)
        if character == '"':
            end = self.source.find('"', self.at)
            if end < 0:
                raise RegexpError(f"the quote at position {start} is not closed")
            text, self.at = self.source[self.at : end], end + 1
            return _Written(f"(?:{escape_expression(text)})", len(text) + 1)
        if character == "\\":
            return _Written(self.escaped(start))
        return self.operator(character, start)

    @property
    def any_character(self) -> str:
        return f"[^{self.excluded}]" if self.excluded else "(?s:.)"

    def operator(self, character: str, start: int) -> _Written:
        if character not in self.operators:
            return _Written(escape_expression(character))
        if character == "~":
            raise RegexpError("complements [~]", is_limit=True)
        if character == "@":
            return _Written(f"(?:{self.any_character})*", 2)
        if character == "#":
            return _Written(_NOTHING)
        match = _INTERVAL.match(self.source, start)
        if match is None:
            raise RegexpError(f"no interval at position {start}: write one like <1-10>, or escape [<]")
        self.at = match.end()
        text = _interval(match[1], match[2])
        return _Written(f"(?:{text})", len(text))

    def escaped(self, start: int) -> str:
        character = self.peek()
        if not character:
            raise RegexpError(f"nothing is escaped at position {start}")
        self.at += 1
        if character not in _CLASSES:
            return escape_expression(character)
        if character in _NEGATED and self.excluded:
            return f"[^{_CLASSES[character.lower()]}{self.excluded}]"
        return _CLASSES[character]

    def character_class(self, start: int) -> _Written:
        is_negated = self.take("^")
        items = [self.class_item(start)]
        while not self.take("]"):
            items.append(self.class_item(start))
        inside = "".join(items)
        return _Written(f"[^{inside}{self.excluded}]" if is_negated else f"[{inside}]")

    def class_item(self, start: int) -> str:
        low = self.class_character(start)
        if len(low) > 1:
            return low
        if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("", "]"):
            self.at += 1
            high = self.class_character(start)
            if len(high) > 1 or high < low:
                raise RegexpError(f"the range [{low}-{high}] has no beginning and end")
            return f"{_in_class(low)}-{_in_class(high)}"
        return _in_class(low)

    def class_character(self, start: int) -> str:
        """One character, or a class of characters in RE2's form."""
        found = re.compile(r"\\(.)|(.)", re.DOTALL).match(self.source, self.at)
        if found is None or found[0] == "\\":
            raise RegexpError(f"the class at position {start} is not closed")
        self.at = found.end()
        return found[2] if found[1] is None else _CLASSES.get(found[1], found[1])


def _in_class(character: str) -> str:
    return f"\\x{{{ord(character):X}}}"


def _interval(first: str, last: str) -> str:
    """Whole numbers between two others; with as many digits if both have the same number of them."""
    low, high = sorted((int(first), int(last)))
    if len(first) == len(last):
        return _same_length(str(low).zfill(len(first)), str(high).zfill(len(first)))
    parts = []
    for length in range(len(str(low)), len(str(high)) + 1):
        least, most = 10 ** (length - 1) if length > 1 else 0, 10**length - 1
        parts.append(_same_length(str(max(low, least)), str(min(high, most))))
    return f"0*(?:{'|'.join(parts)})"


def _same_length(low: str, high: str) -> str:
    if not low:
        return ""
    if low[0] == high[0]:
        return low[0] + _same_length(low[1:], high[1:])
    rest = len(low) - 1
    parts = [low[0] + _at_least(low[1:]), high[0] + _at_most(high[1:])]
    if int(high[0]) - int(low[0]) > 1:
        parts.append(f"[{int(low[0]) + 1}-{int(high[0]) - 1}]" + f"[0-9]{{{rest}}}" * bool(rest))
    return f"(?:{'|'.join(parts)})"


def _at_least(digits: str) -> str:
    return _same_length(digits, "9" * len(digits))


def _at_most(digits: str) -> str:
    return _same_length("0" * len(digits), digits)
