"""Bringing the write-ahead log to the disk once for all who wait for that.

A commit that syncs by itself keeps the event loop waiting for the disk, which takes longer than all the rest of a
change. So changes by users are committed without a sync: whole or not at all, and in order, as ever. Whoever made one
is answered only when the log has been synced after it, by a thread, together with what others changed meanwhile.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.model.errors import StoreUnavailable

_sync_file = getattr(os, "fdatasync", os.fsync)


class LogSync:
    """Syncs the log of a database at ``path``. The log must not be removed while this is in use."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + "-wal")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tocsin-sync")
        self._under_way: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return once everything that was committed until now is on the disk. Raises StoreUnavailable."""
        if self._next is None:
            self._next = asyncio.create_task(self._sync(self._under_way))
        await asyncio.shield(self._next)

    async def close(self) -> None:
        """Let what is under way end."""
        await asyncio.get_running_loop().run_in_executor(None, self._worker.shutdown)

    async def _sync(self, former: "asyncio.Task[None] | None") -> None:
        if former is not None:
            await asyncio.wait([former])
        # From here on commits may come too late for this sync: whoever made them waits for another one.
        self._under_way, self._next = self._next, None
        try:
            await asyncio.get_running_loop().run_in_executor(self._worker, self._sync_log)
        except OSError as error:
            raise StoreUnavailable(f"{self._path} could not be brought to the disk: {error.strerror}") from error

    def _sync_log(self) -> None:
        # What was written through other descriptors is synced, too. SQLite keeps no locks on this file, which closing
        # one would end.
        file = os.open(self._path, os.O_RDWR)
        try:
            _sync_file(file)
        finally:
            os.close(file)
