"""The connections of an open SQLite store, and the ways to use them.

All writing and the short reads happen on the event loop's thread: a committing worker thread would starve beside a
busy loop, since sqlite3 gives the interpreter lock away at every row. Long reads of a file use a reader thread.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from engine.model.errors import StoreUnavailable
from engine.store.checkpoints import Checkpointer
from engine.store.connections import (
    explain,
    is_busy,
    is_storage_failure,
    memory_engine,
    prepare_place,
    reader_engine,
    writer_engine,
)
from engine.store.log_sync import LogSync
from engine.store.schema import prepare_schema

P = ParamSpec("P")
T = TypeVar("T")

BUSY_PATIENCE_S = 30.0
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.05


class SqliteSession:
    """The connections of one store; ``path`` None is a database in memory that ends with the session.

    Functions handed in run in one transaction. Raises StoreUnavailable when the database fails, StoreLocked when
    another process is in the way for longer than ``patience_s``.
    """

    def __init__(self, path: Path | None, *, patience_s: float = BUSY_PATIENCE_S) -> None:
        self._path, self._patience_s = path, patience_s
        self._engines: list[Engine] = []
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._aside: Connection | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._checkpointer: Checkpointer | None = None
        self._log_sync: LogSync | None = None

    async def open(self) -> None:
        """Connect, and create or migrate the schema."""
        if self._path is not None:
            prepare_place(self._path)
        try:
            await self._patiently(self._connect)
        except StoreUnavailable as error:
            raise type(error)(f"cannot open the store {self._place}: {error}") from error

    async def close(self) -> None:
        """Wait for the worker thread, then disconnect; SQLite moves its log into the file by that."""
        if self._checkpointer is not None:
            await self._checkpointer.stop()
        if self._log_sync is not None:
            await self._log_sync.close()
        if self._worker is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._worker.shutdown)
        self._disconnect()

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in a writing transaction on this thread."""
        return await self._write(lambda connection: function(connection, *args, **kwargs), "FULL")

    async def write_together(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, the disk being waited for aside and together with others; these see the change before that.

        For changes by users, whom nothing is told before it is on the disk.
        """
        result = await self._write(lambda connection: function(connection, *args, **kwargs), "NORMAL")
        if self._log_sync is not None:
            await self._log_sync.wait()
        return result

    async def write_unsynced(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same without a sync of the disk: the death of this process loses nothing, that of the machine may."""
        return await self._write(lambda connection: function(connection, *args, **kwargs), "NORMAL")

    async def _write(self, function: Callable[[Connection], T], synchronous: str) -> T:
        def work() -> T:
            connection = self._opened(self._writer)
            _driver(connection).execute(f"PRAGMA synchronous={synchronous}")
            with connection.begin():
                return function(connection)

        result = await self._patiently(work)
        if self._checkpointer is not None:
            self._checkpointer.note_write()
        return result

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short read on this thread."""

        def work() -> T:
            connection = self._opened(self._reader)
            with connection.begin():
                return function(connection, *args, **kwargs)

        return await self._patiently(work)

    async def read_aside(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a read that may take long; for a file on the reader thread."""

        def work() -> T:
            connection = self._opened(self._aside)
            with connection.begin():
                return function(connection, *args, **kwargs)

        return await self._patiently(work, self._worker)

    async def change_counter(self) -> int:
        """A number that changes when another connection than this session's writer has changed the database."""
        try:
            row = _driver(self._opened(self._writer)).execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the database failed: {error}") from error
        return cast(int, row[0])

    @property
    def _place(self) -> str:
        return "in memory" if self._path is None else str(self._path)

    def _opened(self, connection: Connection | None) -> Connection:
        if connection is None:
            raise StoreUnavailable("the store is not open (call open() first)")
        return connection

    async def _patiently(self, work: Callable[[], T], worker: ThreadPoolExecutor | None = None) -> T:
        """Do work, here or on a worker thread, as soon as no other process is in the way; the loop goes on."""
        pause, patience = _FIRST_PAUSE_S, self._patience_s
        while True:
            try:
                if worker is None:
                    return work()
                return await asyncio.get_running_loop().run_in_executor(worker, work)
            except DBAPIError as error:
                if not is_storage_failure(error):
                    raise
                if not is_busy(error) or patience <= 0:
                    raise explain(error) from error
            await asyncio.sleep(pause)
            patience -= pause
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _connect(self) -> None:
        try:
            if self._path is None:
                self._connect_memory()
            else:
                self._connect_file(self._path)
            writer = self._opened(self._writer)
            with writer.begin():
                prepare_schema(writer)
        except (DBAPIError, StoreUnavailable):
            self._disconnect()
            raise

    def _connect_memory(self) -> None:
        engine = memory_engine()
        self._engines = [engine]
        self._writer = self._reader = self._aside = engine.connect()

    def _connect_file(self, path: Path) -> None:
        writing, reading = writer_engine(path), reader_engine(path)
        self._engines = [writing, reading]
        self._writer = writing.connect()
        self._reader, self._aside = reading.connect(), reading.connect()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tocsin-store")
        self._checkpointer = Checkpointer(writing, self._worker)
        self._log_sync = LogSync(path)

    def _disconnect(self) -> None:
        for connection in (self._aside, self._reader, self._writer):
            if connection is not None:
                connection.close()
        for engine in self._engines:
            engine.dispose()
        self._engines = []
        self._writer = self._reader = self._aside = None
        self._worker = self._checkpointer = self._log_sync = None


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)
