"""From query nodes to conditions in SQL, for one index (embedded-search.md 4)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from engine.model.jsonvalue import JsonValue
from engine.search.local.errors import BadValue, bad_query_value, shard_failure, unsupported
from engine.search.local.fragment import FALSE, TRUE, Sql, all_of, any_of, chain, sql, value
from engine.search.local.index import IndexView
from engine.search.local.mapping import Field
from engine.search.local.query import leaves, nodes
from engine.search.local.query.fuzzy import allowed_edits, similar_words
from engine.search.local.query.geo import GeoShape
from engine.search.local.query.metadata import id_condition, is_metadata, metadata_condition
from engine.search.local.query.minimum import required_clauses
from engine.search.local.query.patterns import pattern_condition
from engine.search.local.query.query_string import QuerySyntaxError, QueryUnsupported, parse_query_string
from engine.search.local.query.shape_matcher import ShapeMatcher
from engine.search.local.query.simple_query_string import SimpleQueryUnsupported, parse_simple_query_string
from engine.search.local.query.spans import range_span, value_span
from engine.search.local.source_values import is_like
from engine.search.local.values import to_text

_Pattern = nodes.Prefix | nodes.Wildcard | nodes.Regexp
Score = Sql | float
"""What a matching document scores: the same for all, or an expression."""


@dataclass(slots=True)
class QueryContext:
    """What compiling needs besides the query.

    ``now`` in nanoseconds; ``look_up`` reads the values of a terms lookup; ``shapes`` judges where documents are.
    ``missing_tokens`` receives the text fields whose tokens must be made before the conditions hold.
    """

    now: int
    look_up: Callable[[nodes.TermsLookup], Sequence[JsonValue]]
    shapes: ShapeMatcher
    missing_tokens: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query for one index: the condition (NULL counts as no) and the score of documents that meet it."""

    where: Sql
    score: Score


def compile_query(query: nodes.Query, view: IndexView, context: QueryContext) -> Compiled:
    """The condition and score of a query. Raises SearchError 400 for values that a field cannot take."""
    if isinstance(query, nodes.Bool):
        return _compile_bool(query, view, context)
    if isinstance(query, nodes.Nested):
        return _compile_nested(query, view, context)
    if isinstance(query, nodes.QueryString):
        # One score for all: sums over hundreds of words take the database seconds, and texts are sorted by time.
        return Compiled(compile_query(_parsed(query, view), view, context).where, query.boost)
    if isinstance(query, nodes.SimpleQueryString):
        return Compiled(compile_query(_parsed_simply(query, view), view, context).where, query.boost)
    if isinstance(query, nodes.ConstantScore):
        return Compiled(compile_query(query.query, view, context).where, query.boost)
    if isinstance(query, nodes.AnyField):
        return _compile_any_field(query, view, context)
    return Compiled(*_compile_leaf(query, view, context))


def _parsed(query: nodes.QueryString, view: IndexView) -> nodes.Query:
    try:
        return parse_query_string(query)
    except QuerySyntaxError as error:
        reason = f"Failed to parse query [{query.text[:200]}]"
        raise shard_failure(
            view.name, "query_shard_exception", reason, BadValue("parse_exception", str(error))
        ) from None
    except QueryUnsupported as error:
        raise unsupported(str(error)) from None


def _parsed_simply(query: nodes.SimpleQueryString, view: IndexView) -> nodes.Query:
    targets = [leaves.Target.of(view, name, set()) for name in _names(query.fields, view) if name in view.fields]

    def is_blank(text: str) -> bool:
        return not text or all(
            each.field.family == "text" and not leaves.query_tokens(each, text, query.analyzer) for each in targets
        )

    try:
        return parse_simple_query_string(query, is_blank if targets else lambda text: not text)
    except SimpleQueryUnsupported as error:
        raise unsupported(str(error)) from None


def _compile_any_field(query: nodes.AnyField, view: IndexView, context: QueryContext) -> Compiled:
    """Any of the fields may meet the query; the best one counts, not how many do."""
    found = []
    for name in _names(query.fields, view):
        if query.is_lenient and not _can_take(query.leaf, view.fields.get(name)):
            continue
        leaf: nodes.Query = replace(query.leaf, field=name)  # type: ignore[call-arg]
        found.append(_compile_leaf(leaf, view, context, is_lenient=query.is_lenient)[0])
    return Compiled(any_of(found), query.boost)


def _names(fields: Sequence[str], view: IndexView) -> list[str]:
    """The fields meant by names and patterns; boosts are cut off."""
    names: dict[str, None] = {}
    for given in fields or ("*",):
        name, _, _ = given.partition("^")
        names |= dict.fromkeys(each for each in view.fields if is_like(each, name)) if "*" in name else {name: None}
    return list(names)


