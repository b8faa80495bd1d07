"""What aggregations answer, in short: for each bucket its key, the count, and what is below it, in order.

The cases stand in ``aggregations.json`` beside. Left out are percentiles, which servers estimate, and refusals.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest

_GIVEN = orjson.loads((Path(__file__).parent / "aggregations.json").read_bytes())


def brief(answer: dict[str, Any]) -> Any:
    if "buckets" in answer:
        given = answer["buckets"]
        buckets = [{"key": key, **each} for key, each in sorted(given.items())] if isinstance(given, dict) else given
        rows = [[each.get("key_as_string", each.get("key")), *below(each)] for each in buckets]
        return [answer["after_key"], rows] if "after_key" in answer else rows
    if "doc_count" in answer:
        return below(answer)
    if answer.keys() <= {"value", "value_as_string"}:
        return answer["value"]
    return {name: value for name, value in answer.items() if not name.endswith("_as_string")}


def below(bucket: dict[str, Any]) -> list[Any]:
    results = [brief(each) for name, each in sorted(bucket.items()) if isinstance(each, dict) and name != "key"]
    return [bucket["doc_count"], *results]


def about(expected: Any) -> Any:
    """The same with numbers that are compared as such."""
    if isinstance(expected, list):
        return [about(each) for each in expected]
    if isinstance(expected, dict):
        return {name: about(each) for name, each in expected.items()}
    return pytest.approx(expected) if isinstance(expected, float) else expected


async def test_aggregations_answer_alike(backend: Any) -> None:
    for name, index in _GIVEN["indices"].items():
        await backend.load(name, index["docs"], index["properties"])
    wrong = {}
    for case in _GIVEN["cases"]:
        query = {"query": case["query"]} if "query" in case else {}
        answer = await backend.search(case["index"], size=0, aggs=case["aggs"], **query)
        found = {name: brief(each) for name, each in answer["aggregations"].items()}
        if found != about(case["expect"]):
            wrong[case["id"]] = found
    assert wrong == {}
