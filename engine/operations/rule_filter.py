"""``filter`` of finding rules: KQL over attributes, as a text or as the JSON of a syntax tree (rest-api.md 4.5)."""

from datetime import datetime

import orjson

from engine.model.errors import InvalidInput, Problem
from engine.operations.attribute_values import date_span, equals, is_between
from engine.operations.rule_attributes import attribute_named
from engine.ports.store.rule_conditions import (
    AllOf,
    AnyOf,
    Attribute,
    Has,
    HasForm,
    HasWords,
    IsAnything,
    OfOneAction,
    RuleCondition,
    all_of,
    any_of,
    not_so,
)
from engine.query.analysis import analyze
from engine.query.errors import KqlError
from engine.query.kql.parser import parse_kql
from engine.query.kql.syntax import And, Atom, FieldTest, MatchAll, NestedGroup, Node, Not, Or, Range, Wildcard
from engine.query.kql.tree_json import read_tree

LONGEST_FILTER = 100_000
MOST_CLAUSES = 500
"""Of chains of more the database would not take the expression."""
MOST_READ = 50
"""Clauses for which values are read one by one: patterns, words of texts, members of JSON."""

_OBJECT = "alert."
_ATTRIBUTES = "alert.attributes."
_ROOTS = {"id": "id", "createdAt": "createdAt", "created_at": "createdAt"}
_ROOTS |= {"updatedAt": "updatedAt", "updated_at": "updatedAt"}
_ESCAPED = {"\\": r"\\", "?": r"\?", "*": r"\*"}


def read_filter(text: str, at: datetime, place: str = "filter", *, is_internal: bool = False) -> RuleCondition:
    """The condition that a filter stands for, ``now`` being ``at``. Raises InvalidInput with ``place`` as its path.

    ``is_internal``: see `attribute_named`.
    """
    if len(text) > LONGEST_FILTER:
        raise _invalid(place, f"has {len(text)} characters", f"use at most {LONGEST_FILTER}")
    try:
        tree = _tree_of(text)
        return _Reader(at, place, is_internal=is_internal).condition(tree, "")
    except KqlError as error:
        raise _invalid(place, f"is no KQL: {error}", "") from None
    except RecursionError:
        raise _invalid(place, "is nested too deeply", "use fewer parentheses") from None


def _tree_of(text: str) -> Node:
    """A text that is a JSON object is a tree: no KQL begins with a brace."""
    if not text.lstrip().startswith("{"):
        return parse_kql(text)
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise KqlError("syntax", f"the JSON of a syntax tree cannot be read: {error}") from None
    return read_tree(tree)


class _Reader:
    def __init__(self, at: datetime, place: str, *, is_internal: bool) -> None:
        self._at, self._place, self._is_internal = at, place, is_internal
        self._clauses = self._read = 0

    def condition(self, node: Node, path: str) -> RuleCondition:
        """The condition of a node; ``path`` is that of the nested group around it, with a dot behind."""
        match node:
            case MatchAll():
                return AllOf(())
            case And(children):
                return all_of(self.condition(child, path) for child in children)
            case Or(children):
                return any_of(self.condition(child, path) for child in children)
            case Not(child):
                return not_so(self.condition(child, path))
            case NestedGroup(name, query):
                return OfOneAction(self._in_actions(name, query, path))
            case Range(field, comparison, value):
                attribute = self._attribute(field, path)
                return Has(attribute, is_between(attribute, comparison, _plain(value), self._at, self._place))
            case FieldTest(field, value):
                return self._test(field, value, path)

    def _count_read(self) -> None:
        self._read += 1
        if self._read > MOST_READ:
            remedy = "compare whole values of other attributes, or ask in several requests"
            message = f"has more than {MOST_READ} clauses on names, members of params and actions, or patterns"
            raise _invalid(self._place, message, remedy)

    def _in_actions(self, name: Atom, query: Node, path: str) -> RuleCondition:
        given = path + name.as_name()
        if given != f"{_ATTRIBUTES}actions":
            remedy = f"only {_ATTRIBUTES}actions takes a group in braces"
            raise _invalid(self._place, f"[{given[:80]}] has no nested objects", remedy)
        return self.condition(query, f"{given}.")

    def _test(self, field: Atom | None, value: Atom, path: str) -> RuleCondition:
        if field is None:
            remedy = f"write {_ATTRIBUTES}name: ... or the like"
            raise _invalid(self._place, f"[{value.as_name()[:80]}] stands without a field", remedy)
        attribute = self._attribute(field, path)
        if isinstance(value, Wildcard) and attribute.kind not in ("text", "json"):
            self._count_read()
        if isinstance(value, Wildcard):
            return _of_pattern(attribute, value, self._place)
        if value.value is None and not value.is_quoted:
            raise _invalid(self._place, "null is no value that is stored", "test for a missing one by: not field: *")
        if attribute.kind == "text":
            words = tuple(analyze(_plain(value), "standard"))
            return Has(attribute, HasWords(words, "phrase" if value.is_quoted else "any")) if words else AnyOf(())
        if attribute.kind == "date":
            return Has(attribute, date_span(_plain(value), self._at, self._place))
        return Has(attribute, equals(attribute, _id(attribute, _plain(value)), self._place))

    def _attribute(self, field: Atom, path: str) -> Attribute:
        self._clauses += 1
        if self._clauses > MOST_CLAUSES:
            raise _invalid(self._place, f"has more than {MOST_CLAUSES} clauses", "ask in several requests")
        name = path + field.as_name()
        if isinstance(field, Wildcard):
            raise _invalid(self._place, f"[{name[:80]}] is a pattern of fields", "name one field a clause")
        if name.startswith(_ATTRIBUTES):
            plain = name.removeprefix(_ATTRIBUTES)
            attribute = attribute_named(plain, self._place, is_internal=self._is_internal)
            if path and not attribute.name.startswith("actions"):
                raise _invalid(self._place, f"[{name[:80]}] is no member of an action", "test it outside of the braces")
            if attribute.kind in ("text", "json") or attribute.name.startswith(("actions", "monitoring")):
                self._count_read()
            return attribute
        root = _ROOTS.get(name.removeprefix(_OBJECT))
        if not name.startswith(_OBJECT) or root is None:
            remedy = f"write {_ATTRIBUTES}<attribute>, or alert.id"
            raise _invalid(self._place, f"[{name[:80]}] is no field of rules", remedy)
        return Attribute(root)


def _of_pattern(attribute: Attribute, value: Wildcard, place: str) -> RuleCondition:
    if value.is_lone_star:
        return Has(attribute, IsAnything())
    if attribute.kind not in ("text", "keyword", "severity", "json"):
        raise _invalid(place, f"[{attribute.name}] is no text, so that it has no pattern", "write a whole value")
    pattern = "*".join(_escaped(piece) for piece in value.pieces)
    if attribute.kind != "text":
        return Has(attribute, HasForm(pattern))
    return any_of(Has(attribute, HasForm(part)) for part in pattern.split())


def _escaped(piece: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in piece)


def _plain(value: Atom) -> str:
    return value.as_name()


def _id(attribute: Attribute, value: str) -> str:
    """Saved objects have their type before the id, and clients write both."""
    return value.removeprefix("alert:") if attribute.name == "id" else value


def _invalid(place: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput([Problem(place, message, remedy)])
