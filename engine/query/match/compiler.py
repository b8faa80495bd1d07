"""From query DSL to a test of documents (kql.md 10): the forms that KQL and Kibana's filters compile to.

Anything else is refused when it is compiled, so that no document is ever judged by half a query.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from engine.model.document_mapping import DATE_FIELDS, TEXT_FIELDS
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.errors import UnsupportedQuery
from engine.query.glob import matches_pieces
from engine.query.match.document import DocumentView
from engine.query.match.leaves import (
    FieldKinds,
    FieldTest,
    equal_to,
    of_pattern,
    phrase_of,
    within_range,
    words_of,
)
from engine.query.match.values import DEFAULT_DATES, as_text
from engine.timing.dates import UTC_ZONE, date_format, parse_zone

Test: TypeAlias = Callable[[DocumentView], bool]

ALERT_FIELDS: Final = FieldKinds(TEXT_FIELDS, DATE_FIELDS)
"""The fields of alert documents that are neither keywords nor numbers."""

_DEEPEST = 200
_MOST_TERMS = 65_536
_BOOL_PARTS = ("must", "filter", "should", "must_not")
_BOUNDS = ("gt", "gte", "lt", "lte")
_LUCENE_OPERATORS = re.compile(
    r"""(?<!\\)(?:\\\\)*[(){}\[\]^"~:/]|&&|\|\||(?:^|\s)(?:[+\-!<>]|(?:AND|OR|NOT)(?=\s|$))"""
)
_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """A query ready to judge documents. Pure: date math counts from the instant that is handed in."""

    test: Test

    def matches(self, document: JsonObject, at: datetime) -> bool:
        """Whether one document, flat or nested, matches at an instant."""
        return self.test(DocumentView(document, at))


def compile_match(query: JsonObject, kinds: FieldKinds = ALERT_FIELDS) -> DocumentQuery:
    """Prepare a query.

    Raises UnsupportedQuery for forms that only a search engine can evaluate, and for malformed ones.
    """
    try:
        return DocumentQuery(_Compiler(kinds).compile(query, 0))
    except OverflowError:
        raise UnsupportedQuery("the query holds a number too large to compare with") from None


