"""Rows written by one statement are the rows that Core would write."""

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    insert,
    update,
)
from sqlalchemy.exc import IntegrityError

from engine.store.bulk import execute_rows

TABLE = Table(
    "things", MetaData(), Column("no", Integer, primary_key=True), Column("name", String), Column("size", Integer)
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        TABLE.create(connection)
        yield connection
    engine.dispose()


def rows(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(TABLE.select().order_by(TABLE.c.no))]


def test_rows_are_inserted_whatever_the_order_of_their_members(connection: Connection) -> None:
    execute_rows(connection, insert(TABLE), [{"no": 1, "name": "a", "size": 5}, {"size": None, "no": 2, "name": "b"}])
    execute_rows(connection, insert(TABLE), [{"size": 7, "no": 3}])
    assert rows(connection) == [(1, "a", 5), (2, "b", None), (3, None, 7)]


def test_a_single_column_is_no_tuple_of_letters(connection: Connection) -> None:
    execute_rows(connection, insert(TABLE).values(size=1), [{"name": "ab"}, {"name": "cd"}])
    assert rows(connection) == [(1, "ab", 1), (2, "cd", 1)]


def test_a_statement_may_take_one_value_a_row(connection: Connection) -> None:
    execute_rows(connection, insert(TABLE), [{"no": 1, "name": "ab"}, {"no": 2, "name": "a"}, {"no": 3, "name": "cd"}])
    execute_rows(connection, delete(TABLE).where(TABLE.c.name == bindparam("of_name")), [{"of_name": "ab"}])
    assert rows(connection) == [(2, "a", None), (3, "cd", None)]


def test_rows_are_updated_with_what_the_statement_itself_says(connection: Connection) -> None:
    execute_rows(connection, insert(TABLE), [{"no": 1, "name": "a", "size": 5}, {"no": 2, "name": "b", "size": 6}])
    grow = (
        update(TABLE)
        .where(TABLE.c.no == bindparam("of_no"), TABLE.c.name != "z")
        .values(size=TABLE.c.size + bindparam("by"))
    )
    execute_rows(connection, grow, [{"of_no": 1, "by": 10, "name": "c"}, {"of_no": 2, "by": 20, "name": "d"}])
    assert rows(connection) == [(1, "c", 15), (2, "d", 26)]


def test_a_row_that_cannot_be_written_raises_as_core_does(connection: Connection) -> None:
    with pytest.raises(IntegrityError):
        execute_rows(connection, insert(TABLE), [{"no": 1, "name": "a"}, {"no": 1, "name": "b"}])
