"""Query DSL from JSON to nodes. Unknown names are parsing errors; names not built yet are refused by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import answer, illegal, parsing, unsupported
from engine.search.local.query import nodes
from engine.search.local.query.geo import parse_geo_shape
from engine.search.local.query.minimum import check_minimum
from engine.search.local.query.nodes import Query
from engine.search.local.shape import as_bool, as_list, as_many, as_number, as_object, as_text, check_keys, only_key
from engine.search.local.shape import pointer as inside

_DEEPEST = 100
_MOST_TERMS = 65_536
_MOST_CLAUSES = 1024
_LATER_NAMES = """
boosting combined_fields constant_score dis_max distance_feature function_score fuzzy geo_bounding_box geo_distance
geo_grid geo_polygon has_child has_parent intervals knn match_bool_prefix match_phrase_prefix more_like_this
parent_id percolate pinned rank_feature regexp rule script script_score semantic shape
simple_query_string span_containing span_field_masking span_first span_multi span_near span_not span_or span_term
span_within sparse_vector terms_set text_expansion weighted_tokens wrapper
"""
_LATER = frozenset(_LATER_NAMES.split())
_BOOL_KEYS = ("must", "filter", "should", "must_not", "minimum_should_match", "boost", "_name", "adjust_pure_negative")


def parse_query(body: JsonValue, at: str, depth: int = 0) -> Query:
    """The query at a JSON pointer. Raises SearchError 400."""
    query = _parse_clause(body, at, depth)
    if depth == 0 and _count_clauses(query) > _MOST_CLAUSES:
        reason = f"the query has more than {_MOST_CLAUSES} clauses: name values in one [terms] query"
        raise answer(400, "too_many_nested_clauses", f"{reason} at [{at}]")
    return query


def _count_clauses(query: Query) -> int:
    if isinstance(query, nodes.Nested):
        return _count_clauses(query.query)
    if isinstance(query, nodes.Bool):
        return sum(map(_count_clauses, (*query.must, *query.filter, *query.should, *query.must_not)))
    return 1


def _parse_clause(body: JsonValue, at: str, depth: int) -> Query:
    if depth > _DEEPEST:
        raise illegal(f"queries are nested deeper than {_DEEPEST}", at)
    name, content = only_key(body, at, "a query")
    here = inside(at, name)
    if name in _COMPOUND:
        return _COMPOUND[name](as_object(content, here), here, depth)
    parser = _PARSERS.get(name)
    if parser is not None:
        return parser(as_object(content, here), here)
    if name in _LATER:
        raise unsupported(f"query [{name}]", here)
    raise parsing(f"unknown query [{name}]", here)


def _common(content: JsonObject, at: str) -> tuple[float, str | None]:
    boost = as_number(content.get("boost", 1.0), inside(at, "boost"))
    name = content.get("_name")
    return boost, None if name is None else as_text(name, inside(at, "_name"))


def _bool(content: JsonObject, at: str, depth: int) -> Query:
    check_keys(content, _BOOL_KEYS, at, "bool")
    clauses: dict[str, tuple[Query, ...]] = {}
    for kind in ("must", "filter", "should", "must_not"):
        here = inside(at, kind)
        given = content.get(kind)
        if isinstance(given, list):
            clauses[kind] = tuple(parse_query(each, inside(here, i), depth + 1) for i, each in enumerate(given))
        else:
            clauses[kind] = () if given is None else (parse_query(given, here, depth + 1),)
    boost, name = _common(content, at)
    minimum = _minimum(content, at)
    return nodes.Bool(
        clauses["must"], clauses["filter"], clauses["should"], clauses["must_not"], minimum, boost=boost, name=name
    )


def _minimum(content: JsonObject, at: str) -> str | None:
    given = content.get("minimum_should_match")
    return None if given is None else check_minimum(str(given), inside(at, "minimum_should_match"))


def _nested(content: JsonObject, at: str, depth: int) -> Query:
    if content.get("inner_hits") is not None:
        raise unsupported("option [inner_hits] of query [nested]", inside(at, "inner_hits"))
    check_keys(
        content, ("path", "query", "score_mode", "ignore_unmapped", "inner_hits", "boost", "_name"), at, "nested"
    )
    for key in ("path", "query"):
        if key not in content:
            raise parsing(f"[nested] requires [{key}]", at)
    boost, name = _common(content, at)
    mode = content.get("score_mode", "avg")
    if mode not in ("avg", "sum", "min", "max", "none"):
        raise illegal(f"No score mode for child query [{mode}] found", inside(at, "score_mode"))
    return nodes.Nested(
        as_text(content["path"], inside(at, "path")),
        parse_query(content["query"], inside(at, "query"), depth + 1),
        as_bool(content.get("ignore_unmapped", False), inside(at, "ignore_unmapped")),
        boost=boost,
        name=name,
    )


_COMPOUND: Mapping[str, Callable[[JsonObject, str, int], Query]] = {
    "bool": _bool,
    "nested": _nested,
}


def _field_and_options(content: JsonObject, at: str, short: str, known: str, what: str) -> tuple[str, JsonObject]:
    """``{field: value}`` or ``{field: {short: value, ...}}`` as the field and the latter form."""
    field, given = only_key(content, at, f"[{what}] query")
    if isinstance(given, list):
        raise parsing(f"[{what}] query does not support arrays", inside(at, field))
    options = given if isinstance(given, dict) else {short: given}
    check_keys(options, [short, *known.split(), "boost", "_name"], inside(at, field), what)
    return field, options


def _match_all(content: JsonObject, at: str) -> Query:
    check_keys(content, ("boost", "_name"), at, "match_all")
    boost, name = _common(content, at)
    return nodes.MatchAll(boost=boost, name=name)


def _match_none(content: JsonObject, at: str) -> Query:
    check_keys(content, ("boost", "_name"), at, "match_none")
    boost, name = _common(content, at)
    return nodes.MatchNone(boost=boost, name=name)


def _term(content: JsonObject, at: str) -> Query:
    field, options = _field_and_options(content, at, "value", "case_insensitive", "term")
    here = inside(at, field)
    boost, name = _common(options, here)
    folded = as_bool(options.get("case_insensitive", False), here)
    return nodes.Term(field, _scalar(options.get("value"), here, "term"), folded, boost=boost, name=name)


def _scalar(value: JsonValue, at: str, what: str) -> JsonValue:
    if value is None or isinstance(value, dict | list):
        raise illegal(f"[{what}] query needs a value that is a text, a number or a boolean", at)
    return value


def _terms(content: JsonObject, at: str) -> Query:
    boost, name = _common(content, at)
    rest = {key: item for key, item in content.items() if key not in ("boost", "_name")}
    field, given = only_key(rest, at, "[terms] query")
    here = inside(at, field)
    if isinstance(given, dict):
        check_keys(given, ("index", "id", "path", "routing"), here, "terms")
        parts = [as_text(given.get(key), inside(here, key)) for key in ("index", "id", "path")]
        return nodes.TermsLookup(field, *parts, boost=boost, name=name)
    values = as_list(given, here)
    if len(values) > _MOST_TERMS:
        raise illegal(f"[terms] query has {len(values)} values, the most is {_MOST_TERMS}", here)
    scalars = tuple(_scalar(each, inside(here, i), "terms") for i, each in enumerate(values))
    return nodes.Terms(field, scalars, boost=boost, name=name)


_ACCEPTED_MATCH = "auto_generate_synonyms_phrase_query prefix_length max_expansions fuzzy_transpositions fuzzy_rewrite"


def _match(content: JsonObject, at: str) -> Query:
    known = f"operator minimum_should_match analyzer lenient zero_terms_query fuzziness {_ACCEPTED_MATCH}"
    field, options = _field_and_options(content, at, "query", known, "match")
    here = inside(at, field)
    if options.get("fuzziness") not in (None, 0, "0"):
        raise unsupported("option [fuzziness] of query [match]", here)
    boost, name = _common(options, here)
    return nodes.Match(
        field,
        _scalar(options.get("query"), here, "match"),
        _operator(options, here),
        _minimum(options, here),
        _analyzer(options, here),
        as_bool(options.get("lenient", False), here),
        _all_if_no_tokens(options, here),
        boost=boost,
        name=name,
    )


def _operator(options: JsonObject, at: str) -> Literal["or", "and"]:
    given = str(options.get("operator", "or")).lower()
    if given not in ("or", "and"):
        raise illegal(f"operator is [or] or [and], not [{given}]", inside(at, "operator"))
    return "and" if given == "and" else "or"


def _analyzer(options: JsonObject, at: str) -> str | None:
    given = options.get("analyzer")
    return None if given is None else as_text(given, inside(at, "analyzer"))


def _all_if_no_tokens(options: JsonObject, at: str) -> bool:
    given = str(options.get("zero_terms_query", "none")).lower()
    if given not in ("none", "all"):
        raise illegal(f"zero_terms_query is [none] or [all], not [{given}]", inside(at, "zero_terms_query"))
    return given == "all"


def _match_phrase(content: JsonObject, at: str) -> Query:
    field, options = _field_and_options(content, at, "query", "slop analyzer zero_terms_query", "match_phrase")
    here = inside(at, field)
    if options.get("slop") not in (None, 0, "0"):
        raise unsupported("option [slop] of query [match_phrase]", here)
    boost, name = _common(options, here)
    return nodes.MatchPhrase(
        field,
        _scalar(options.get("query"), here, "match_phrase"),
        _analyzer(options, here),
        _all_if_no_tokens(options, here),
        boost=boost,
        name=name,
    )


_RANGE_KEYS = ("gt", "gte", "lt", "lte", "from", "to", "include_lower", "include_upper", "format", "time_zone",
               "relation", "boost", "_name")  # fmt: skip


def _range(content: JsonObject, at: str) -> Query:
    field, given = only_key(content, at, "[range] query")
    here = inside(at, field)
    options = as_object(given, here)
    check_keys(options, _RANGE_KEYS, here, "range")
    for key in ("gt", "gte", "lt", "lte", "from", "to"):
        if options.get(key) is not None:
            _scalar(options[key], inside(here, key), "range")
    lower = _bound(options, ("gte", True), ("gt", False), ("from", "include_lower"))
    upper = _bound(options, ("lte", True), ("lt", False), ("to", "include_upper"))
    form, zone = options.get("format"), options.get("time_zone")
    boost, name = _common(options, here)
    return nodes.Range(
        field,
        lower,
        upper,
        None if form is None else as_text(form, inside(here, "format")),
        None if zone is None else as_text(zone, inside(here, "time_zone")),
        boost=boost,
        name=name,
    )


def _bound(
    options: JsonObject, inclusive: tuple[str, bool], exclusive: tuple[str, bool], legacy: tuple[str, str]
) -> nodes.Bound | None:
    """The last one given counts, as keys of a JSON object are read in order."""
    found: nodes.Bound | None = None
    for key, value in options.items():
        if key in (inclusive[0], exclusive[0]):
            found = None if value is None else nodes.Bound(value, key == inclusive[0])
        elif key == legacy[0]:
            closed = options.get(legacy[1], True) in (True, "true", None)
            found = None if value is None else nodes.Bound(value, closed)
    return found


def _exists(content: JsonObject, at: str) -> Query:
    check_keys(content, ("field", "boost", "_name"), at, "exists")
    boost, name = _common(content, at)
    return nodes.Exists(as_text(content.get("field"), inside(at, "field")), boost=boost, name=name)


def _ids(content: JsonObject, at: str) -> Query:
    check_keys(content, ("values", "type", "boost", "_name"), at, "ids")
    boost, name = _common(content, at)
    if "values" not in content:
        raise parsing("[ids] query needs [values]", at)
    values = as_many(content["values"])
    return nodes.Ids(tuple(str(_scalar(each, at, "ids")) for each in values), boost=boost, name=name)


def _prefix(content: JsonObject, at: str) -> Query:
    field, options = _field_and_options(content, at, "value", "case_insensitive rewrite", "prefix")
    here = inside(at, field)
    boost, name = _common(options, here)
    folded = as_bool(options.get("case_insensitive", False), here)
    return nodes.Prefix(field, _pattern(options.get("value"), here, "prefix"), folded, boost=boost, name=name)


def _wildcard(content: JsonObject, at: str) -> Query:
    field, options = _field_and_options(content, at, "value", "wildcard case_insensitive rewrite", "wildcard")
    here = inside(at, field)
    boost, name = _common(options, here)
    folded = as_bool(options.get("case_insensitive", False), here)
    given = options.get("value", options.get("wildcard"))
    return nodes.Wildcard(field, _pattern(given, here, "wildcard"), folded, boost=boost, name=name)


def _pattern(value: JsonValue, at: str, what: str) -> str:
    scalar = _scalar(value, at, what)
    return ("true" if scalar else "false") if isinstance(scalar, bool) else str(scalar)


_WITHOUT_EFFECT = ("tie_breaker", "rewrite", "quote_field_suffix", "max_determinized_states", "analyze_wildcard",
                   "enable_position_increments", "auto_generate_synonyms_phrase_query", "fuzziness",
                   "fuzzy_max_expansions", "fuzzy_prefix_length", "fuzzy_transpositions")  # fmt: skip
_QUERY_STRING_KEYS = ("query", "default_field", "fields", "default_operator", "allow_leading_wildcard", "analyzer",
                      "lenient", "time_zone", "boost", "_name", *_WITHOUT_EFFECT)  # fmt: skip
_MULTI_MATCH_KEYS = ("query", "fields", "operator", "analyzer", "lenient", "boost", "_name", "tie_breaker",
                     "auto_generate_synonyms_phrase_query", "prefix_length", "max_expansions")  # fmt: skip
_LATER_OPTIONS = ("phrase_slop", "slop", "minimum_should_match", "escape", "fuzzy_rewrite", "type",
                  "cutoff_frequency")  # fmt: skip


def _multi_match(content: JsonObject, at: str) -> Query:
    kind = content.get("type", "best_fields")
    if kind not in ("best_fields", "most_fields", "phrase"):
        raise unsupported(f"type [{kind}] of query [multi_match]", at)
    rest = {key: value for key, value in content.items() if key != "type"}
    _refuse_later(rest, at, "multi_match", ("fuzziness", *_LATER_OPTIONS))
    check_keys(rest, _MULTI_MATCH_KEYS, at, "multi_match")
    boost, name = _common(content, at)
    value, analyzer = _scalar(content.get("query"), at, "multi_match"), _analyzer(content, at)
    leaf: Query = (
        nodes.MatchPhrase("", value, analyzer)
        if kind == "phrase"
        else nodes.Match("", value, _operator(content, at), analyzer=analyzer)
    )
    fields = _fields(content.get("fields"), at)
    return nodes.AnyField(fields, leaf, _is_lenient(content, fields, at), boost=boost, name=name)


def _query_string(content: JsonObject, at: str) -> Query:
    rest = {key: value for key, value in content.items() if (key, value) != ("type", "best_fields")}
    _refuse_later(rest, at, "query_string", _LATER_OPTIONS)
    check_keys(rest, _QUERY_STRING_KEYS, at, "query_string")
    boost, name = _common(content, at)
    zone, one = content.get("time_zone"), content.get("default_field")
    fields = _fields([one] if one is not None and content.get("fields") is None else content.get("fields"), at)
    return nodes.QueryString(
        as_text(content.get("query"), inside(at, "query")),
        () if fields == ("*",) else fields,
        _operator({"operator": content.get("default_operator", "or")}, at),
        _is_lenient(content, fields, at),
        as_bool(content.get("allow_leading_wildcard", True), at),
        _analyzer(content, at),
        None if zone is None else as_text(zone, inside(at, "time_zone")),
        boost=boost,
        name=name,
    )


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


_PARSERS: Mapping[str, Callable[[JsonObject, str], Query]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    "term": _term,
    "terms": _terms,
    "match": _match,
    "match_phrase": _match_phrase,
    "range": _range,
    "exists": _exists,
    "ids": _ids,
    "geo_shape": parse_geo_shape,
    "prefix": _prefix,
    "wildcard": _wildcard,
    "multi_match": _multi_match,
    "query_string": _query_string,
}
