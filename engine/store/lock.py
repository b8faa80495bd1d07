"""An exclusive lock of a process on a store's file; the operating system releases it when the process dies."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.model.errors import StoreLocked, StoreUnavailable


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the store at ``path`` (by a file ``<path>.lock`` beside it) until the block ends.

    Raises StoreLocked if another process holds it, StoreUnavailable if the lock file cannot be written.
    """
    lock_path = path.with_name(path.name + ".lock")
    try:
        # Opened for appending: a process that does not get the lock must not wipe the holder's id.
        file = lock_path.open("a+", encoding="ascii")
    except OSError as error:
        raise StoreUnavailable(
            f"cannot write the lock file {lock_path}: {error.strerror} (make its directory writable)"
        ) from error
    with file:
        if not _try_lock(file):
            raise StoreLocked(
                f"{path} is in use by {_holder(file)} (stop that process, or give this one its own store)"
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        # The file stays when the lock goes: removing it would let two processes lock two files of the same name.
        yield


def _holder(file: IO[str]) -> str:
    file.seek(0)
    pid = file.read().strip()
    return f"process {pid}" if pid else "another process"


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30

    def _try_lock(file: IO[str]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
