"""From the syntax tree of KQL to Elasticsearch's query DSL (kql.md 4)."""

import re
from collections.abc import Callable
from typing import TypeAlias

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.errors import KqlError
from engine.query.field import Field, FieldList
from engine.query.glob import matches_pieces
from engine.query.kql.parser import parse_kql
from engine.query.kql.syntax import And, Atom, FieldTest, MatchAll, NestedGroup, Node, Not, Or, Range, Text, Wildcard
from engine.query.options import QueryOptions

_SPECIAL = re.compile(r'[+\-=&|><!(){}\[\]^"~*?:\\/]')
_EPOCH = re.compile(r"[0-9]+")

_Clause: TypeAlias = Callable[[Field], JsonObject]


def compile_kql(text: object, fields: FieldList | None = None, options: QueryOptions | None = None) -> JsonObject:
    """The query DSL of a KQL text. Without ``fields`` nothing is known of any field.

    Raises KqlError.
    """
    options = options or QueryOptions()
    tree = parse_kql(text, allow_leading_wildcards=options.allow_leading_wildcards)
    try:
        return _Compiler(fields, options).compile(tree, None)
    except RecursionError:
        raise KqlError("syntax", "the query is nested too deeply here: use fewer parentheses") from None


class _Compiler:
    def __init__(self, fields: FieldList | None, options: QueryOptions) -> None:
        self._fields, self._options = fields, options

    def compile(self, node: Node, path: str | None) -> JsonObject:
        """The DSL of a node; ``path`` is that of the nested group around it."""
        match node:
            case MatchAll():
                return {"match_all": {}}
            case And(children):
                key = "must" if self._options.filters_in_must_clause else "filter"
                return {"bool": {key: [self.compile(child, path) for child in children]}}
            case Or(children):
                return _any_of([self.compile(child, path) for child in children])
            case Not(child):
                return {"bool": {"must_not": self.compile(child, path)}}
            case NestedGroup(name, query):
                inner = _prefixed(name.as_name(), path)
                return self._nested(inner, self.compile(query, inner))
            case Range(field, comparison, value):
                tested = {comparison: _value_of(value)}
                return self._each(field, path, lambda to: {"range": {to.name: tested | self._time_zone(to, value)}})
            case FieldTest(field, value):
                return _in_any_field(value, path) if field is None else self._test(field, value, path)

    def _test(self, field: Atom, value: Atom, path: str | None) -> JsonObject:
        is_existence = isinstance(value, Wildcard) and value.is_lone_star
        if is_existence and isinstance(field, Wildcard) and field.is_lone_star:
            return {"match_all": {}}
        if is_existence:
            return self._each(field, path, lambda to: {"exists": {"field": to.name}})
        if isinstance(value, Wildcard):
            pattern = _pattern_of(value)
            return self._each(field, path, lambda to: self._wildcard(to, pattern))
        return self._each(field, path, lambda to: self._literal(to, value))

    def _wildcard(self, field: Field, pattern: str) -> JsonObject:
        if field.is_keyword:
            return {"wildcard": {field.name: {"value": pattern} | self._case()}}
        return {"query_string": {"fields": [field.name], "query": pattern}}

    def _literal(self, field: Field, value: Text) -> JsonObject:
        if field.type == "date":
            return {"range": {field.name: {"gte": value.value, "lte": value.value} | self._time_zone(field, value)}}
        if field.is_keyword:
            return {"term": {field.name: {"value": value.value} | self._case()}}
        return {"match_phrase" if value.is_quoted else "match": {field.name: value.value}}

    def _case(self) -> JsonObject:
        is_insensitive = self._options.case_insensitive
        return {} if is_insensitive is None else {"case_insensitive": is_insensitive}

    def _time_zone(self, field: Field, value: Atom) -> JsonObject:
        """The zone in which a date is read; an instant in milliseconds needs none (4.3)."""
        zone = self._options.date_format_tz
        if zone is None or field.type != "date" or _EPOCH.fullmatch(value.as_name()):
            return {}
        return {"time_zone": zone}

    def _each(self, field: Atom, path: str | None, clause: _Clause) -> JsonObject:
        """One clause for each field that the name may mean, any of which may hold."""
        return _any_of(
            [
                self._nested(to.nested_path, clause(to))
                # Only a wildcard name reaches into nested documents by itself.
                if path is None and to.nested_path is not None
                else clause(to)
                for to in self._candidates(field, path)
            ]
        )

    def _candidates(self, field: Atom, path: str | None) -> list[Field]:
        """The fields of that name or pattern; one of which nothing is known if there are none (kql.md 3)."""
        known = () if self._fields is None else self._fields.fields
        name = _prefixed(field.as_name(), path)
        if isinstance(field, Wildcard):
            pieces = (_prefixed(field.pieces[0], path), *field.pieces[1:])
            found = [each for each in known if not each.is_scripted and matches_pieces(each.name, pieces)]
        else:
            exact = None if self._fields is None else self._fields.named(name)
            found = [] if exact is None else [exact]
        problems = [_problem_of(each, path, is_pattern=isinstance(field, Wildcard)) for each in found]
        if told := [problem for problem in problems if problem is not None]:
            raise KqlError("field", "; ".join(told))
        return found or [Field(name)]

    def _nested(self, path: str, query: JsonObject) -> JsonObject:
        is_unmapped_ignored = self._options.nested_ignore_unmapped
        more = {} if is_unmapped_ignored is None else {"ignore_unmapped": is_unmapped_ignored}
        return {"nested": {"path": path, "query": query, "score_mode": "none"} | more}


def _in_any_field(value: Atom, path: str | None) -> JsonObject:
    if path is not None:
        text = f"the group {path}:{{...}} holds the value {value.as_name()!r} without a field: write field:value in it"
        raise KqlError("field", text)
    if isinstance(value, Wildcard):
        return {"query_string": {"query": _pattern_of(value)}}
    kind = "phrase" if value.is_quoted else "best_fields"
    return {"multi_match": {"type": kind, "query": value.value, "lenient": True}}


def _problem_of(field: Field, path: str | None, *, is_pattern: bool) -> str | None:
    """Why the field may not be tested here (kql.md 4.4, 4.5)."""
    if field.is_scripted:
        return f"{field.name} is a scripted field, which is not supported: use a runtime field"
    if path is None and field.nested_path is not None and not is_pattern:
        rest = field.name.removeprefix(f"{field.nested_path}.")
        return f"{field.name} is a nested field: write {field.nested_path}:{{ {rest}: ... }}"
    if path is not None and field.nested_path is None:
        return f"{field.name} is no nested field: test it outside of {path}:{{...}}"
    if path is not None and field.nested_path != path:
        return f"{field.name} belongs to the nested path {field.nested_path}, not {path}"
    return None


def _any_of(clauses: list[JsonObject]) -> JsonObject:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _prefixed(name: str, path: str | None) -> str:
    return name if path is None else f"{path}.{name}"


def _value_of(atom: Atom) -> JsonValue:
    return atom.value if isinstance(atom, Text) else atom.as_name()


def _pattern_of(value: Wildcard) -> str:
    """The text of a wildcard in Elasticsearch's form: nothing but its marks is special."""
    return "*".join(_SPECIAL.sub(r"\\\g<0>", piece) for piece in value.pieces)