def _can_take(leaf: nodes.Query, field_: Field | None) -> bool:
    """Whether a field is of a type for which there are queries of that kind at all."""
    if field_ is None or isinstance(leaf, nodes.Exists):
        return True
    if isinstance(leaf, nodes.MatchPhrase) and leaf.is_prefix:
        return field_.family == "text"
    if isinstance(leaf, _Pattern | nodes.Fuzzy) or (isinstance(leaf, nodes.Match) and leaf.is_prefix):
        return field_.family in ("keyword", "text")
    return field_.family not in ("geo_point", "geo_shape")


def _compile_bool(query: nodes.Bool, view: IndexView, context: QueryContext) -> Compiled:
    must = [compile_query(each, view, context) for each in query.must]
    kept = [compile_query(each, view, context).where for each in query.filter]
    should = [compile_query(each, view, context) for each in query.should]
    dropped = [compile_query(each, view, context).where for each in query.must_not]
    if not (must or kept or should or dropped):
        return Compiled(TRUE, query.boost)
    if query.minimum is not None:
        required = required_clauses(query.minimum, len(should))
    else:
        required = 1 if should and not must and not kept else 0
    conditions = [each.where for each in must] + kept + [sql("(({}) IS NOT TRUE)", each) for each in dropped]
    conditions.append(at_least(required, [each.where for each in should]))
    return Compiled(all_of(conditions), _bool_score(must, should, query.boost))


def _compile_nested(query: nodes.Nested, view: IndexView, context: QueryContext) -> Compiled:
    way = view.way_to(query.path)
    if not way:
        is_mapped = query.path in view.objects or query.path in view.fields
        if query.is_path_optional and not is_mapped:
            return Compiled(FALSE, query.boost)
        why = "is not of nested type" if is_mapped else "is not mapped"
        reason = f"[nested] failed to find nested object under path [{query.path}]: it {why}"
        raise shard_failure(view.name, "query_shard_exception", reason)
    inner = compile_query(query.query, way[-1], context)
    where = inner.where
    for below in reversed(way):
        where = sql("(seq IN (SELECT parent FROM " + below.table + " WHERE {}))", where)
    return Compiled(where, query.boost * inner.score if isinstance(inner.score, float) else query.boost)


def at_least(required: int, conditions: Sequence[Sql]) -> Sql:
    """True if that many of the conditions are."""
    if required <= 0:
        return TRUE
    if required > len(conditions):
        return FALSE
    if required == 1:
        return any_of(conditions)
    if required == len(conditions):
        return all_of(conditions)
    counted = chain(" + ", [sql("(({}) IS TRUE)::INTEGER", each) for each in conditions])
    return sql("(({}) >= " + str(required) + ")", counted)


def _bool_score(must: Iterable[Compiled], should: Iterable[Compiled], boost: float) -> Score:
    constant = 0.0
    varying: list[Sql] = []
    for each in must:
        if isinstance(each.score, float):
            constant += each.score
        else:
            varying.append(each.score)
    for each in should:
        if each.where == TRUE and isinstance(each.score, float):
            constant += each.score
        elif each.where != FALSE:
            score = each.score if isinstance(each.score, Sql) else value(each.score, "DOUBLE")
            varying.append(sql("CASE WHEN {} THEN {} ELSE 0.0 END", each.where, score))
    if not varying:
        return constant * boost
    total = chain(" + ", [*varying, value(constant, "DOUBLE")])
    return sql("(({}) * {})", total, value(boost, "DOUBLE"))


def _compile_leaf(
    query: nodes.Query, view: IndexView, context: QueryContext, *, is_lenient: bool = False
) -> tuple[Sql, Score]:
    if isinstance(query, nodes.MatchAll):
        return TRUE, query.boost
    if isinstance(query, nodes.MatchNone):
        return FALSE, query.boost
    if isinstance(query, nodes.Ids):
        return id_condition(view, query.values), query.boost
    if isinstance(query, nodes.Exists):
        return leaves.exists(view, query.field), query.boost
    if isinstance(query, nodes.TermsLookup):
        found = nodes.Terms(query.field, tuple(context.look_up(query)), boost=query.boost)
        return _compile_leaf(found, view, context)
    if isinstance(query, GeoShape):
        numbers = value(sorted(context.shapes.matching(view, query)), "BIGINT[]")
        return sql("(seq IN (SELECT unnest({})))", numbers), query.boost
    name = getattr(query, "field", None)
    if not isinstance(name, str):
        raise unsupported(f"query [{type(query).__name__}]")
    if is_metadata(name):
        return metadata_condition(view, query), query.boost
    if name not in view.fields:
        return FALSE, query.boost
    try:
        return _compile_field(query, leaves.Target.of(view, name, context.missing_tokens), context)
    except BadValue as problem:
        if is_lenient or (isinstance(query, nodes.Match) and query.lenient):
            return FALSE, query.boost
        raise bad_query_value(view.name, name, problem) from problem


