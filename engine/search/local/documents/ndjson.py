"""NDJSON: one object a line, bulk action lines accepted (embedded-search.md 2)."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from engine.model.jsonvalue import JsonObject
from engine.search.local.documents.lines import LONGEST_LINE, Position, open_file, read_lines
from engine.search.local.index import SourceDocument
from engine.search.local.report import DocumentProblem

_ACTIONS = ("index", "create", "delete", "update")
_ACTION_KEYS = frozenset(("_index", "_id", "_type", "routing", "pipeline", "require_alias", "version"))


def read_ndjson(path: Path, position: Position, *, follow: bool) -> Iterator[SourceDocument | DocumentProblem]:
    """The documents from a position on, which moves with them. Following, a last line without its end waits."""
    name = str(path)
    with open_file(path) as file:
        for line in read_lines(file, position):
            if not line.is_complete and follow:
                return
            position.offset, position.line = line.end, line.number
            if line.data is None:
                yield DocumentProblem(name, line.number, None, f"the line is longer than {LONGEST_LINE} bytes")
            elif line.data.strip():
                found = _parse(line.data, name, line.number, position)
                if found is not None:
                    yield found


def _parse(data: bytes, name: str, number: int, position: Position) -> SourceDocument | DocumentProblem | None:
    given_id, position.memory = position.memory, None
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return DocumentProblem(name, number, None, f"not valid JSON: {error}")
    if not isinstance(document, dict):
        return DocumentProblem(name, number, None, "a document is a JSON object")
    action = _action(document) if len(document) == 1 else None
    if action is None:
        text = data.decode()
        return SourceDocument(text, document, given_id if isinstance(given_id, str) else None, name, number)
    if action in ("delete", "update"):
        return DocumentProblem(
            name, number, None, f"bulk action [{action}] is not supported: only index and create are"
        )
    given = document[action].get("_id")
    position.memory = None if given is None else str(given)
    return None


def _action(document: JsonObject) -> str | None:
    """The bulk action that the line is, None for documents."""
    key, content = next(iter(document.items()))
    if key in _ACTIONS and isinstance(content, dict) and _ACTION_KEYS.issuperset(content):
        return str(key)
    return None
