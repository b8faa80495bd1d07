"""Queries as typed values (embedded-search.md 4). ``boost`` counts for scores, ``name`` for ``matched_queries``."""

from dataclasses import dataclass
from typing import Literal

from engine.model.jsonvalue import JsonValue

MOST_CLAUSES = 900
"""Of one text. Servers stop at 1024 or later, the database at expressions of depth 1000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What all queries share."""

    boost: float = 1.0
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MatchAll(Query):
    """Every document."""


@dataclass(frozen=True, slots=True)
class MatchNone(Query):
    """No document."""


@dataclass(frozen=True, slots=True)
class Bool(Query):
    """Clauses combined; ``minimum`` is the text of ``minimum_should_match`` or None for its default."""

    must: tuple[Query, ...] = ()
    filter: tuple[Query, ...] = ()
    should: tuple[Query, ...] = ()
    must_not: tuple[Query, ...] = ()
    minimum: str | None = None


@dataclass(frozen=True, slots=True)
class Term(Query):
    """One exact value."""

    field: str
    value: JsonValue
    case_insensitive: bool = False


@dataclass(frozen=True, slots=True)
class Terms(Query):
    """Any of several exact values."""

    field: str
    values: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True)
class TermsLookup(Query):
    """Any of the values that a document of another index holds at a path."""

    field: str
    index: str
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class Match(Query):
    """Analysed text, its tokens combined by ``operator``.

    ``is_prefix``: the last token is only the beginning of one. ``fuzziness`` as in `Fuzzy`.
    """

    field: str
    value: JsonValue
    operator: Literal["or", "and"] = "or"
    minimum: str | None = None
    analyzer: str | None = None
    lenient: bool = False
    all_if_no_tokens: bool = False
    is_prefix: bool = False
    fuzziness: str | None = None
    prefix_length: int = 0
    transpositions: bool = True


@dataclass(frozen=True, slots=True)
class MatchPhrase(Query):
    """Tokens that follow one another. ``is_prefix``: the last is only the beginning of one."""

    field: str
    value: JsonValue
    analyzer: str | None = None
    all_if_no_tokens: bool = False
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range."""

    value: JsonValue
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Range(Query):
    """Values between two bounds, either of which may be open."""

    field: str
    lower: Bound | None = None
    upper: Bound | None = None
    format: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Exists(Query):
    """Documents with a value in the field, or in a field below the object."""

    field: str


@dataclass(frozen=True, slots=True)
class Ids(Query):
    """Documents by id."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix(Query):
    """Values (on text: tokens) that begin with a text. ``is_analyzed`` as in `Wildcard`."""

    field: str
    value: str
    case_insensitive: bool = False
    is_analyzed: bool = False


@dataclass(frozen=True, slots=True)
class Wildcard(Query):
    """Values (on text: tokens) of a pattern: ``*`` any run, ``?`` one character, ``\\`` escapes.

    ``is_analyzed``: on text the pattern is lower-cased, as tokens are.
    """

    field: str
    value: str
    case_insensitive: bool = False
    is_analyzed: bool = False


@dataclass(frozen=True, slots=True)
class Regexp(Query):
    """Values (on text: tokens) that an expression in Lucene's language fits as a whole; ``flags``: its operators."""

    field: str
    value: str
    case_insensitive: bool = False
    flags: frozenset[str] = frozenset()
    is_analyzed: bool = False


@dataclass(frozen=True, slots=True)
class Fuzzy(Query):
    """Values (on text: tokens) that differ in few characters.

    ``fuzziness``: how many, or ``AUTO`` by the length of the word. ``transpositions``: neighbours that changed places
    count as one. ``prefix_length``: so many first characters must be equal.
    """

    field: str
    value: str
    fuzziness: str = "AUTO"
    prefix_length: int = 0
    transpositions: bool = True
    is_analyzed: bool = False


@dataclass(frozen=True, slots=True)
class ConstantScore(Query):
    """What a query matches, all with one score."""

    query: Query


@dataclass(frozen=True, slots=True)
class Nested(Query):
    """Documents (or nested objects) that hold a nested object of the path which meets the query as a whole.

    ``is_path_optional``: where the path is not mapped, nothing matches instead of an error.
    """

    path: str
    query: Query
    is_path_optional: bool = False


@dataclass(frozen=True, slots=True)
class AnyField(Query):
    """A query of one field, asked of any of several.

    ``fields`` are names, or patterns with ``*``; () = all that can be searched. The field of ``leaf`` is not looked at.
    ``is_lenient``: fields that cannot take the query's value match nothing.
    """

    fields: tuple[str, ...]
    leaf: Query
    is_lenient: bool = False


@dataclass(frozen=True, slots=True)
class QueryString(Query):
    """A text in Lucene's language; ``fields`` as in `AnyField` are those of words that name none."""

    text: str
    fields: tuple[str, ...] = ()
    operator: Literal["or", "and"] = "or"
    is_lenient: bool = False
    allows_leading_wildcard: bool = True
    analyzer: str | None = None
    time_zone: str | None = None
    minimum: str | None = None
    fuzzy_prefix_length: int = 0
    fuzzy_transpositions: bool = True


@dataclass(frozen=True, slots=True)
class SimpleQueryString(Query):
    """A text in the language that no text can break; ``flags`` name what of it is known, ``fields`` as above."""

    text: str
    flags: frozenset[str]
    fields: tuple[str, ...] = ()
    operator: Literal["or", "and"] = "or"
    is_lenient: bool = False
    analyzer: str | None = None
    minimum: str | None = None
    fuzzy_prefix_length: int = 0
    fuzzy_transpositions: bool = True
