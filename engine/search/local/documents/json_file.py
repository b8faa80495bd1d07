"""JSON files: an array of documents, one document, or a saved search answer (embedded-search.md 2)."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from engine.model.jsonvalue import JsonValue
from engine.search.local.documents.lines import open_file
from engine.search.local.documents.wrapping import unwrap
from engine.search.local.index import SourceDocument
from engine.search.local.report import DocumentProblem

_LARGEST = 256 * 1024 * 1024


def read_json(path: Path) -> Iterator[SourceDocument | DocumentProblem]:
    """The documents of a file; problems count documents from 1 instead of lines."""
    name = str(path)
    with open_file(path) as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        yield DocumentProblem(name, 0, None, f"larger than {_LARGEST} bytes: write one document a line (.ndjson)")
        return
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        yield DocumentProblem(name, error.lineno, None, f"not valid JSON: {error}")
        return
    for number, document in enumerate(_documents(content), 1):
        if isinstance(document, dict):
            document_id, source = unwrap(document)
            yield SourceDocument(orjson.dumps(source).decode(), source, document_id, name, number)
        else:
            yield DocumentProblem(name, number, None, "a document is a JSON object")


def _documents(content: JsonValue) -> list[JsonValue]:
    if isinstance(content, list):
        return content
    if isinstance(content, dict) and isinstance(content.get("hits"), dict):
        hits = content["hits"].get("hits")
        if isinstance(hits, list):
            return hits
    return [content]
