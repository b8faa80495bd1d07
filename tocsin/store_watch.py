"""A look at the store's file while it is open: who removes or replaces it should hear of it."""

import asyncio
import logging
from pathlib import Path

_log = logging.getLogger("tocsin.daemon")

_LOOK_EVERY_S = 10.0
_LOOKS_PER_TELLING = 6


class OpenFile:
    """A file that was opened under a name."""

    def __init__(self, path: Path) -> None:
        self._path, self._opened = path, self._identity(path)

    def is_in_place(self) -> bool:
        """Whether its name still leads to it."""
        return self._identity(self._path) == self._opened

    @staticmethod
    def _identity(path: Path) -> tuple[int, int] | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


async def watch_store_file(path: Path, look_every_s: float = _LOOK_EVERY_S) -> None:
    """Tell, for as long as it is so, that another file or none lies where the store was opened.

    The rules go on: an open file works without its name, and state that is lost at a restart is better than no alerts
    until then. But commands see another store, and so will the daemon when it starts again.
    """
    file, bad_looks = OpenFile(path), 0
    while True:
        await asyncio.sleep(look_every_s)
        if file.is_in_place():
            bad_looks = 0
            continue
        if bad_looks % _LOOKS_PER_TELLING == 0:
            _log.error(
                "the store %s was removed or replaced while it is open: what is stored from now on is lost with this "
                "process (stop it, put the right file there, start it)",
                path,
            )
        bad_looks += 1
