"""Full-text queries from JSON (embedded-search.md 4, 5)."""

import re
from collections.abc import Sequence
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import illegal, unsupported
from engine.search.local.query import nodes
from engine.search.local.query.nodes import Query
from engine.search.local.query.options import (
    common_options,
    field_and_options,
    minimum_option,
    scalar,
)
from engine.search.local.query.simple_query_string import FLAGS
from engine.search.local.shape import as_bool, as_int, as_many, as_text, check_keys
from engine.search.local.shape import pointer as inside

_FUZZINESS = re.compile(r"(?P<number>\d{1,3})(?:\.\d{1,9})?|AUTO(?::\d{1,3},\d{1,3})?", re.ASCII)
_MOST_EDITS = 2
_FUZZY_KEYS = "fuzziness prefix_length max_expansions fuzzy_transpositions fuzzy_rewrite"
_MATCH_KEYS = (
    f"operator minimum_should_match analyzer lenient zero_terms_query auto_generate_synonyms_phrase_query {_FUZZY_KEYS}"
)


def parse_match(content: JsonObject, at: str) -> Query:
    """``match``. Raises SearchError 400."""
    return _match(content, at, "match", _MATCH_KEYS)


def parse_match_bool_prefix(content: JsonObject, at: str) -> Query:
    """``match_bool_prefix``, whose last word is the beginning of one. Raises SearchError 400."""
    return _match(content, at, "match_bool_prefix", f"operator minimum_should_match analyzer {_FUZZY_KEYS}")


def _match(content: JsonObject, at: str, kind: str, known: str) -> Query:
    field, options = field_and_options(content, at, "query", known, kind)
    here = inside(at, field)
    boost, name = common_options(options, here)
    return nodes.Match(
        field,
        scalar(options.get("query"), here, kind),
        _operator(options, "operator", here),
        minimum_option(options, here),
        _analyzer(options, here),
        as_bool(options.get("lenient", False), here),
        _matches_all_without_tokens(options, here),
        kind == "match_bool_prefix",
        *_fuzzy_options(options, here),
        boost=boost,
        name=name,
    )


def parse_match_phrase(content: JsonObject, at: str) -> Query:
    """``match_phrase``. Raises SearchError 400."""
    return _match_phrase(content, at, "match_phrase", "slop analyzer zero_terms_query")


def parse_match_phrase_prefix(content: JsonObject, at: str) -> Query:
    """``match_phrase_prefix``, whose last word is the beginning of one. Raises SearchError 400."""
    return _match_phrase(content, at, "match_phrase_prefix", "slop analyzer zero_terms_query max_expansions")


def _match_phrase(content: JsonObject, at: str, kind: str, known: str) -> Query:
    field, options = field_and_options(content, at, "query", known, kind)
    here = inside(at, field)
    _refuse_later(options, here, kind, ("slop",))
    boost, name = common_options(options, here)
    return nodes.MatchPhrase(
        field,
        scalar(options.get("query"), here, kind),
        _analyzer(options, here),
        _matches_all_without_tokens(options, here),
        kind == "match_phrase_prefix",
        boost=boost,
        name=name,
    )


def parse_fuzzy(content: JsonObject, at: str) -> Query:
    """``fuzzy``. Raises SearchError 400."""
    known = "fuzziness prefix_length max_expansions transpositions rewrite"
    field, options = field_and_options(content, at, "value", known, "fuzzy")
    here = inside(at, field)
    boost, name = common_options(options, here)
    return nodes.Fuzzy(
        field,
        str(scalar(options.get("value"), here, "fuzzy")),
        _fuzziness(options.get("fuzziness", "AUTO"), inside(here, "fuzziness")),
        _length(options, "prefix_length", here),
        as_bool(options.get("transpositions", True), inside(here, "transpositions")),
        boost=boost,
        name=name,
    )


