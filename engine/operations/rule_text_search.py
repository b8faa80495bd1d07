"""``search`` of finding rules: Elasticsearch's simple query syntax over attributes (rest-api.md 4.5).

No text is wrong: signs without a meaning where they stand mean nothing. Clauses are joined from left to right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from engine.model.errors import InvalidInput, Problem
from engine.operations.rule_attributes import attribute_named
from engine.ports.store.rule_conditions import (
    ATTRIBUTES,
    AllOf,
    AnyOf,
    Attribute,
    Has,
    HasWords,
    IsAnyOf,
    IsSimilarTo,
    RuleCondition,
    StartsWith,
    ValueTest,
    all_of,
    any_of,
    not_so,
)
from engine.query.analysis import analyze
from engine.query.match.values import as_boolean, as_number

Operator = Literal["OR", "AND"]

LONGEST_SEARCH: Final = 10_000
MOST_CLAUSES: Final = 100
MOST_TESTS: Final = 1000
"""Words times attributes."""
_DEEPEST: Final = 20
_MOST_EDITS: Final = 2
_LONGEST_SIMILAR: Final = 100
"""Longer words are compared as they are: to count their differences would take long."""
_MOST_SLOP: Final = 100
_EVERYWHERE: Final = tuple(
    Attribute(name)
    for name, kind in ATTRIBUTES.items()
    if kind in ("text", "keyword", "json") and not name.startswith("actions.")
)
"""What is searched unless fields are named; actions are there as wholes."""

_TOKEN = re.compile(
    r"""(?P<blank>\s+) | (?P<sign>[+|]) | (?P<minus>-) | (?P<open>\() | (?P<close>\))
      | "(?P<phrase>(?:[^"\\]|\\.)*)"(?:~(?P<slop>[0-9]{1,3}))? | (?P<quote>")
      | (?P<word>(?:[^\s+|()"\\]|\\.|\\\Z)+)""",
    re.VERBOSE | re.DOTALL,
)
_FUZZY = re.compile(r"(?P<word>.+?)(?<!\\)~(?P<edits>[0-9]{0,3})", re.DOTALL)
_PREFIX = re.compile(r"(?P<word>.*)(?<!\\)\*", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def read_search(text: str, fields: Sequence[str], operator: Operator) -> RuleCondition:
    """The condition that a search stands for; ``fields`` name attributes, none: all that hold texts.

    Raises InvalidInput.
    """
    if len(text) > LONGEST_SEARCH:
        raise _invalid("search", f"has {len(text)} characters", f"use at most {LONGEST_SEARCH}")
    attributes = [attribute_named(name, "search_fields") for name in fields]
    searched = tuple(dict.fromkeys(attributes)) or _EVERYWHERE
    found = _Reader(searched, operator).read(text)
    start = text.strip()
    if found is None:
        return AnyOf(())
    if not start.endswith("*") or start == "*":
        return found
    # A text that ends so is also taken as a whole for how a value begins, as the reference does.
    prefix = StartsWith(_unescaped(start[:-1]))
    wholes = tuple(Has(each, prefix) for each in searched if each.kind in ("keyword", "json"))
    return any_of((found, *wholes))


@dataclass(slots=True)
class _Group:
    """The clauses between two brackets as read so far; ``joined`` is the sign between them."""

    clauses: list[RuleCondition] = field(default_factory=list)
    joined: Operator | None = None
    sign: Operator | None = None
    is_negated: bool = False

    def whole(self) -> RuleCondition | None:
        if not self.clauses:
            return None
        return all_of(self.clauses) if self.joined == "AND" else any_of(self.clauses)


@dataclass(slots=True)
class _Reader:
    attributes: tuple[Attribute, ...]
    operator: Operator
    count: int = 0

    def read(self, text: str) -> RuleCondition | None:
        """The condition of a text, None if it holds no clause."""
        groups = [_Group()]
        for token in _TOKEN.finditer(text):
            kind, group = token.lastgroup, groups[-1]
            if kind == "open":
                if len(groups) > _DEEPEST:
                    raise _invalid("search", f"is nested more than {_DEEPEST} levels deep", "use fewer brackets")
                groups.append(_Group())
            elif kind == "close" and len(groups) > 1:
                self._add(groups[-2], groups.pop().whole())
            elif kind == "sign":
                group.is_negated = False
                if group.sign is None and group.clauses:
                    group.sign = "AND" if token[0] == "+" else "OR"
            elif kind == "minus":
                group.is_negated = not group.is_negated
            elif kind == "blank":
                group.is_negated = False
            elif kind in ("phrase", "slop"):
                self._add(group, self._phrase(_unescaped(token["phrase"]), int(token["slop"] or 0)))
            elif kind == "word":
                self._add(group, self._word(token[0]))
        while len(groups) > 1:
            # A bracket that is never closed means nothing.
            self._add(groups[-2], groups.pop().whole())
        return groups[0].whole()

    def _add(self, group: _Group, clause: RuleCondition | None) -> None:
        sign, is_negated = group.sign or self.operator, group.is_negated
        group.sign, group.is_negated = None, False
        if clause is None:
            return
        self.count += 1
        most = min(MOST_CLAUSES, MOST_TESTS // len(self.attributes))
        if self.count > most:
            raise _invalid("search", f"has more than {most} words", "search for fewer, or in fewer fields")
        if group.clauses and group.joined not in (None, sign):
            whole = group.whole()
            group.clauses = [] if whole is None else [whole]
        group.joined = sign if group.clauses else None
        group.clauses.append(not_so(clause) if is_negated else clause)

    def _phrase(self, text: str, slop: int) -> RuleCondition | None:
        words = tuple(analyze(text, "standard"))
        if not words:
            return None
        return self._anywhere(text, HasWords(words, "phrase", min(slop, _MOST_SLOP)))

    def _word(self, raw: str) -> RuleCondition | None:
        if raw == "*":
            return AllOf(())
        if prefix := _PREFIX.fullmatch(raw):
            return self._over(StartsWith(_unescaped(prefix["word"])))
        if (fuzzy := _FUZZY.fullmatch(raw)) and len(raw) <= _LONGEST_SIMILAR:
            edits = min(int(fuzzy["edits"] or _MOST_EDITS), _MOST_EDITS)
            return self._over(IsSimilarTo(_unescaped(fuzzy["word"]), edits))
        text = _unescaped(raw)
        words = tuple(analyze(text, "standard"))
        return self._anywhere(text, HasWords(words, "all" if self.operator == "AND" else "any")) if words else None

    def _anywhere(self, text: str, in_text: HasWords) -> RuleCondition:
        """A text in any of the attributes: in those of whole values it is the whole value."""
        found: list[RuleCondition] = []
        for attribute in self.attributes:
            test = in_text if attribute.kind == "text" else _exact(attribute, text)
            if test is not None:
                found.append(Has(attribute, test))
        return any_of(found)

    def _over(self, test: ValueTest) -> RuleCondition:
        searched = [each for each in self.attributes if each.kind not in ("number", "boolean", "date")]
        return any_of(Has(each, test) for each in searched)


def _exact(attribute: Attribute, text: str) -> ValueTest | None:
    """The whole value; None where the attribute has no value of that kind."""
    if attribute.kind == "number":
        number = as_number(text)
        return None if number is None or abs(number) >= 2**63 else IsAnyOf((number,))
    if attribute.kind == "boolean":
        truth = as_boolean(text)
        return None if truth is None else IsAnyOf((truth,))
    return None if attribute.kind == "date" else IsAnyOf((text,))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _invalid(place: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput([Problem(place, message, remedy)])