class _Compiler:
    def __init__(self, kinds: FieldKinds) -> None:
        self._kinds = kinds
        self._leaves: Mapping[str, Callable[[JsonObject], Test]] = {
            "match_all": lambda content: _everything,
            "match_none": lambda content: _nothing,
            "ids": _ids,
            "exists": _exists,
            "term": self._term,
            "terms": self._terms,
            "match": self._match,
            "match_phrase": self._match_phrase,
            "multi_match": self._multi_match,
            "wildcard": self._wildcard,
            "query_string": self._query_string,
            "range": self._range,
        }

    def compile(self, query: JsonValue, depth: int) -> Test:
        if depth > _DEEPEST:
            raise UnsupportedQuery(f"queries are nested deeper than {_DEEPEST}")
        if not isinstance(query, dict) or len(query) != 1:
            raise UnsupportedQuery("a query is an object with one key, the kind of query")
        [(kind, content)] = query.items()
        if not isinstance(content, dict):
            raise UnsupportedQuery(f"the query [{kind}] holds no object")
        if kind == "bool":
            return self._bool(content, depth)
        if kind == "nested":
            return self._nested(content, depth)
        compile_leaf = self._leaves.get(kind)
        if compile_leaf is None:
            raise UnsupportedQuery(f"queries of kind [{kind}] cannot be judged on a document by itself")
        return compile_leaf(content)

    def _bool(self, content: JsonObject, depth: int) -> Test:
        _check_options(content, "bool", (*_BOOL_PARTS, "minimum_should_match"))
        must, kept, should, must_not = (
            [self.compile(each, depth + 1) for each in _as_list(content.get(part))] for part in _BOOL_PARTS
        )
        needed = [*must, *kept]
        least = _least(content.get("minimum_should_match"), len(should))
        if should and not needed:
            # Where nothing else is asked for, an optional clause is not optional, whatever the minimum says.
            least = max(least, 1)
        if not (needed or should or must_not):
            return _everything
        if not must_not and len(needed) + len(should) == 1 and least == len(should):
            # KQL wraps every single test.
            return (needed or should)[0]

        def test(view: DocumentView) -> bool:
            for each in needed:
                if not each(view):
                    return False
            for each in must_not:
                if each(view):
                    return False
            return least <= 0 or _are_at_least(least, should, view)

        return test

    def _nested(self, content: JsonObject, depth: int) -> Test:
        _check_options(content, "nested", ("path", "query", "score_mode", "ignore_unmapped"))
        path = content.get("path")
        if not isinstance(path, str):
            raise UnsupportedQuery("a nested query names its path")
        inner = self.compile(content.get("query"), depth + 1)
        return lambda view: any(inner(each) for each in view.objects(path))

    def _term(self, content: JsonObject) -> Test:
        field, options = _field_of(content, "term", "value", ("case_insensitive",))
        is_folded = options.get("case_insensitive") is True
        return _on(field, equal_to(_scalar(options.get("value"), "term"), self._kinds, is_folded=is_folded))

    def _terms(self, content: JsonObject) -> Test:
        fields = {name: value for name, value in content.items() if name not in ("boost", "_name")}
        if len(fields) != 1:
            raise UnsupportedQuery("a terms query names one field")
        [(field, values)] = fields.items()
        if not isinstance(values, list) or len(values) > _MOST_TERMS:
            raise UnsupportedQuery(f"a terms query holds a list of up to {_MOST_TERMS} values")
        tests = [equal_to(_scalar(value, "terms"), self._kinds) for value in values]
        return lambda view: any(test(view, field) for test in tests)

    def _match(self, content: JsonObject) -> Test:
        field, options = _field_of(content, "match", "query", ("operator", "lenient"))
        query = _scalar(options.get("query"), "match")
        return _on(field, words_of(query, self._kinds, are_all_needed=_is_and(options)))

    def _match_phrase(self, content: JsonObject) -> Test:
        field, options = _field_of(content, "match_phrase", "query", ("slop",))
        if options.get("slop") not in (None, 0):
            raise UnsupportedQuery("match_phrase with slop cannot be judged on a document by itself")
        return _on(field, phrase_of(_scalar(options.get("query"), "match_phrase"), self._kinds))

    def _multi_match(self, content: JsonObject) -> Test:
        _check_options(content, "multi_match", ("query", "fields", "type", "lenient", "operator"))
        query, kind = _scalar(content.get("query"), "multi_match"), content.get("type", "best_fields")
        if kind == "phrase":
            test = phrase_of(query, self._kinds)
        elif kind in ("best_fields", "most_fields"):
            test = words_of(query, self._kinds, are_all_needed=_is_and(content))
        else:
            raise UnsupportedQuery(f"multi_match of type [{kind}] cannot be judged on a document by itself")
        return _on_fields(content.get("fields"), test)

    def _wildcard(self, content: JsonObject) -> Test:
        field, options = _field_of(content, "wildcard", "value", ("wildcard", "case_insensitive"))
        pattern = as_text(_scalar(options.get("value", options.get("wildcard")), "wildcard"))
        return _on(field, of_pattern(pattern, self._kinds, is_folded=options.get("case_insensitive") is True))

    def _query_string(self, content: JsonObject) -> Test:
        known = ("query", "fields", "default_field", "analyze_wildcard", "lenient", "time_zone")
        _check_options(content, "query_string", known)
        text = content.get("query")
        if not isinstance(text, str):
            raise UnsupportedQuery("a query_string holds its text as query")
        if _LUCENE_OPERATORS.search(text):
            raise UnsupportedQuery("Lucene operators cannot be judged on a document by itself: write the query as KQL")
        fields, text = content.get("fields", content.get("default_field")), text.strip()
        if text == "*":
            return _everything if fields is None else _any_exists(_names(fields))
        if not text:
            return _nothing
        if _WILDCARD.search(text):
            return _on_fields(fields, of_pattern(text, self._kinds, is_analyzed=True))
        return _on_fields(fields, words_of(_ESCAPED.sub(r"\1", text), self._kinds, are_all_needed=False))

    def _range(self, content: JsonObject) -> Test:
        if len(content) != 1 or not isinstance(next(iter(content.values())), dict):
            raise UnsupportedQuery("a range query names one field and its bounds")
        [(field, options)] = content.items()
        _check_options(options, "range", (*_BOUNDS, "format", "time_zone"))
        bounds = {sign: _scalar(options[sign], "range") for sign in _BOUNDS if options.get(sign) is not None}
        form, zone = options.get("format"), options.get("time_zone")
        try:
            return _on(
                field,
                within_range(
                    bounds,
                    self._kinds,
                    zone=UTC_ZONE if zone is None else parse_zone(as_text(zone)),
                    form=DEFAULT_DATES if form is None else date_format(as_text(form)),
                ),
            )
        except ValueError as error:
            raise UnsupportedQuery(f"range on [{field}]: {error}") from None


