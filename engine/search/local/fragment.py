"""Pieces of SQL with their parameters. Values are always parameters; identifiers are made by this engine."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL text with ``?`` placeholders and the values for them, in order."""

    text: str
    params: tuple[object, ...] = ()


TRUE = Sql("TRUE")
FALSE = Sql("FALSE")
_LONGEST_CHAIN = 50


def sql(template: str, *parts: Sql) -> Sql:
    """The template with a fragment for each ``{}``."""
    return Sql(template.format(*(part.text for part in parts)), tuple(p for part in parts for p in part.params))


def value(item: object, sql_type: str) -> Sql:
    """One typed parameter."""
    return Sql(f"?::{sql_type}", (item,))


def join(separator: str, parts: Iterable[Sql]) -> Sql:
    """The fragments with the separator between them."""
    items = list(parts)
    return Sql(separator.join(part.text for part in items), tuple(p for part in items for p in part.params))


def chain(operator: str, parts: Iterable[Sql]) -> Sql:
    """The fragments with an associative operator between them.

    Many are put into groups: the database takes what has no brackets as nested, one deeper for each, and refuses more
    than a thousand.
    """
    items = list(parts)
    while len(items) > _LONGEST_CHAIN:
        groups = (items[start : start + _LONGEST_CHAIN] for start in range(0, len(items), _LONGEST_CHAIN))
        items = [sql("({})", join(operator, group)) for group in groups]
    return join(operator, items)


def all_of(parts: Iterable[Sql]) -> Sql:
    """True if every condition is."""
    items = [part for part in parts if part != TRUE]
    if FALSE in items:
        return FALSE
    return sql("({})", chain(" AND ", items)) if items else TRUE


def any_of(parts: Iterable[Sql]) -> Sql:
    """True if one of the conditions is."""
    items = [part for part in parts if part != FALSE]
    if TRUE in items:
        return TRUE
    return sql("({})", chain(" OR ", items)) if items else FALSE
