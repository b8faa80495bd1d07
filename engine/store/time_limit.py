"""A limit on how long a read may take, for questions that users put together themselves."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from engine.model.errors import Refused

_STEPS_A_LOOK = 5000


@contextmanager
def limited(connection: Connection, seconds: float) -> Iterator[None]:
    """Let reads take so long, all together. Raises Refused when they would take longer.

    It is looked at between steps of the database, so that a single long one goes on.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
    end = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS_A_LOOK)
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        raise Refused(
            f"this takes longer than {seconds:g} s", "ask for less: fewer words, patterns or clauses"
        ) from None
    finally:
        driver.set_progress_handler(None, 0)