def _compile_field(query: nodes.Query, target: leaves.Target, context: QueryContext) -> tuple[Sql, Score]:
    field_ = target.field
    if isinstance(query, nodes.Term):
        span = value_span(field_, query.value, context.now)
        return leaves.in_spans(target, [span], case_insensitive=query.case_insensitive), query.boost
    if isinstance(query, nodes.Terms):
        return leaves.in_spans(target, [value_span(field_, each, context.now) for each in query.values]), query.boost
    if isinstance(query, nodes.Range):
        return leaves.in_spans(target, [range_span(field_, query, context.now)]), query.boost
    if isinstance(query, _Pattern):
        return pattern_condition(query, target), query.boost
    if isinstance(query, nodes.Fuzzy):
        return _compile_fuzzy(query, target, context), query.boost
    if isinstance(query, nodes.Match | nodes.MatchPhrase):
        if field_.family == "text":
            return _compile_text(query, target, context)
        if query.is_prefix:
            return _compile_prefix(query, target), query.boost
        if field_.family == "keyword":
            return _compile_whole(query, target, context), query.boost
        return leaves.in_spans(target, [value_span(field_, query.value, context.now)]), query.boost
    raise unsupported(f"query [{type(query).__name__}]")


def _compile_fuzzy(query: nodes.Fuzzy, target: leaves.Target, context: QueryContext) -> Sql:
    if target.field.family not in ("keyword", "text"):
        reason = (
            f"Can only use fuzzy queries on keyword and text fields - "
            f"not on [{target.field.name}] which is of type [{target.field.type}]"
        )
        raise shard_failure(target.index, "query_shard_exception", reason)
    is_lowered = query.is_analyzed and target.field.family == "text"
    word = query.value.lower() if is_lowered else query.value
    return _has_similar(target, word, query.fuzziness, query.prefix_length, query.transpositions, context)


def _has_similar(
    target: leaves.Target, word: str, fuzziness: str, prefix_length: int, swaps: bool, context: QueryContext
) -> Sql:
    edits, run = allowed_edits(fuzziness, word), context.shapes.run
    words = similar_words(target, word, edits, prefix_length, swaps=swaps, run=run)
    if target.field.family == "text":
        return any_of(leaves.has_tokens(target, [each]) for each in words)
    return leaves.is_one_of(target.column, words) if words and target.column is not None else FALSE


def _compile_prefix(query: nodes.Match | nodes.MatchPhrase, target: leaves.Target) -> Sql:
    if isinstance(query, nodes.Match):
        return pattern_condition(nodes.Prefix(query.field, to_text(query.value)), target)
    field_ = target.field
    reason = (
        f"Can only use phrase prefix queries on text fields - not on [{field_.name}] which is of type [{field_.type}]"
    )
    raise shard_failure(target.index, "query_shard_exception", reason)


def _compile_whole(query: nodes.Match | nodes.MatchPhrase, target: leaves.Target, context: QueryContext) -> Sql:
    """On keywords the text is one word."""
    if isinstance(query, nodes.Match) and query.fuzziness is not None:
        word, rules = to_text(query.value), (query.prefix_length, query.transpositions)
        return _has_similar(target, word, query.fuzziness, *rules, context)
    return leaves.in_spans(target, [value_span(target.field, query.value, context.now)])


def _compile_text(
    query: nodes.Match | nodes.MatchPhrase, target: leaves.Target, context: QueryContext
) -> tuple[Sql, Score]:
    tokens = leaves.query_tokens(target, query.value, query.analyzer)
    if not tokens:
        return (TRUE if query.all_if_no_tokens else FALSE), query.boost
    if isinstance(query, nodes.MatchPhrase):
        return leaves.has_tokens(target, tokens, is_prefix=query.is_prefix), query.boost
    if len(tokens) > nodes.MOST_CLAUSES:
        reason = f"field [{target.field.name}]: {len(tokens)} words are more than the {nodes.MOST_CLAUSES} allowed"
        raise shard_failure(target.index, "too_many_clauses", reason)
    conditions = _token_conditions(query, tokens, target, context)
    if query.operator == "and":
        required = len(conditions)
    else:
        required = required_clauses(query.minimum, len(conditions)) if query.minimum is not None else 1
    where = at_least(max(required, 1), conditions)
    if len(conditions) == 1:
        return where, query.boost
    score = _bool_score((), [Compiled(each, 1.0) for each in conditions], query.boost)
    return where, score


def _token_conditions(
    query: nodes.Match, tokens: Sequence[str], target: leaves.Target, context: QueryContext
) -> list[Sql]:
    conditions = []
    for at, token in enumerate(tokens):
        is_last = at == len(tokens) - 1
        if query.is_prefix and is_last:
            conditions.append(leaves.has_tokens(target, [token], is_prefix=True))
        elif query.fuzziness is not None:
            rules = query.prefix_length, query.transpositions
            conditions.append(_has_similar(target, token, query.fuzziness, *rules, context))
        else:
            conditions.append(leaves.has_tokens(target, [token]))
    return conditions
