"""Bulk writing into an index: one document after the other, each with a result of its own."""

from collections.abc import Iterator, Sequence

import orjson

from engine.model.jsonvalue import JsonObject
from engine.ports.search import BulkItem
from engine.search.local.index import Index, SourceDocument, made_id
from engine.search.local.report import DocumentProblem, LoadReport

_MOST_AT_ONCE = 100
"""A load report holds no more problems."""
_CREATED, _OK, _BAD_REQUEST, _CONFLICT = 201, 200, 400, 409

_Numbered = tuple[int, BulkItem]


def write_bulk(index: Index, items: Sequence[BulkItem]) -> list[JsonObject]:
    """Write the documents in order; for each ``{op: result}`` as a cluster gives it.

    Versions and sequence numbers are not kept, so a result does not hold them.
    """
    results: dict[int, JsonObject] = {}
    with index.lock:
        for group in _groups(items):
            results |= _write(index, group)
    return [{_op(item): results[number]} for number, item in enumerate(items)]


def _groups(items: Sequence[BulkItem]) -> Iterator[list[_Numbered]]:
    """Documents that can be written at once: no id twice."""
    group: list[_Numbered] = []
    ids: set[str] = set()
    for number, item in enumerate(items):
        if len(group) == _MOST_AT_ONCE or item.id in ids:
            yield group
            group, ids = [], set()
        group.append((number, item))
        if item.id is not None:
            ids.add(item.id)
    yield group


def _write(index: Index, group: Sequence[_Numbered]) -> dict[int, JsonObject]:
    taken = index.taken_ids([item.id for _, item in group if item.id is not None])
    results: dict[int, JsonObject] = {}
    writable: list[_Numbered] = []
    for number, item in group:
        if item.id in taken and not item.is_replacing:
            reason = f"[{item.id}]: version conflict, document already exists"
            results[number] = _failure(index, item, _CONFLICT, "version_conflict_engine_exception", reason)
        else:
            writable.append((number, item))
    report, ordinal = LoadReport(index.name), index.next_ordinal
    index.append(_sources(writable), report)
    rejected = {problem.line: problem for problem in report.problems}
    for number, item in writable:
        if (problem := rejected.get(number)) is not None:
            results[number] = _failure(index, item, _BAD_REQUEST, "document_parsing_exception", _reason(problem))
            continue
        is_new = item.id not in taken
        results[number] = {
            "_index": index.name,
            "_id": item.id or made_id(index.name, ordinal),
            "result": "created" if is_new else "updated",
            "status": _CREATED if is_new else _OK,
        }
        ordinal += 1
    return results


def _sources(items: Sequence[_Numbered]) -> Iterator[SourceDocument | DocumentProblem]:
    for number, item in items:
        try:
            data = orjson.dumps(item.source)
            yield SourceDocument(data.decode(), orjson.loads(data), item.id, None, number)
        except (TypeError, ValueError, RecursionError) as error:
            yield DocumentProblem(None, number, None, f"not expressible as JSON: {error}")


def _op(item: BulkItem) -> str:
    return "index" if item.is_replacing else "create"


def _reason(problem: DocumentProblem) -> str:
    return problem.reason if problem.field is None else f"failed to parse field [{problem.field}]: {problem.reason}"


def _failure(index: Index, item: BulkItem, status: int, kind: str, reason: str) -> JsonObject:
    error: JsonObject = {"type": kind, "reason": reason, "index": index.name}
    return {"_index": index.name, "_id": item.id, "status": status, "error": error}
