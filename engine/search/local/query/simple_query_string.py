"""The language of ``simple_query_string``, which no text can break (embedded-search.md 5)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.search.local.query.nodes import (
    AnyField,
    Bool,
    Fuzzy,
    Match,
    MatchAll,
    MatchNone,
    MatchPhrase,
    Prefix,
    Query,
    SimpleQueryString,
)

FLAGS = ("AND", "NOT", "OR", "PREFIX", "PHRASE", "PRECEDENCE", "ESCAPE", "WHITESPACE", "FUZZY", "NEAR", "SLOP")
_SIGNS = {"+": "AND", "|": "OR", '"': "PHRASE", "(": "PRECEDENCE", ")": "PRECEDENCE"}
_DEEPEST = 50
_MOST_CLAUSES = 900
_FUZZY = re.compile(r"~(\d{0,3})$", re.ASCII)
_SLOP = re.compile(r"~(\d{0,3})", re.ASCII)


class SimpleQueryUnsupported(Exception):
    """Something of the language that this engine does not know; the message names it."""


def parse_simple_query_string(given: SimpleQueryString, is_blank: Callable[[str], bool]) -> Query:
    """What the text means. Raises SimpleQueryUnsupported.

    ``is_blank`` tells whether a text has no words for the fields; such clauses are left out.
    """
    parser = _Parser(given, is_blank)
    found = parser.group(given.text, 0)
    if found is None:
        return MatchNone(boost=given.boost, name=given.name)
    if given.minimum is not None and isinstance(found, Bool) and found.should:
        found = replace(found, minimum=given.minimum)
    return replace(found, boost=given.boost, name=given.name)


@dataclass(slots=True)
class _State:
    """The clauses of a group as read so far; ``joined`` is the sign between the last two."""

    clauses: list[Query] = field(default_factory=list)
    sign: str | None = None
    joined: str | None = None
    is_negated: bool = False


@dataclass(slots=True)
class _Parser:
    given: SimpleQueryString
    is_blank: Callable[[str], bool]
    count: int = 0
    changes: int = 0

    def knows(self, flag: str) -> bool:
        return flag in self.given.flags

    def group(self, text: str, depth: int) -> Query | None:
        """The query of a text; None if it holds none. Clauses are joined from left to right, without precedence."""
        state, at, pairs = _State(), 0, _pairs(text)
        while at < len(text):
            character = text[at]
            if character.isspace() and self.knows("WHITESPACE"):
                state.is_negated = False
                at += 1
            elif character in _SIGNS and self.knows(_SIGNS[character]):
                at = self.sign(state, text, at, pairs, depth)
            elif character == "-" and self.knows("NOT"):
                state.is_negated = not state.is_negated
                at += 1
            else:
                at = self.word(state, text, at)
        return _whole(state)

    def sign(self, state: _State, text: str, at: int, pairs: Mapping[int, int], depth: int) -> int:
        if text[at] in "+|":
            state.is_negated = False
            if state.sign is None and state.clauses:
                state.sign = "and" if text[at] == "+" else "or"
            return at + 1
        if text[at] == '"':
            return self.phrase(state, text, at)
        end = pairs.get(at) if depth < _DEEPEST else None
        if end is None:
            # A bracket without its counterpart means nothing.
            return at + 1
        self.add(state, self.group(text[at + 1 : end], depth + 1))
        return end + 1

    def phrase(self, state: _State, text: str, at: int) -> int:
        end = at + 1
        while end < len(text) and text[end] != '"':
            end += 2 if text[end] == "\\" and self.knows("ESCAPE") else 1
        if end >= len(text):
            return at + 1
        words, end = self.plain(text[at + 1 : end]), end + 1
        slop = _SLOP.match(text, end) if self.knows("SLOP") or self.knows("NEAR") else None
        if slop is not None:
            end = slop.end()
            if int(slop[1] or 0):
                raise SimpleQueryUnsupported("loose phrases (~) in [simple_query_string]")
        self.add(state, None if self.is_blank(words) else self.over(MatchPhrase("", words, self.given.analyzer)))
        return end

    def word(self, state: _State, text: str, at: int) -> int:
        end = at
        while end < len(text) and not self.ends(text[end]):
            end += 2 if text[end] == "\\" and self.knows("ESCAPE") else 1
        self.add(state, self.leaf(text[at:end]))
        return min(end, len(text))

    def ends(self, character: str) -> bool:
        if character.isspace():
            return self.knows("WHITESPACE")
        return character in _SIGNS and self.knows(_SIGNS[character])

    def leaf(self, word: str) -> Query | None:
        if word == "*" and self.knows("PREFIX"):
            return MatchAll()
        is_escaped = self.knows("ESCAPE") and _is_escaped(word, len(word) - 1)
        if word.endswith("*") and self.knows("PREFIX") and not is_escaped:
            return self.over(Prefix("", self.plain(word[:-1]), is_analyzed=True))
        fuzzy = _FUZZY.search(word) if self.knows("FUZZY") else None
        if fuzzy is not None and fuzzy.start() and not _is_escaped(word, fuzzy.start()):
            distance = str(min(int(fuzzy[1]), 2)) if fuzzy[1] else "2"
            rules = self.given.fuzzy_prefix_length, self.given.fuzzy_transpositions
            return self.over(Fuzzy("", self.plain(word[: fuzzy.start()]), distance, *rules, is_analyzed=True))
        plain = self.plain(word)
        if self.is_blank(plain):
            return None
        return self.over(Match("", plain, self.given.operator, analyzer=self.given.analyzer))

    def over(self, leaf: Query) -> Query:
        return AnyField(self.given.fields, leaf, self.given.is_lenient)

    def plain(self, text: str) -> str:
        return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) if self.knows("ESCAPE") else text

    def add(self, state: _State, clause: Query | None) -> None:
        sign, is_negated = state.sign or self.given.operator, state.is_negated
        state.sign, state.is_negated = None, False
        self.count += 1
        if clause is None or self.count > _MOST_CLAUSES:
            if clause is not None:
                raise SimpleQueryUnsupported(f"more than {_MOST_CLAUSES} clauses in [simple_query_string]")
            return
        if is_negated:
            clause = Bool(must_not=(clause,))
        if state.clauses and state.joined not in (None, sign):
            # Another sign begins a new query, of which all before is the first clause.
            self.changes += 1
            if self.changes > _DEEPEST:
                raise SimpleQueryUnsupported(f"more than {_DEEPEST} changes between + and | in [simple_query_string]")
            state.clauses = [_joined(state.clauses, str(state.joined))]
        state.joined = sign if state.clauses else None
        state.clauses.append(clause)


def _whole(state: _State) -> Query | None:
    if len(state.clauses) <= 1:
        return state.clauses[0] if state.clauses else None
    return _joined(state.clauses, str(state.joined))


def _joined(clauses: Sequence[Query], sign: str) -> Query:
    return Bool(must=tuple(clauses)) if sign == "and" else Bool(should=tuple(clauses))


def _is_escaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _pairs(text: str) -> dict[int, int]:
    """For each opening bracket that is closed, where that is."""
    found, opened, at = {}, [], 0
    while at < len(text):
        if text[at] == "(":
            opened.append(at)
        elif text[at] == ")" and opened:
            found[opened.pop()] = at
        at += 2 if text[at] == "\\" else 1
    return found
