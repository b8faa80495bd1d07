"""The embedded database: one for the whole process, a schema for each engine, a cursor for each call.

A connection shared by two threads gives wrong results silently, so nobody but this module touches it. Cursors that a
call is done with are kept for later calls: to make and close one costs several times a small query.
"""

import itertools
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass, field

import duckdb

from engine.search.local.fragment import Sql

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}
_numbers = itertools.count(1)
_lock = threading.Lock()
_MOST_IDLE_CURSORS = 16


class Interrupted(Exception):
    """The call was cancelled while it ran."""


@dataclass(slots=True)
class Run:
    """The statements of one call on a cursor of its own, which another thread may interrupt."""

    cursor: duckdb.DuckDBPyConnection
    _is_cancelled: threading.Event = field(default_factory=threading.Event)

    def execute(self, statement: Sql) -> None:
        """Run a statement. Raises Interrupted."""
        if self._is_cancelled.is_set():
            raise Interrupted
        try:
            self.cursor.execute(statement.text, statement.params)
        except duckdb.InterruptException as error:
            raise Interrupted from error

    def fetch(self, statement: Sql) -> list[tuple[object, ...]]:
        """All rows of a query."""
        self.execute(statement)
        try:
            return self.cursor.fetchall()
        except duckdb.InterruptException as error:
            raise Interrupted from error

    def roll_back(self) -> None:
        """End the transaction, if one was begun."""
        with suppress(duckdb.TransactionException):
            self.cursor.rollback()

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled.is_set()

    def cancel(self) -> None:
        """Stop the running statement and let no other begin; from any thread."""
        self._is_cancelled.set()
        self.cursor.interrupt()


@dataclass(slots=True, weakref_slot=True)
class _Cursors:
    """The connection of a database and its cursors that no call uses just now."""

    connection: duckdb.DuckDBPyConnection
    idle: list[duckdb.DuckDBPyConnection] = field(default_factory=list)

    def take(self) -> duckdb.DuckDBPyConnection:
        with _lock:
            return self.idle.pop() if self.idle else self.connection.cursor()

    def give_back(self, run: Run) -> None:
        """Keep the cursor of a call that has ended, unless it was interrupted or there are enough."""
        with _lock:
            if not run.is_cancelled and len(self.idle) < _MOST_IDLE_CURSORS:
                self.idle.append(run.cursor)
                return
        run.cursor.close()


_shared: list[_Cursors] = []


class Database:
    """A schema of its own in the shared database, or in a database of its own when it has settings of its own."""

    def __init__(self, threads: int | None = None, memory_limit: str | None = None) -> None:
        self._cursors = _Cursors(_connect(threads, memory_limit)) if threads or memory_limit else _shared_cursors()
        self.schema = f"s{next(_numbers)}"
        with self.open_run() as run:
            run.execute(Sql(f"CREATE SCHEMA {self.schema}"))
        self._drop = weakref.finalize(self, _drop_schema, self._cursors, self.schema)

    def open_run(self) -> "OpenRun":
        """A run, ended at the end of the block."""
        return OpenRun(Run(self._cursors.take()), self._cursors)

    def close(self) -> None:
        """Forget all data; closing twice is allowed."""
        self._drop()


@dataclass(slots=True)
class OpenRun:
    """A run as a context."""

    run: Run
    _cursors: _Cursors

    def __enter__(self) -> Run:
        return self.run

    def __exit__(self, *exception: object) -> None:
        self._cursors.give_back(self.run)


def _shared_cursors() -> _Cursors:
    with _lock:
        if not _shared:
            _shared.append(_Cursors(_connect(None, None)))
        return _shared[0]


def _connect(threads: int | None, memory_limit: str | None) -> duckdb.DuckDBPyConnection:
    settings = dict(_SETTINGS)
    if threads is not None:
        settings["threads"] = threads
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    return duckdb.connect(":memory:", config=settings)


def _drop_schema(cursors: _Cursors, schema: str) -> None:
    cursor = cursors.take()
    try:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    except duckdb.Error:
        # The process is ending, or a search still reads the schema; its memory goes with the database.
        return
    finally:
        cursor.close()
