"""What comes after given values in an order by several keys: pages of hits and of composite buckets."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.search.local.fragment import FALSE, Sql, all_of, any_of, sql, value


@dataclass(frozen=True, slots=True)
class AfterKey:
    """One key: its expression, the value that it must lie behind, and its order.

    ``nulls_first``: where documents without a value stand; None if there are none.
    """

    expression: Sql
    sql_type: str
    value: object
    descending: bool
    nulls_first: bool | None = None


def comes_after(keys: Sequence[AfterKey]) -> Sql:
    """True if the keys lie behind the values, the first key that differs deciding."""
    return any_of(
        all_of([*(_is_equal(before) for before in keys[:at]), _is_behind(key)]) for at, key in enumerate(keys)
    )


def _is_equal(key: AfterKey) -> Sql:
    if key.value is None:
        return sql("({} IS NULL)", key.expression)
    return sql("({} = {})", key.expression, value(key.value, key.sql_type))


def _is_behind(key: AfterKey) -> Sql:
    if key.value is None:
        return sql("({} IS NOT NULL)", key.expression) if key.nulls_first else FALSE
    behind = sql("{} " + ("<" if key.descending else ">") + " {}", key.expression, value(key.value, key.sql_type))
    return sql("({} OR {} IS NULL)", behind, key.expression) if key.nulls_first is False else sql("({})", behind)
