"""Tests of one field's values, prepared once and asked of any field of any document (kql.md 10).

What a value is decides how it is compared: texts as wholes, in text fields word by word, numbers and booleans by
value, dates as instants. Fields that are not what the query takes them for match nothing, where Elasticsearch would
refuse the query.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.analysis import analyze
from engine.query.match.document import DocumentView
from engine.query.match.pattern import TextTest, compile_pattern
from engine.query.match.values import (
    DEFAULT_DATES,
    DateBound,
    as_boolean,
    as_number,
    as_text,
    date_bound,
    date_value,
    iso_date_value,
)
from engine.timing.dates import UTC_ZONE, DateFormat, Zone

FieldTest = Callable[[DocumentView, str], bool]
"""Whether any one value of the named field fits."""

ValueTest = Callable[[JsonValue, int], bool]


@dataclass(frozen=True, slots=True)
class FieldKinds:
    """The fields whose values do not say by themselves what they are; all other texts are keywords."""

    text: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()


def equal_to(wanted: JsonValue, kinds: FieldKinds, *, is_folded: bool = False) -> FieldTest:
    """One exact value; in a text field one word, as it stands."""
    equals, within = _equality(wanted, is_folded), _date_span(wanted)
    text = as_text(wanted)
    word = text.lower() if is_folded else text

    def test(view: DocumentView, field: str) -> bool:
        if field in kinds.text:
            return any(word in tokens for tokens in view.tokens(field))
        holds = within if field in kinds.dates else equals
        return any(holds(value, view.now_ms) for value in view.values(field))

    return test


def _equality(wanted: JsonValue, is_folded: bool) -> ValueTest:
    text, number, truth = as_text(wanted), as_number(wanted), as_boolean(wanted)
    folded = text.lower()

    def equals(value: JsonValue, _: int) -> bool:
        if isinstance(value, str):
            return value == text or (is_folded and value.lower() == folded)
        if isinstance(value, bool):
            return value is truth
        return number is not None and bool(value == number)

    return equals


def _date_span(wanted: JsonValue) -> ValueTest:
    """An incomplete date stands for all of it: a day for the whole day."""
    first, last = date_bound(wanted, round_up=False), date_bound(wanted, round_up=True)

    def within(value: JsonValue, now_ms: int) -> bool:
        at, low, high = date_value(value), first(now_ms), last(now_ms)
        return at is not None and low is not None and high is not None and low <= at <= high

    return within


def words_of(query: JsonValue, kinds: FieldKinds, *, are_all_needed: bool) -> FieldTest:
    """Text fields: any of the query's words, or all of them in one value. Other fields: the exact value."""
    words = analyze(as_text(query), "standard")
    exact = equal_to(query, kinds)
    enough = all if are_all_needed else any

    def test(view: DocumentView, field: str) -> bool:
        if field not in kinds.text:
            return exact(view, field)
        if not words:
            return False
        own = {token for tokens in view.tokens(field) for token in tokens}
        return enough(word in own for word in words)

    return test


def phrase_of(query: JsonValue, kinds: FieldKinds) -> FieldTest:
    """Text fields: the query's words one after the other in one value. Other fields: the exact value."""
    words = analyze(as_text(query), "standard")
    exact = equal_to(query, kinds)

    def test(view: DocumentView, field: str) -> bool:
        if field not in kinds.text:
            return exact(view, field)
        return bool(words) and any(_contains(tokens, words) for tokens in view.tokens(field))

    return test


def _contains(tokens: Sequence[str], words: Sequence[str]) -> bool:
    starts = range(len(tokens) - len(words) + 1)
    return any(tokens[at] == words[0] and tokens[at : at + len(words)] == words for at in starts)


def of_pattern(pattern: str, kinds: FieldKinds, *, is_folded: bool = False, is_analyzed: bool = False) -> FieldTest:
    """Texts of a wildcard pattern: whole values, in text fields words.

    ``is_analyzed``: on text fields the pattern is lower-cased like their words, and is one pattern a word
    (``query_string``).
    """
    whole = compile_pattern(pattern, is_folded=is_folded)
    by_word = [compile_pattern(part.lower()) for part in _parts(pattern)] if is_analyzed else [whole]

    def test(view: DocumentView, field: str) -> bool:
        if field in kinds.text:
            return any(_is_any(by_word, token) for tokens in view.tokens(field) for token in tokens)
        return any(isinstance(value, str) and whole(value) for value in view.values(field))

    return test


def _parts(pattern: str) -> list[str]:
    # Nothing escapes a blank in what KQL compiles to.
    return pattern.split()


def _is_any(tests: Sequence[TextTest], token: str) -> bool:
    return any(test(token) for test in tests)


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a range in every form that a value may have to be compared with."""

    sign: str
    text: str
    number: int | float | None
    truth: bool | None
    date: DateBound

    def holds(self, value: str | float, end: str | float | None) -> bool:
        if end is None:
            return False
        match self.sign:
            case "gt":
                return value > end  # type: ignore[operator]
            case "gte":
                return value >= end  # type: ignore[operator]
            case "lt":
                return value < end  # type: ignore[operator]
            case _:
                return value <= end  # type: ignore[operator]


def within_range(
    bounds: JsonObject, kinds: FieldKinds, *, zone: Zone = UTC_ZONE, form: DateFormat = DEFAULT_DATES
) -> FieldTest:
    """Values between bounds (``gt gte lt lte`` -> bound): numbers, dates and texts each in their own order."""
    ends = [
        _End(
            sign,
            as_text(bound),
            as_number(bound),
            as_boolean(bound),
            # The end of an incomplete date counts where the bound lies behind it.
            date_bound(bound, round_up=sign in ("gt", "lte"), zone=zone, form=form),
        )
        for sign, bound in bounds.items()
    ]

    def test(view: DocumentView, field: str) -> bool:
        if not ends:
            return bool(view.values(field))
        if field in kinds.text:
            return any(_in_order(token, ends) for tokens in view.tokens(field) for token in tokens)
        is_date = field in kinds.dates
        return any(_is_within(value, ends, view.now_ms, is_date) for value in view.values(field))

    return test


def _is_within(value: JsonValue, ends: Sequence[_End], now_ms: int, is_date: bool) -> bool:
    if is_date:
        at = date_value(value)
        return at is not None and all(end.holds(at, end.date(now_ms)) for end in ends)
    if isinstance(value, bool):
        return all(end.holds(value, end.truth) for end in ends)
    if not isinstance(value, str):
        return all(end.holds(value, end.number) for end in ends)
    at = iso_date_value(value)
    if at is not None and all(end.date(now_ms) is not None for end in ends):
        return all(end.holds(at, end.date(now_ms)) for end in ends)
    return _in_order(value, ends)


def _in_order(text: str, ends: Sequence[_End]) -> bool:
    return all(end.holds(text, end.text) for end in ends)
