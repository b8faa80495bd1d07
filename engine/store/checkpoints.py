"""Moving the write-ahead log into the database file, aside from the commits."""

import asyncio
import logging
import sqlite3
from concurrent.futures import Executor
from typing import NamedTuple, cast

from sqlalchemy import Engine

_log = logging.getLogger(__name__)

_PAUSE_S = 1.0
_LARGE_LOG_PAGES = 16_384


class CheckpointResult(NamedTuple):
    """What `PRAGMA wal_checkpoint` answers; the pages are those of the log and those moved so far."""

    busy: int
    log_pages: int
    moved_pages: int


def checkpoint(connection: sqlite3.Connection) -> CheckpointResult:
    """Move as much of the log as no reader needs; waits for nobody."""
    return CheckpointResult(*connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone())


class Checkpointer:
    """Runs a checkpoint in a worker thread at most once a second, and only after something was written.

    A log that grows while it is moved is never moved whole, and so never begun anew; the result does not tell, since it
    counts the pages that there were at the beginning. When the log has become large, the rest, which is small by then,
    is moved on the loop thread, where nothing can be written meanwhile.
    """

    def __init__(self, engine: Engine, worker: Executor) -> None:
        self._engine = engine
        self._worker = worker
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Future[CheckpointResult] | None = None

    def note_write(self) -> None:
        """Tell that a transaction was committed."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_S, self._start)

    async def wait(self) -> None:
        """Wait for the checkpoint under way, if there is one."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def stop(self) -> None:
        """Start no more checkpoints and wait for the one under way."""
        if self._timer is not None:
            self._timer.cancel()
        await self.wait()

    def _start(self) -> None:
        self._timer = None
        if self._running is not None and not self._running.done():
            self.note_write()
            return
        self._running = asyncio.get_running_loop().run_in_executor(self._worker, self._checkpoint)
        self._running.add_done_callback(self._finish)

    def _finish(self, done: asyncio.Future[CheckpointResult]) -> None:
        error = done.exception()
        if error is not None:
            _log.warning("the store's log could not be moved into its file: %s", error)
            return
        if done.result().log_pages > _LARGE_LOG_PAGES:
            self._checkpoint()

    def _checkpoint(self) -> CheckpointResult:
        connection = self._engine.raw_connection()
        try:
            return checkpoint(cast(sqlite3.Connection, connection.dbapi_connection))
        finally:
            connection.close()
