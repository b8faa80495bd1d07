"""Documents from Python: made JSON like all others, so that what is searched is what is returned."""

import math
from collections.abc import Iterable, Iterator, Mapping

import orjson

from engine.model.jsonvalue import JsonValue
from engine.search.local.documents.wrapping import unwrap
from engine.search.local.index import SourceDocument
from engine.search.local.report import DocumentProblem


def read_mappings(documents: Iterable[object]) -> Iterator[SourceDocument | DocumentProblem]:
    """Documents and problems; ``line`` counts documents from 1. Datetimes and uuids become texts."""
    for number, given in enumerate(documents, 1):
        if not isinstance(given, Mapping):
            yield DocumentProblem(None, number, None, f"a document is a mapping, not {type(given).__name__}")
            continue
        document_id, source = unwrap(given)
        try:
            data = orjson.dumps(source)
            if b"null" in data and _has_nan(source):
                yield DocumentProblem(None, number, None, "NaN and infinities have no form in JSON")
                continue
            yield SourceDocument(data.decode(), orjson.loads(data), document_id, None, number)
        except (TypeError, ValueError, RecursionError) as error:
            yield DocumentProblem(None, number, None, f"not expressible as JSON: {error}")


def _has_nan(node: JsonValue) -> bool:
    if isinstance(node, float):
        return not math.isfinite(node)
    if isinstance(node, Mapping):
        return any(_has_nan(item) for item in node.values())
    return isinstance(node, list | tuple) and any(_has_nan(item) for item in node)
