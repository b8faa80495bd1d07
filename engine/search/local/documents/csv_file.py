"""CSV: a header row, an empty cell is an absent value, all values are texts (embedded-search.md 2)."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from engine.search.local.documents.lines import LONGEST_LINE, Position, open_file, read_lines
from engine.search.local.index import SourceDocument
from engine.search.local.report import DocumentProblem

_BOM = b"\xef\xbb\xbf"


class _UnreadableLine(Exception):
    """A line that is no text."""


class _Lines:
    """Decoded lines for the CSV reader, and how far it took them."""

    def __init__(self, file: BinaryIO, position: Position, *, follow: bool) -> None:
        self._lines = read_lines(file, position)
        self._follow = follow
        self.taken = Position(position.offset, position.line, position.memory)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if not line.is_complete and self._follow:
            raise StopIteration
        self.taken.offset, self.taken.line = line.end, line.number
        if line.data is None:
            raise _UnreadableLine(f"the line is longer than {LONGEST_LINE} bytes")
        data = line.data.removeprefix(_BOM) if line.number == 1 else line.data
        try:
            return data.decode() + "\n"
        except UnicodeDecodeError as error:
            raise _UnreadableLine(f"not valid UTF-8: {error.reason}") from error


def read_csv(path: Path, position: Position, *, follow: bool) -> Iterator[SourceDocument | DocumentProblem]:
    """The documents from a position on, which moves with them. Following, an unfinished record waits."""
    name = str(path)
    with open_file(path) as file:
        lines = _Lines(file, position, follow=follow)
        while True:
            reader = csv.reader(lines, strict=True)
            first_line = lines.taken.line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _UnreadableLine) as error:
                if "unexpected end of data" in str(error) and follow:
                    return
                _move(position, lines)
                yield DocumentProblem(name, first_line, None, f"not a CSV record: {error}")
                continue
            _move(position, lines)
            found = _record(cells, position, name, first_line)
            if found is not None:
                yield found


def _move(position: Position, lines: _Lines) -> None:
    position.offset, position.line = lines.taken.offset, lines.taken.line


def _record(cells: list[str], position: Position, name: str, line: int) -> SourceDocument | DocumentProblem | None:
    if not cells:
        return None
    header = position.memory
    if not isinstance(header, list):
        position.memory = [cell.strip() for cell in cells]
        return None
    if len(cells) > len(header):
        return DocumentProblem(name, line, None, f"{len(cells)} cells in a table of {len(header)} columns")
    document = {key: cell for key, cell in zip(header, cells, strict=False) if cell != "" and key != ""}
    document_id = document.pop("_id", None)
    return SourceDocument(orjson.dumps(document).decode(), document, document_id, name, line)
