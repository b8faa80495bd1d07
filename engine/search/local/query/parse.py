"""Query DSL from JSON to nodes. Unknown names are parsing errors; names not built yet are refused by name."""

from collections.abc import Callable, Mapping

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import answer, illegal, parsing, unsupported
from engine.search.local.query import nodes
from engine.search.local.query.geo import parse_geo_shape
from engine.search.local.query.nodes import Query
from engine.search.local.query.options import common_options, field_and_options, minimum_option, pattern_text, scalar
from engine.search.local.query.regexps import RegexpError, regexp_flags
from engine.search.local.query.texts import (
    parse_fuzzy,
    parse_match,
    parse_match_bool_prefix,
    parse_match_phrase,
    parse_match_phrase_prefix,
    parse_multi_match,
    parse_query_string,
    parse_simple_query_string,
)
from engine.search.local.shape import as_bool, as_list, as_many, as_number, as_object, as_text, check_keys, only_key
from engine.search.local.shape import pointer as inside

_DEEPEST = 100
_MOST_TERMS = 65_536
_MOST_CLAUSES = 1024
_LATER_NAMES = """
combined_fields distance_feature geo_bounding_box geo_distance geo_grid geo_polygon has_child has_parent intervals knn
more_like_this parent_id percolate pinned rank_feature rule script semantic shape span_containing span_field_masking
span_first span_multi span_near span_not span_or span_term span_within sparse_vector terms_set text_expansion
weighted_tokens wrapper
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
    if isinstance(query, nodes.Nested | nodes.ConstantScore):
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
    boost, name = common_options(content, at)
    minimum = minimum_option(content, at)
    return nodes.Bool(
        clauses["must"], clauses["filter"], clauses["should"], clauses["must_not"], minimum, boost=boost, name=name
    )


def _nested(content: JsonObject, at: str, depth: int) -> Query:
    if content.get("inner_hits") is not None:
        raise unsupported("option [inner_hits] of query [nested]", inside(at, "inner_hits"))
    check_keys(
        content, ("path", "query", "score_mode", "ignore_unmapped", "inner_hits", "boost", "_name"), at, "nested"
    )
    for key in ("path", "query"):
        if key not in content:
            raise parsing(f"[nested] requires [{key}]", at)
    boost, name = common_options(content, at)
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


def _constant_score(content: JsonObject, at: str, depth: int) -> Query:
    check_keys(content, ("filter", "boost", "_name"), at, "constant_score")
    return _around(content, at, depth, "filter", "constant_score")


def _around(content: JsonObject, at: str, depth: int, key: str, kind: str) -> Query:
    """What one inner query matches, whatever the outer one makes of its score."""
    if key not in content:
        raise parsing(f"[{kind}] requires [{key}]", at)
    boost, name = common_options(content, at)
    return nodes.ConstantScore(parse_query(content[key], inside(at, key), depth + 1), boost=boost, name=name)


def _dis_max(content: JsonObject, at: str, depth: int) -> Query:
    check_keys(content, ("queries", "tie_breaker", "boost", "_name"), at, "dis_max")
    here = inside(at, "queries")
    given = as_list(content.get("queries"), here)
    if not given:
        raise parsing("[dis_max] requires 'queries' field with at least one clause", here)
    boost, name = common_options(content, at)
    clauses = tuple(parse_query(each, inside(here, i), depth + 1) for i, each in enumerate(given))
    return nodes.Bool(should=clauses, minimum="1", boost=boost, name=name)


def _boosting(content: JsonObject, at: str, depth: int) -> Query:
    check_keys(content, ("positive", "negative", "negative_boost", "boost", "_name"), at, "boosting")
    for key in ("negative", "negative_boost"):
        if key not in content:
            raise parsing(f"[boosting] requires [{key}]", at)
    if as_number(content["negative_boost"], inside(at, "negative_boost")) < 0:
        raise illegal("[negative_boost] is not negative itself", inside(at, "negative_boost"))
    parse_query(content["negative"], inside(at, "negative"), depth + 1)
    return _around(content, at, depth, "positive", "boosting")


_FUNCTION_KEYS = ("query", "functions", "score_mode", "boost_mode", "max_boost", "weight", "random_score",
                  "field_value_factor", "script_score", "linear", "exp", "gauss", "boost", "_name")  # fmt: skip


def _function_score(content: JsonObject, at: str, depth: int) -> Query:
    if content.get("min_score") is not None:
        raise unsupported("option [min_score] of query [function_score]", inside(at, "min_score"))
    check_keys(content, (*_FUNCTION_KEYS, "min_score"), at, "function_score")
    return _around({"query": {"match_all": {}}, **content}, at, depth, "query", "function_score")


def _script_score(content: JsonObject, at: str, depth: int) -> Query:
    if content.get("min_score") is not None:
        raise unsupported("option [min_score] of query [script_score]", inside(at, "min_score"))
    check_keys(content, ("query", "script", "min_score", "boost", "_name"), at, "script_score")
    return _around(content, at, depth, "query", "script_score")


_COMPOUND: Mapping[str, Callable[[JsonObject, str, int], Query]] = {
    "bool": _bool,
    "nested": _nested,
    "constant_score": _constant_score,
    "dis_max": _dis_max,
    "boosting": _boosting,
    "function_score": _function_score,
    "script_score": _script_score,
}


def _match_all(content: JsonObject, at: str) -> Query:
    check_keys(content, ("boost", "_name"), at, "match_all")
    boost, name = common_options(content, at)
    return nodes.MatchAll(boost=boost, name=name)


def _match_none(content: JsonObject, at: str) -> Query:
    check_keys(content, ("boost", "_name"), at, "match_none")
    boost, name = common_options(content, at)
    return nodes.MatchNone(boost=boost, name=name)


def _term(content: JsonObject, at: str) -> Query:
    field, options = field_and_options(content, at, "value", "case_insensitive", "term")
    here = inside(at, field)
    boost, name = common_options(options, here)
    folded = as_bool(options.get("case_insensitive", False), here)
    return nodes.Term(field, scalar(options.get("value"), here, "term"), folded, boost=boost, name=name)


def _terms(content: JsonObject, at: str) -> Query:
    boost, name = common_options(content, at)
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
    scalars = tuple(scalar(each, inside(here, i), "terms") for i, each in enumerate(values))
    return nodes.Terms(field, scalars, boost=boost, name=name)


_RANGE_KEYS = ("gt", "gte", "lt", "lte", "from", "to", "include_lower", "include_upper", "format", "time_zone",
               "relation", "boost", "_name")  # fmt: skip


def _range(content: JsonObject, at: str) -> Query:
    field, given = only_key(content, at, "[range] query")
    here = inside(at, field)
    options = as_object(given, here)
    check_keys(options, _RANGE_KEYS, here, "range")
    for key in ("gt", "gte", "lt", "lte", "from", "to"):
        if options.get(key) is not None:
            scalar(options[key], inside(here, key), "range")
    lower = _bound(options, ("gte", True), ("gt", False), ("from", "include_lower"))
    upper = _bound(options, ("lte", True), ("lt", False), ("to", "include_upper"))
    form, zone = options.get("format"), options.get("time_zone")
    boost, name = common_options(options, here)
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
    boost, name = common_options(content, at)
    return nodes.Exists(as_text(content.get("field"), inside(at, "field")), boost=boost, name=name)


def _ids(content: JsonObject, at: str) -> Query:
    check_keys(content, ("values", "type", "boost", "_name"), at, "ids")
    boost, name = common_options(content, at)
    if "values" not in content:
        raise parsing("[ids] query needs [values]", at)
    values = as_many(content["values"])
    return nodes.Ids(tuple(str(scalar(each, at, "ids")) for each in values), boost=boost, name=name)


def _prefix(content: JsonObject, at: str) -> Query:
    field, options = field_and_options(content, at, "value", "case_insensitive rewrite", "prefix")
    here = inside(at, field)
    boost, name = common_options(options, here)
    folded = as_bool(options.get("case_insensitive", False), here)
    return nodes.Prefix(field, pattern_text(options.get("value"), here, "prefix"), folded, boost=boost, name=name)


def _wildcard(content: JsonObject, at: str) -> Query:
    field, options = field_and_options(content, at, "value", "wildcard case_insensitive rewrite", "wildcard")
    here = inside(at, field)
    boost, name = common_options(options, here)
    folded = as_bool(options.get("case_insensitive", False), here)
    given = options.get("value", options.get("wildcard"))
    return nodes.Wildcard(field, pattern_text(given, here, "wildcard"), folded, boost=boost, name=name)


def _regexp(content: JsonObject, at: str) -> Query:
    known = "flags flags_value case_insensitive max_determinized_states rewrite"
    field, options = field_and_options(content, at, "value", known, "regexp")
    here = inside(at, field)
    boost, name = common_options(options, here)
    try:
        flags = regexp_flags(as_text(options.get("flags", "ALL"), inside(here, "flags")))
    except RegexpError as error:
        raise illegal(str(error), inside(here, "flags")) from None
    folded = as_bool(options.get("case_insensitive", False), here)
    pattern = pattern_text(options.get("value"), here, "regexp")
    return nodes.Regexp(field, pattern, folded, flags, boost=boost, name=name)


_PARSERS: Mapping[str, Callable[[JsonObject, str], Query]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    "term": _term,
    "terms": _terms,
    "match": parse_match,
    "match_phrase": parse_match_phrase,
    "match_phrase_prefix": parse_match_phrase_prefix,
    "match_bool_prefix": parse_match_bool_prefix,
    "range": _range,
    "exists": _exists,
    "ids": _ids,
    "geo_shape": parse_geo_shape,
    "prefix": _prefix,
    "wildcard": _wildcard,
    "regexp": _regexp,
    "fuzzy": parse_fuzzy,
    "multi_match": parse_multi_match,
    "query_string": parse_query_string,
    "simple_query_string": parse_simple_query_string,
}