def _fuzzy_options(options: JsonObject, at: str) -> tuple[str | None, int, bool]:
    given = options.get("fuzziness")
    return (
        None if given in (None, 0, "0") else _fuzziness(given, inside(at, "fuzziness")),
        _length(options, "prefix_length", at),
        as_bool(options.get("fuzzy_transpositions", True), inside(at, "fuzzy_transpositions")),
    )


def _fuzziness(given: JsonValue, at: str) -> str:
    text = str(given).upper()
    found = None if isinstance(given, bool) else _FUZZINESS.fullmatch(text)
    if found is None:
        raise illegal(f"fuzziness is 0, 1, 2, AUTO or like AUTO:3,6, not [{text[:100]}]", at)
    return text if found["number"] is None else str(min(int(found["number"]), _MOST_EDITS))


def _length(options: JsonObject, key: str, at: str) -> int:
    length = as_int(options.get(key, 0), inside(at, key))
    if length < 0:
        raise illegal(f"[{key}] is not negative, but [{length}] is", inside(at, key))
    return length


def _operator(options: JsonObject, key: str, at: str) -> Literal["or", "and"]:
    given = str(options.get(key, "or")).lower()
    if given not in ("or", "and"):
        raise illegal(f"operator is [or] or [and], not [{given}]", inside(at, key))
    return "and" if given == "and" else "or"


def _analyzer(options: JsonObject, at: str) -> str | None:
    given = options.get("analyzer")
    return None if given is None else as_text(given, inside(at, "analyzer"))


def _matches_all_without_tokens(options: JsonObject, at: str) -> bool:
    given = str(options.get("zero_terms_query", "none")).lower()
    if given not in ("none", "all"):
        raise illegal(f"zero_terms_query is [none] or [all], not [{given}]", inside(at, "zero_terms_query"))
    return given == "all"


_MULTI_MATCH_KEYS = ("query", "fields", "type", "operator", "minimum_should_match", "analyzer", "lenient",
                     "zero_terms_query", "boost", "_name", "tie_breaker", "auto_generate_synonyms_phrase_query",
                     *_FUZZY_KEYS.split())  # fmt: skip
_MULTI_MATCH_TYPES = ("best_fields", "most_fields", "phrase", "phrase_prefix", "bool_prefix")


def parse_multi_match(content: JsonObject, at: str) -> Query:
    """``multi_match``. Raises SearchError 400."""
    kind = content.get("type", "best_fields")
    if kind not in _MULTI_MATCH_TYPES:
        raise unsupported(f"type [{kind}] of query [multi_match]", at)
    _refuse_later(content, at, "multi_match", ("slop", "cutoff_frequency"))
    check_keys(content, (*_MULTI_MATCH_KEYS, "slop", "cutoff_frequency"), at, "multi_match")
    boost, name = common_options(content, at)
    value, analyzer = scalar(content.get("query"), at, "multi_match"), _analyzer(content, at)
    matches_all = _matches_all_without_tokens(content, at)
    leaf: Query = (
        nodes.MatchPhrase("", value, analyzer, matches_all, kind == "phrase_prefix")
        if kind in ("phrase", "phrase_prefix")
        else nodes.Match(
            "", value, _operator(content, "operator", at), minimum_option(content, at), analyzer, False, matches_all,
            kind == "bool_prefix", *_fuzzy_options(content, at),
        )
    )  # fmt: skip
    fields = _fields(content.get("fields"), at)
    return nodes.AnyField(fields, leaf, _is_lenient(content, fields, at), boost=boost, name=name)


_WITHOUT_EFFECT = ("tie_breaker", "rewrite", "quote_field_suffix", "max_determinized_states", "analyze_wildcard",
                   "enable_position_increments", "auto_generate_synonyms_phrase_query", "fuzzy_max_expansions",
                   "fuzziness")  # fmt: skip
