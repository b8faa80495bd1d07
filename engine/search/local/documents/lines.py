"""Files as lines: bounded in length, counted in bytes, so that a growing file can be read on where it ended."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

LONGEST_LINE = 16 * 1024 * 1024
READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading a file can fail with; a damaged archive among them."""


@dataclass(slots=True)
class Position:
    """How far a file was read: ``offset`` in bytes, ``line`` = lines read. ``memory``: what a format must remember."""

    offset: int = 0
    line: int = 0
    memory: object = None


class Line(NamedTuple):
    """A line without its end; ``data`` is None if it is too long. ``end``: offset behind it."""

    number: int
    data: bytes | None
    end: int
    is_complete: bool


def open_file(path: Path) -> BinaryIO:
    """The file's content, unpacked. Raises OSError."""
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def read_lines(file: BinaryIO, position: Position) -> Iterator[Line]:
    """The lines from a position on. The last one may lack its end (``is_complete``)."""
    if position.offset:
        file.seek(position.offset)
    offset, number = position.offset, position.line
    while data := file.readline(LONGEST_LINE + 2):
        number += 1
        offset += len(data)
        is_complete, is_short = data.endswith(b"\n"), len(data) <= LONGEST_LINE + 1
        if is_complete and is_short:
            yield Line(number, data.rstrip(b"\r\n"), offset, True)
            continue
        while not is_complete and (rest := file.readline(LONGEST_LINE)):
            is_short = False
            offset += len(rest)
            is_complete = rest.endswith(b"\n")
        yield Line(number, data.rstrip(b"\r\n") if is_short else None, offset, is_complete)