def _everything(_: DocumentView) -> bool:
    return True


def _nothing(_: DocumentView) -> bool:
    return False


def _ids(content: JsonObject) -> Test:
    _check_options(content, "ids", ("values",))
    wanted = frozenset(as_text(value) for value in _as_list(content.get("values")))
    return lambda view: view.id in wanted


def _exists(content: JsonObject) -> Test:
    _check_options(content, "exists", ("field",))
    return _any_exists(_names(content.get("field")))


def _any_exists(patterns: Sequence[str]) -> Test:
    plain, tests = [name for name in patterns if "*" not in name], [_name_test(n) for n in patterns if "*" in n]

    def test(view: DocumentView) -> bool:
        if any(name in ("_id", "_index") or view.has(name) for name in plain):
            return True
        return any(matches(name) for matches in tests for name in view.names())

    return test


def _on(field: str, test: FieldTest) -> Test:
    if field == "_id":
        # The id is no field of the document, but is asked for like one.
        return lambda view: test(DocumentView({"id": view.id}, view.at), "id")
    return lambda view: test(view, field)


def _on_fields(given: JsonValue, test: FieldTest) -> Test:
    """Any of the fields that are given by name or pattern; of all fields if none is."""
    if given is None:
        return lambda view: any(test(view, name) for name in view.names())
    names = _names(given)
    plain, patterns = [name for name in names if "*" not in name], [_name_test(n) for n in names if "*" in n]
    if len(names) == len(plain) == 1:
        return _on(names[0], test)

    def on_any(view: DocumentView) -> bool:
        if any(test(view, name) for name in plain):
            return True
        return any(test(view, name) for matches in patterns for name in view.names() if matches(name))

    return on_any


def _names(given: JsonValue) -> list[str]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UnsupportedQuery("fields are given as a name or a list of names")
    # A boost decides about the order of hits alone.
    return [name.partition("^")[0] for name in names]


def _name_test(pattern: str) -> Callable[[str], bool]:
    pieces = pattern.split("*")
    return lambda name: matches_pieces(name, pieces)


def _field_of(content: JsonObject, kind: str, short: str, known: Collection[str]) -> tuple[str, JsonObject]:
    """``{field: value}`` or ``{field: {short: value, ...}}`` as the field and the latter form."""
    if len(content) != 1:
        raise UnsupportedQuery(f"a {kind} query names one field")
    [(field, given)] = content.items()
    options = given if isinstance(given, dict) else {short: given}
    _check_options(options, kind, (short, *known))
    return field, options


def _check_options(content: JsonObject, kind: str, known: Collection[str]) -> None:
    unknown = content.keys() - {*known, "boost", "_name"}
    if unknown:
        raise UnsupportedQuery(f"the option [{min(unknown)}] of {kind} cannot be judged on a document by itself")


def _scalar(value: JsonValue, kind: str) -> JsonValue:
    if value is None or isinstance(value, dict | list):
        raise UnsupportedQuery(
            f"a {kind} query compares with a text, a number or a boolean; for 'no value' negate exists"
        )
    return value


def _is_and(options: JsonObject) -> bool:
    operator = as_text(options.get("operator", "or")).lower()
    if operator not in ("or", "and"):
        raise UnsupportedQuery(f"operator is or or and, not [{operator}]")
    return operator == "and"


def _least(given: JsonValue, clauses: int) -> int:
    """How many of the optional clauses must hold."""
    if given is None:
        return 0
    try:
        least = int(given)
    except (TypeError, ValueError):
        raise UnsupportedQuery(f"minimum_should_match [{given}] cannot be judged: write a whole number") from None
    return least if least >= 0 else clauses + least


def _are_at_least(least: int, tests: Sequence[Test], view: DocumentView) -> bool:
    if least == 1:
        return any(test(view) for test in tests)
    return sum(test(view) for test in tests) >= least


def _as_list(given: JsonValue) -> list[JsonValue]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
