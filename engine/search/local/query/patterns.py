"""Conditions of patterns: beginnings, wildcards, regular expressions (embedded-search.md 4)."""

import re

from engine.search.local.errors import BadValue, shard_failure, unsupported
from engine.search.local.fragment import FALSE, Sql, sql, value
from engine.search.local.query import nodes
from engine.search.local.query.leaves import Target, any_value
from engine.search.local.query.regexps import RegexpError, translate_regexp
from engine.search.local.query.wildcards import escape_expression, wildcard_expression
from engine.search.local.tokens import GAP, SEPARATOR

_NO_TOKEN = f"{SEPARATOR}{GAP[-1]}"
_INSIDE = f"[^{_NO_TOKEN}]"
_UPPER = re.compile(r"\\.|[^\W\d_]", re.DOTALL)


def pattern_condition(query: nodes.Prefix | nodes.Wildcard | nodes.Regexp, target: Target) -> Sql:
    """Documents with a value (on text: a token) of the pattern. Raises SearchError 400."""
    is_text = target.field.family == "text"
    if not is_text and target.field.family != "keyword":
        reason = (
            f"Can only use {type(query).__name__.lower()} queries on keyword, text and wildcard fields - "
            f"not on [{target.field.name}] which is of type [{target.field.type}]"
        )
        raise shard_failure(target.index, "query_shard_exception", reason)
    pattern = _lowered(query.value) if query.is_analyzed and is_text else query.value
    if isinstance(query, nodes.Regexp):
        return _of_expression(target, _translated(query, pattern, target), query.case_insensitive)
    if target.column is None:
        return FALSE
    if isinstance(query, nodes.Wildcard):
        return _of_wildcard(target, pattern, query.case_insensitive)
    return _of_prefix(target, pattern, query.case_insensitive)


def _lowered(pattern: str) -> str:
    """Letters as tokens have them; what is escaped may be the name of a class."""
    return _UPPER.sub(lambda found: found[0] if found[0][0] == "\\" else found[0].lower(), pattern)


def _translated(query: nodes.Regexp, pattern: str, target: Target) -> str:
    excluded = _NO_TOKEN if target.field.family == "text" else ""
    try:
        return translate_regexp(pattern, excluded, query.flags)
    except RegexpError as error:
        if error.is_limit:
            raise unsupported(f"{error} in query [regexp]") from None
        reason = f"failed to parse regexp [{pattern[:200]}]"
        problem = BadValue("illegal_argument_exception", str(error))
        raise shard_failure(target.index, "query_shard_exception", reason, problem) from None


def _of_expression(target: Target, expression: str, case_insensitive: bool) -> Sql:
    if target.column is None:
        return FALSE
    options = "'i'" if case_insensitive else "''"
    if target.field.family == "text":
        within = value(f"{SEPARATOR}{expression}{SEPARATOR}", "VARCHAR")
        return sql("regexp_matches({}, {}, " + options + ")", target.tokens, within)
    whole = value(expression, "VARCHAR")
    return any_value(target.column, lambda x: sql("regexp_full_match({}, {}, " + options + ")", x, whole))


def _of_wildcard(target: Target, pattern: str, case_insensitive: bool) -> Sql:
    if target.field.family != "text":
        return _of_expression(target, wildcard_expression(pattern, "(?s:.)"), case_insensitive)
    if not pattern:
        return FALSE
    expression = wildcard_expression(pattern, _INSIDE)
    return _of_expression(target, expression if pattern.strip("*") else f"{_INSIDE}+", case_insensitive)


def _of_prefix(target: Target, prefix: str, case_insensitive: bool) -> Sql:
    if target.field.family != "text" and target.column is not None:
        return any_value(target.column, lambda x: _starts_with(x, prefix, case_insensitive))
    expression = f"{SEPARATOR}{escape_expression(prefix)}{'' if prefix else _INSIDE}"
    options = "'i'" if case_insensitive else "''"
    return sql("regexp_matches({}, {}, " + options + ")", target.tokens, value(expression, "VARCHAR"))


def _starts_with(x: Sql, prefix: str, case_insensitive: bool) -> Sql:
    if case_insensitive:
        return sql("starts_with(lower({}), {})", x, value(prefix.lower(), "VARCHAR"))
    return sql("starts_with({}, {})", x, value(prefix, "VARCHAR"))