_LATER_OPTIONS = ("phrase_slop", "escape", "fuzzy_rewrite", "type")
_QUERY_STRING_KEYS = ("query", "default_field", "fields", "default_operator", "allow_leading_wildcard", "analyzer",
                      "lenient", "time_zone", "minimum_should_match", "fuzzy_prefix_length", "fuzzy_transpositions",
                      "boost", "_name", *_WITHOUT_EFFECT)  # fmt: skip


def parse_query_string(content: JsonObject, at: str) -> Query:
    """``query_string``, whose text is read for each index. Raises SearchError 400."""
    rest = {key: value for key, value in content.items() if (key, value) != ("type", "best_fields")}
    _refuse_later(rest, at, "query_string", _LATER_OPTIONS)
    check_keys(rest, (*_QUERY_STRING_KEYS, *_LATER_OPTIONS), at, "query_string")
    boost, name = common_options(content, at)
    zone, one = content.get("time_zone"), content.get("default_field")
    fields = _fields([one] if one is not None and content.get("fields") is None else content.get("fields"), at)
    return nodes.QueryString(
        as_text(content.get("query"), inside(at, "query")),
        () if fields == ("*",) else fields,
        _operator(content, "default_operator", at),
        _is_lenient(content, fields, at),
        as_bool(content.get("allow_leading_wildcard", True), at),
        _analyzer(content, at),
        None if zone is None else as_text(zone, inside(at, "time_zone")),
        minimum_option(content, at),
        _length(content, "fuzzy_prefix_length", at),
        as_bool(content.get("fuzzy_transpositions", True), inside(at, "fuzzy_transpositions")),
        boost=boost,
        name=name,
    )


_SIMPLE_KEYS = ("query", "fields", "default_operator", "analyzer", "lenient", "minimum_should_match", "flags", "boost",
                "_name", "analyze_wildcard", "quote_field_suffix", "auto_generate_synonyms_phrase_query",
                "fuzzy_prefix_length", "fuzzy_max_expansions", "fuzzy_transpositions")  # fmt: skip


def parse_simple_query_string(content: JsonObject, at: str) -> Query:
    """``simple_query_string``. Raises SearchError 400."""
    check_keys(content, _SIMPLE_KEYS, at, "simple_query_string")
    boost, name = common_options(content, at)
    fields = _fields(content.get("fields"), at)
    return nodes.SimpleQueryString(
        as_text(content.get("query"), inside(at, "query")),
        _flags(content.get("flags", "ALL"), inside(at, "flags")),
        () if fields == ("*",) else fields,
        _operator(content, "default_operator", at),
        _is_lenient(content, fields, at),
        _analyzer(content, at),
        minimum_option(content, at),
        _length(content, "fuzzy_prefix_length", at),
        as_bool(content.get("fuzzy_transpositions", True), inside(at, "fuzzy_transpositions")),
        boost=boost,
        name=name,
    )


def _flags(given: JsonValue, at: str) -> frozenset[str]:
    found: set[str] = set()
    for flag in as_text(given, at).upper().split("|"):
        if flag == "ALL":
            found |= set(FLAGS)
        elif flag in FLAGS:
            found.add(flag)
        elif flag not in ("NONE", ""):
            raise illegal(f"Unknown simple_query_string flag [{flag[:100]}]: known are {', '.join(FLAGS)}", at)
    return frozenset(found)


def _refuse_later(content: JsonObject, at: str, what: str, options: Sequence[str]) -> None:
    for key in options:
        if content.get(key) not in (None, False, 0, "0"):
            raise unsupported(f"option [{key}] of query [{what}]", inside(at, key))


def _fields(given: JsonValue, at: str) -> tuple[str, ...]:
    """Names and patterns; () = all fields."""
    return () if given is None else tuple(as_text(each, inside(at, "fields")) for each in as_many(given))


def _is_lenient(content: JsonObject, fields: tuple[str, ...], at: str) -> bool:
    """All fields together are always asked leniently: most of them cannot take the value."""
    return as_bool(content.get("lenient", not fields or fields == ("*",)), inside(at, "lenient"))
