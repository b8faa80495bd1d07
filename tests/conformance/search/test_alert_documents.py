"""The mapping of alert documents, where documents of very different rules meet."""

from typing import Any

import pytest

from engine.model.document_mapping import document_mapping
from engine.model.errors import SearchError
from engine.ports.search import BulkItem, BulkRequest
from engine.search.local import LocalSearch

PARAMETERS: list[dict[str, Any]] = [
    {"index": ["web"], "threshold": [1], "groupBy": "all", "termField": None, "excludeHits": False},
    {"index": "web", "threshold": [1.5, 2], "termField": ["a", "b"], "esQuery": '{"query": {"match_all": {}}}'},
    {"searchConfiguration": {"query": {"query": "a: 1"}, "filter": [{"meta": {"index": 1}}, {"meta": {"index": "x"}}]}},
    {"threshold": "high", "index": {"id": "x", "deep": {"er": [[1, 2], []]}}},
    {},
]


def document(number: int, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "@timestamp": "2026-01-01T12:00:00.000Z",
        "event.action": "open",
        "event.kind": "signal",
        "kibana.alert.duration.us": number,
        "kibana.alert.evaluation.threshold": number / 2,
        "kibana.alert.evaluation.value": ["17", "n/a", "2026-01-01", "1.5", ""][number],
        "kibana.alert.flapping": False,
        "kibana.alert.flapping_history": [True, False],
        "kibana.alert.grouping": [{"host": {"name": "a"}}, {}, {"host": {"name": "b"}}, {}, {}][number],
        "kibana.alert.instance.id": f"alert {number}",
        "kibana.alert.reason": "x" * 50_000,
        "kibana.alert.rule.parameters": parameters,
        "kibana.alert.rule.tags": [],
        "kibana.alert.start": "2026-01-01T12:00:00.000Z",
        "kibana.alert.status": ["active", "recovered"][number % 2],
        "kibana.alert.time_range": {"gte": "2026-01-01T12:00:00.000Z"}
        | ({"lte": "2026-01-01T13:00:00.000Z"} if number % 2 else {}),
        "kibana.alert.uuid": str(number),
        "kibana.space_ids": ["default"],
        "tags": ["2026-01-01", "prod"][: number % 3],
    }


async def test_documents_of_all_rules_fit_into_one_index(backend: Any) -> None:
    if isinstance(backend.port, LocalSearch):
        with pytest.raises(SearchError, match="not supported"):
            await backend.port.ensure_index("alerts", document_mapping())
        return
    assert await backend.port.ensure_index("alerts", document_mapping()) is True
    items = tuple(
        BulkItem(document(number, parameters), str(number), is_replacing=True)
        for number, parameters in enumerate(PARAMETERS)
    )
    answer = await backend.port.bulk(BulkRequest("alerts", items, refresh=True))
    assert [item["index"].get("error") for item in answer["items"]] == [None] * len(items)
    assert await backend.ids("alerts", {"term": {"kibana.alert.status": "recovered"}}) == ["1", "3"]
    assert await backend.ids("alerts", {"term": {"kibana.alert.evaluation.value": "2026-01-01"}}) == ["2"]
    assert await backend.ids("alerts", {"range": {"kibana.alert.time_range": {"gte": "2026-01-01T14:00Z"}}}) == [
        "0",
        "2",
        "4",
    ]
    [hit] = (await backend.search("alerts", query={"ids": {"values": ["3"]}}))["hits"]["hits"]
    assert hit["_source"] == document(3, PARAMETERS[3])
