"""The language of ``query_string``: Lucene's, from text to queries (embedded-search.md 5)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from engine.search.local.query import nodes
from engine.search.local.query.nodes import (
    AnyField,
    Bool,
    Bound,
    Exists,
    Fuzzy,
    Match,
    MatchAll,
    MatchNone,
    MatchPhrase,
    Query,
    QueryString,
    Range,
    Regexp,
    Wildcard,
)
from engine.search.local.query.regexps import ALL_OPERATORS

Occur = Literal["must", "should", "must_not"]

_DEEPEST = 100
_BLANKS = re.compile(r"\s*")
_WORD = re.compile(r'(?:\\.|[^\s()\[\]{}":^~\\])+', re.DOTALL)
_FIELD = re.compile(r'((?:\\.|[^\s()\[\]{}":^~\\+\-!])(?:\\.|[^\s()\[\]{}":^~\\])*)\s*:', re.DOTALL)
_PHRASE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_REGEXP = re.compile(r"/((?:\\.|[^/\\])*)/", re.DOTALL)
_RANGE = re.compile(
    r'([\[{])\s*("(?:\\.|[^"\\])*"|[^\s\]}]+)\s+TO\s+("(?:\\.|[^"\\])*"|[^\s\]}]+)\s*([\]}])', re.DOTALL
)
_COMPARISON = re.compile(r'(>=|<=|>|<)\s*("(?:\\.|[^"\\])*"|(?:\\.|[^\s()\\])+)', re.DOTALL)
_CONJUNCTION = re.compile(r"(AND|OR)(?=[\s(]|$)|(&&|\|\|)")
_NEGATION = re.compile(r"NOT(?=[\s(]|$)|!|-")
_SUFFIX = re.compile(r"([\^~])(\d+(?:\.\d+)?)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WILD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")


class QuerySyntaxError(Exception):
    """The text is not in the language; the message says why."""


class QueryUnsupported(Exception):
    """Something of the language that this engine does not know; the message names it."""


@dataclass(slots=True)
class _Clause:
    occur: Occur
    query: Query


def parse_query_string(given: QueryString) -> Query:
    """What the text means. Raises QuerySyntaxError, QueryUnsupported."""
    if not given.text.strip():
        return MatchNone(boost=given.boost, name=given.name)
    found = _Parser(given).parse()
    if given.minimum is not None:
        found = _with_minimum(found, given.minimum)
    return replace(found, boost=given.boost, name=given.name)


def _with_minimum(query: Query, minimum: str) -> Query:
    """The minimum counts for the outermost clauses, or for the words if there are no others."""
    if isinstance(query, Bool):
        return replace(query, minimum=minimum) if query.should else query
    if isinstance(query, AnyField) and isinstance(query.leaf, Match):
        return replace(query, leaf=replace(query.leaf, minimum=minimum))
    return query


class _Parser:
    def __init__(self, given: QueryString) -> None:
        self._given, self._text, self._at = given, given.text, 0

    def parse(self) -> Query:
        query = self._group(self._given.fields, 0)
        if self._at < len(self._text):
            self._fail("a bracket is closed that was not opened")
        return query

    def _group(self, fields: Sequence[str], depth: int) -> Query:
        """Clauses up to the end or a closing bracket."""
        if depth > _DEEPEST:
            self._fail(f"brackets are nested deeper than {_DEEPEST}")
        clauses: list[_Clause] = []
        while not self._is_at_end():
            joined = self._take(_CONJUNCTION)
            conjunction = None if joined is None else "and" if joined[0] in ("AND", "&&") else "or"
            if conjunction is not None and not clauses:
                self._fail("an operator has nothing before it")
            sign = self._sign()
            run = conjunction is None and sign is None
            query = self._clause(fields, depth, takes_run=run)
            if len(clauses) >= nodes.MOST_CLAUSES:
                self._fail(f"there are more than {nodes.MOST_CLAUSES} clauses")
            self._adapt(clauses, conjunction)
            clauses.append(_Clause(self._occur(conjunction, sign), query))
        if not clauses:
            self._fail("a query is missing")
        return _combined(clauses)

    def _adapt(self, clauses: list[_Clause], conjunction: str | None) -> None:
        """What a conjunction makes of the clause before it."""
        if conjunction is None or clauses[-1].occur == "must_not":
            return
        if conjunction == "and":
            clauses[-1].occur = "must"
        elif self._given.operator == "and":
            clauses[-1].occur = "should"

    def _occur(self, conjunction: str | None, sign: str | None) -> Occur:
        if sign == "-":
            return "must_not"
        is_required = conjunction == "and" if self._given.operator == "or" else conjunction != "or"
        return "must" if sign == "+" or is_required else "should"

    def _sign(self) -> str | None:
        self._skip_blanks()
        if self._text.startswith("+", self._at):
            self._at += 1
            return "+"
        return None if self._take(_NEGATION) is None else "-"

    def _clause(self, fields: Sequence[str], depth: int, *, takes_run: bool) -> Query:
        self._skip_blanks()
        if self._take_text("*:*"):
            return self._suffixed(MatchAll())
        named = self._take(_FIELD)
        if named is not None:
            name = _unescape(named[1])
            self._skip_blanks()
            if name == "_exists_":
                return self._suffixed(Exists(_unescape(self._word())))
            return self._value((name,), depth, takes_run=False)
        return self._value(fields, depth, takes_run=takes_run)

    def _value(self, fields: Sequence[str], depth: int, *, takes_run: bool) -> Query:
        if self._take_text("("):
            query = self._group(fields, depth + 1)
            if not self._take_text(")"):
                self._fail("a bracket is not closed")
            return self._suffixed(query)
        if (expression := self._take(_REGEXP)) is not None:
            pattern = expression[1].replace("\\/", "/")
            return self._suffixed(self._over(fields, Regexp("", pattern, flags=ALL_OPERATORS, is_analyzed=True)))
        if self._text.startswith("/", self._at):
            self._fail("a regular expression is not closed")
        if (phrase := self._take(_PHRASE)) is not None:
            return self._suffixed(self._over(fields, MatchPhrase("", _unescape(phrase[1]), self._given.analyzer)))
        if (bounds := self._take(_RANGE)) is not None:
            lower, upper = _bound(bounds[2], bounds[1] == "["), _bound(bounds[3], bounds[4] == "]")
            return self._suffixed(self._over(fields, self._range(lower, upper)))
        if (compared := self._take(_COMPARISON)) is not None:
            bound = _bound(compared[2], len(compared[1]) == 2)
            is_lower = compared[1].startswith(">")
            return self._over(fields, self._range(bound if is_lower else None, None if is_lower else bound))
        return self._words(fields, takes_run=takes_run)

    def _words(self, fields: Sequence[str], *, takes_run: bool) -> Query:
        word = self._word()
        if _WILD.search(word):
            return self._suffixed(self._pattern(fields, word))
        if (fuzzy := self._take_fuzzy()) is not None:
            given = self._given
            rules = given.fuzzy_prefix_length, given.fuzzy_transpositions
            return self._suffixed(self._over(fields, Fuzzy("", _unescape(word), fuzzy, *rules, is_analyzed=True)))
        words = [_unescape(word)]
        while takes_run and (following := self._following_word()) is not None:
            words.append(_unescape(following))
        match = Match("", " ".join(words), self._given.operator, analyzer=self._given.analyzer)
        return self._suffixed(self._over(fields, match))

    def _take_fuzzy(self) -> str | None:
        """How fuzzy the word just read is meant; None if it is not."""
        suffix = _SUFFIX.match(self._text, self._at)
        if suffix is None or suffix[1] != "~":
            return None
        self._at = suffix.end()
        return "AUTO" if suffix[2] is None else str(min(int(float(suffix[2])), 2))

    def _following_word(self) -> str | None:
        """The next plain word, if it belongs to the same run of words."""
        before = self._at
        self._skip_blanks()
        is_other = any(
            pattern.match(self._text, self._at) for pattern in (_CONJUNCTION, _NEGATION, _FIELD, _COMPARISON)
        )
        found = None if is_other or self._text.startswith(("+", "/"), self._at) else _WORD.match(self._text, self._at)
        if found is None or _WILD.search(found[0]) or self._text[found.end() : found.end() + 1] in ("^", "~"):
            self._at = before
            return None
        self._at = found.end()
        return found[0]

    def _pattern(self, fields: Sequence[str], word: str) -> Query:
        if word == "*":
            if not fields:
                return MatchAll()
            return self._over(fields, Exists(""))
        if word[0] in "*?" and not self._given.allows_leading_wildcard:
            self._fail("a value may not start with * or ?")
        return self._over(fields, Wildcard("", word, is_analyzed=True))

    def _range(self, lower: Bound | None, upper: Bound | None) -> Range:
        return Range("", lower, upper, time_zone=self._given.time_zone)

    def _over(self, fields: Sequence[str], leaf: nodes.Query) -> Query:
        return AnyField(tuple(fields), leaf, is_lenient=self._given.is_lenient)

    def _suffixed(self, query: Query) -> Query:
        while (suffix := _SUFFIX.match(self._text, self._at)) is not None:
            self._at = suffix.end()
            if suffix[1] == "~" and suffix[2] not in ("0", "0.0"):
                raise QueryUnsupported("loose phrases (~) in [query_string]")
            if suffix[1] == "^":
                if suffix[2] is None:
                    self._fail("a boost has no number")
                query = replace(query, boost=float(suffix[2]))
        return query

    def _word(self) -> str:
        found = _WORD.match(self._text, self._at)
        if found is None:
            self._fail("a value is missing")
        self._at = found.end()
        return found[0]

    def _take(self, pattern: "re.Pattern[str]") -> "re.Match[str] | None":
        self._skip_blanks()
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _take_text(self, text: str) -> bool:
        self._skip_blanks()
        is_there = self._text.startswith(text, self._at)
        self._at += len(text) if is_there else 0
        return is_there

    def _is_at_end(self) -> bool:
        self._skip_blanks()
        return self._at >= len(self._text) or self._text[self._at] == ")"

    def _skip_blanks(self) -> None:
        blanks = _BLANKS.match(self._text, self._at)
        self._at = self._at if blanks is None else blanks.end()

    def _fail(self, why: str) -> NoReturn:
        raise QuerySyntaxError(f"{why} at position {self._at} of [{self._text[:200]}]")


def _combined(clauses: Sequence[_Clause]) -> Query:
    if len(clauses) == 1 and clauses[0].occur != "must_not":
        return clauses[0].query

    def those(occur: Occur) -> tuple[Query, ...]:
        return tuple(clause.query for clause in clauses if clause.occur == occur)

    return Bool(must=those("must"), should=those("should"), must_not=those("must_not"))


def _bound(text: str, is_inclusive: bool) -> Bound | None:
    if text == "*":
        return None
    return Bound(_unescape(text[1:-1] if text.startswith('"') else text), is_inclusive)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
