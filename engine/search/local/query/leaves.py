"""Conditions on the values of one field."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonValue
from engine.query.analysis import analyze, is_known_analyzer
from engine.search.local.errors import shard_failure
from engine.search.local.fragment import FALSE, TRUE, Sql, all_of, any_of, sql, value
from engine.search.local.index import IndexView
from engine.search.local.mapping import Field
from engine.search.local.query.spans import Span
from engine.search.local.table import Column
from engine.search.local.tokens import GAP, SEPARATOR, phrase_part
from engine.search.local.values import to_text

_FEW_VALUES = 16
_NO_TOKENS = Sql("NULL::VARCHAR")


@dataclass(frozen=True, slots=True)
class Target:
    """A field of an index as conditions see it. ``column`` is None while no document has a value."""

    index: str
    table: str
    field: Field
    column: Column | None
    missing_tokens: set[str]

    @classmethod
    def of(cls, view: IndexView, name: str, missing_tokens: set[str]) -> "Target":
        return cls(view.name, view.table, view.fields[name], view.column(name), missing_tokens)

    @property
    def tokens(self) -> Sql:
        """The column of tokens; asked for if it is not there yet."""
        if self.column is None:
            return _NO_TOKENS
        if self.column.tokens is None:
            self.missing_tokens.add(self.field.name)
            return _NO_TOKENS
        return Sql(self.column.tokens)


def any_value(column: Column, test: Callable[[Sql], Sql]) -> Sql:
    """True if the test holds for the value, or for one of the values."""
    if not column.is_list:
        return test(Sql(column.name))
    return sql("(len(list_filter(" + column.name + ", lambda x: {})) > 0)", test(Sql("x")))


def exists(view: IndexView, name: str) -> Sql:
    """Documents with a value of the field, or of a field below the object of that name."""
    if name in ("_id", "_index", "_source", "_seq_no", "_version"):
        return TRUE
    column = view.column(name)
    if column is not None:
        return Sql(f"({column.values} IS NOT NULL)")
    below = [view.column(each) for each in view.fields if each.startswith(f"{name}.")] if name in view.objects else []
    return any_of(Sql(f"({each.values} IS NOT NULL)") for each in below if each is not None)


def in_spans(target: Target, spans: Iterable[Span | None], *, case_insensitive: bool = False) -> Sql:
    """Documents with a value in one of the spans. On text the values are tokens."""
    possible = [span for span in spans if span is not None]
    if target.column is None or not possible:
        return FALSE
    if target.field.family == "text":
        return any_of(_token_in_span(target, span, case_insensitive) for span in possible)
    column = target.column
    if case_insensitive and target.field.family == "keyword":
        wanted = [str(span.low).lower() for span in possible]
        return any_value(column, lambda x: sql("list_contains({}, lower({}))", value(wanted, "VARCHAR[]"), x))
    singles = [span.low for span in possible if span.is_single]
    others = [span for span in possible if not span.is_single]
    conditions = [any_value(column, lambda x, span=span: _in_span(target.field, x, span)) for span in others]  # type: ignore[misc]
    if singles:
        conditions.append(is_one_of(column, singles))
    return any_of(conditions)


def is_one_of(column: Column, values: Sequence[object]) -> Sql:
    """Documents with one of the values."""
    wanted = value(list(values), f"{column.sql_type}[]")
    if column.is_list:
        return sql("list_has_any(" + column.name + ", {})", wanted)
    if len(values) == 1:
        return sql("(" + column.name + " = {})", value(values[0], column.sql_type))
    if len(values) <= _FEW_VALUES:
        return sql("list_contains({}, " + column.name + ")", wanted)
    return sql("(" + column.name + " IN (SELECT unnest({})))", wanted)


def _in_span(field: Field, x: Sql, span: Span) -> Sql:
    bounds = []
    if span.low is not None:
        sign = ">=" if span.is_low_inclusive else ">"
        bounds.append(sql("{} " + sign + " {}", x, value(span.low, field.sql_type)))
    if span.high is not None:
        sign = "<=" if span.is_high_inclusive else "<"
        bounds.append(sql("{} " + sign + " {}", x, value(span.high, field.sql_type)))
    return all_of(bounds) if bounds else sql("({} IS NOT NULL)", x)


def _token_in_span(target: Target, span: Span, case_insensitive: bool) -> Sql:
    if span.is_single:
        token = str(span.low)
        if case_insensitive:
            return sql("contains(lower({}), {})", target.tokens, value(phrase_part([token.lower()]), "VARCHAR"))
        return has_tokens(target, [token])
    split = f"string_split({target.tokens.text}, '{SEPARATOR}')"
    inside = _in_span(target.field, Sql("x"), span)
    return sql("(len(list_filter(" + split + ", lambda x: x <> '' AND x <> '" + GAP[-1] + "' AND {})) > 0)", inside)


def has_tokens(target: Target, tokens: Sequence[str], *, is_prefix: bool = False) -> Sql:
    """Documents in which the tokens follow one another; ``is_prefix``: the last is only the beginning of one."""
    if target.column is None or not all(tokens):
        return FALSE
    part = phrase_part(tokens)
    return sql("contains({}, {})", target.tokens, value(part[:-1] if is_prefix else part, "VARCHAR"))


def query_tokens(target: Target, text: JsonValue, analyzer: str | None) -> list[str]:
    """The tokens that a query's text means on the field."""
    name = analyzer or target.field.search_analyzer
    if not is_known_analyzer(name):
        raise shard_failure(target.index, "query_shard_exception", f"analyzer [{name}] not found")
    return analyze(to_text(text), name)
