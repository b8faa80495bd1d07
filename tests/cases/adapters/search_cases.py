"""Cases of ``search_cases.json``: documents loaded into the local engine, and what a search over them answers."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.search import SearchRequest
from engine.search.local.engine import LocalSearch

_MISSING = object()
_KNOWN = {
    "status", "hits_total", "hit_ids", "hit_ids_ordered", "match", "absent", "length", "close", "error_type_in",
}  # fmt: skip


def run_case(case: dict[str, Any]) -> None:
    given, expected = case["given"], case["expect"]
    assert set(given) <= {"indices", "index", "body", "params"}, set(given)
    assert set(expected) <= _KNOWN, set(expected)
    status, answer = asyncio.run(_search(given))
    assert status == expected.get("status", 200), answer
    if "error_type_in" in expected:
        assert answer["error"]["type"] in expected["error_type_in"]
    if "hits_total" in expected:
        assert answer["hits"]["total"] == expected["hits_total"]
    if "hit_ids" in expected:
        ids = [hit["_id"] for hit in answer["hits"]["hits"]]
        ordered = expected.get("hit_ids_ordered", False)
        assert (ids if ordered else sorted(ids)) == (expected["hit_ids"] if ordered else sorted(expected["hit_ids"]))
    for path, value in expected.get("match", {}).items():
        assert _at(answer, path) == value, path
    for path in expected.get("absent", ()):
        assert _at(answer, path) in (_MISSING, None), path
    for path, length in expected.get("length", {}).items():
        assert len(_at(answer, path)) == length, path
    for path, value in expected.get("close", {}).items():
        assert _at(answer, path) == pytest.approx(value), path


async def _search(given: dict[str, Any]) -> tuple[int, JsonObject]:
    engine = LocalSearch(lambda: datetime.now(UTC))
    try:
        for name, index in given["indices"].items():
            engine.create_index(name, index.get("mappings"))
            report = await engine.add_documents(name, index.get("docs", ()))
            assert not report.problems, report.problems
        assert set(given["params"]) <= {"ignore_unavailable", "allow_no_indices"}, given["params"]
        request = SearchRequest(tuple(given["index"].split(",")), given["body"], **given["params"])
        return 200, await engine.search(request)
    except SearchError as error:
        return error.status, {"error": {"type": error.error_type, "reason": error.reason}}
    finally:
        await engine.close()


def _at(value: Any, path: str) -> Any:
    for part in path.split("/"):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return _MISSING
    return value
