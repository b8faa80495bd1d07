"""The few statements that databases spell differently. Everything else in this package is plain Core."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"


def upsert(connection: Connection, table: Table, key: Sequence[str]) -> Insert:
    """An insert that overwrites all other columns when a row with these key columns exists."""
    return _upsert(connection.dialect.name, table, tuple(key))


def insert_unless_present(connection: Connection, table: Table, key: Sequence[str]) -> Insert:
    """An insert that leaves a row with these key columns as it is."""
    return _insert_unless_present(connection.dialect.name, table, tuple(key))


@lru_cache
def _upsert(dialect: str, table: Table, key: tuple[str, ...]) -> Insert:
    insert = _insert(dialect, table)
    changed = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


@lru_cache
def _insert_unless_present(dialect: str, table: Table, key: tuple[str, ...]) -> Insert:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=key)


def _insert(dialect: str, table: Table) -> Insert:
    if dialect != "postgresql":
        return sqlite.insert(table)
    # Loads a twentieth of what a command loads, and most have no use for it.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
