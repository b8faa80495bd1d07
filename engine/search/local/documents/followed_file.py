"""A file whose growth is followed, whatever its name is given to meanwhile (logrotate and its like)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from engine.search.local.documents.lines import Position

_HEAD_BYTES = 512


class FileKey(NamedTuple):
    """Which file it is, under whatever name."""

    device: int
    inode: int


def key_of(status: os.stat_result) -> FileKey:
    """The key of the file that a `stat` found."""
    return FileKey(status.st_dev, status.st_ino)


@dataclass(slots=True)
class FollowedFile:
    """How far a file was read. ``name``: where it was found; ``path``: where it lies now."""

    key: FileKey
    name: Path
    path: Path
    position: Position = field(default_factory=Position)
    _head: bytes = b""

    def is_rewritten(self, status: os.stat_result) -> bool:
        """Whether other content stands where it was read: the file was cut, or a new one has its number.

        Raises OSError.
        """
        if status.st_size < self.position.offset:
            return True
        return bool(self._head) and self._read_head(len(self._head)) != self._head

    def note_read(self) -> None:
        """To be called after reading: keeps how the file begins."""
        if len(self._head) < min(_HEAD_BYTES, self.position.offset):
            self._head = self._read_head(min(_HEAD_BYTES, self.position.offset))

    def is_found_again(self) -> bool:
        """Whether the file that has lost its name lies in the same folder under another; ``path`` is that one then."""
        for path in self._candidates():
            try:
                if key_of(path.stat()) == self.key:
                    self.path = path
                    return True
            except OSError:
                continue
        return False

    def _candidates(self) -> Iterator[Path]:
        yield self.path
        try:
            with os.scandir(self.name.parent) as entries:
                found = [Path(entry.path) for entry in entries if entry.inode() == self.key.inode]
        except OSError:
            return
        yield from found

    def _read_head(self, length: int) -> bytes:
        with self.path.open("rb") as file:
            return file.read(length)
