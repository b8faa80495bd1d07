"""Many rows by one statement, without what Core does anew for every row of every execution."""

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import UpdateBase


def execute_rows(connection: Connection, statement: UpdateBase, rows: Sequence[dict[str, Any]]) -> None:
    """Run a statement for each row; all rows have the same columns, values are as the driver takes them.

    Core walks each row's parameters several times, which for the dozen columns of a run's rows costs more than writing
    them. So the statement is compiled once for each set of columns, and the driver is handed plain tuples.
    """
    columns = tuple(rows[0])
    sql, names = _compiled(connection.dialect, statement, columns)
    if names is None:
        connection.execute(statement, rows)
        return
    if len(names) == 1:
        [name] = names
        connection.exec_driver_sql(sql, [(row[name],) for row in rows])
    else:
        connection.exec_driver_sql(sql, list(map(itemgetter(*names), rows)))


@lru_cache(maxsize=256)
def _compiled(dialect: Dialect, statement: UpdateBase, columns: tuple[str, ...]) -> tuple[str, Sequence[str] | None]:
    """The SQL and the names of its positional parameters in order; None if the rows alone do not fill them."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup
    is_filled_by_rows = names is not None and len(names) > 0 and set(names) <= set(columns)
    return str(compiled), names if is_filled_by_rows else None
