"""YAML 1.2 and JSON files as documents: a value, and for every dotted path its place in the file."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.model.errors import Problem
from engine.model.jsonvalue import JsonValue
from tocsin.files.json_text import parse_json
from tocsin.files.nodes import Malformed, Node
from tocsin.files.problems import FileProblem
from tocsin.files.yaml_text import parse_yaml

MAX_BYTES = 5 * 1024 * 1024
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file."""

    file: Path
    text: str
    line_starts: tuple[int, ...]

    def line_of(self, offset: int) -> int:
        """The line of a character, counted from 1."""
        return bisect_right(self.line_starts, offset)

    def problem(self, offset: int, problem: Problem) -> FileProblem:
        """The problem at a character of the text."""
        line = self.line_of(offset)
        start = self.line_starts[line - 1]
        end = self.text.find("\n", start)
        excerpt = self.text[start : None if end < 0 else end].rstrip("\r")
        column = offset - start + 1
        return FileProblem(self.file, line, column, problem.path, problem.message, problem.remedy, excerpt)


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds. ``root`` None = nothing but white space and comments."""

    source: Source
    root: Node | None

    @property
    def value(self) -> JsonValue:
        return None if self.root is None else self.root.value

    def problem(self, problem: Problem) -> FileProblem:
        """The problem with the place of its path."""
        return self.source.problem(self.offset_of(problem.path), problem)

    def offset_of(self, path: str) -> int:
        """Where a dotted path stands: its key, or else the nearest thing around it that is there."""
        offset = 0
        for node in _nodes_along(self.root, path):
            offset = node.offset if node.key_offset is None else node.key_offset
        return offset


def read_document(file: Path) -> Document | FileProblem:
    """The document in a file: JSON if its name ends in ``.json``, else YAML. A FileProblem if it cannot be read."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return FileProblem(file, 1, 1, "", f"cannot be read: {error.strerror or error}", "check path and permissions")
    return parse_document(file, content)


def parse_document(file: Path, content: bytes) -> Document | FileProblem:
    """The document in the bytes of a file, or what is wrong with them."""
    if len(content) > MAX_BYTES:
        return FileProblem(file, 1, 1, "", "is larger than 5 MB", "split it into several files")
    text = content.decode("utf-8", errors="replace").removeprefix(_BYTE_ORDER_MARK)
    source = Source(file, text, (0, *(at + 1 for at, character in enumerate(text) if character == "\n")))
    try:
        _check_encoding(content)
        return Document(source, parse_json(text) if file.suffix.lower() == ".json" else parse_yaml(text))
    except Malformed as error:
        return source.problem(min(error.offset, len(text)), Problem("", error.message, error.remedy))


def _check_encoding(content: bytes) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
        raise Malformed(len(before), "is not valid UTF-8", "save the file as UTF-8") from None


def _nodes_along(root: Node | None, path: str) -> Iterator[Node]:
    """The nodes from the root to a dotted path, as far as they exist."""
    node, rest = root, path
    while node is not None:
        yield node
        node, rest = _step(node, rest)


def _step(node: Node, path: str) -> tuple[Node | None, str]:
    """The member that a dotted path leads to, and the path that remains; names may contain dots: the longest counts."""
    parts = path.split(".") if path else []
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        member = node.members.get(int(name) if isinstance(node.value, list) and name.isdecimal() else name)
        if member is not None:
            return member, ".".join(parts[count:])
    return None, path
