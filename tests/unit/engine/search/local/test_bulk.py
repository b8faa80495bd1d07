"""What is particular about bulk writing in the local engine: ids that are made, and documents that are not JSON."""

from typing import Any

from engine.ports.search import BulkItem, BulkRequest
from engine.search.local import LocalSearch


async def write(search: LocalSearch, *items: BulkItem) -> list[Any]:
    answer = await search.bulk(BulkRequest("i", items))
    return [result for item in answer["items"] for result in item.values()]


async def test_a_made_id_is_taken_like_a_given_one(search: LocalSearch, ask: Any) -> None:
    [bad, made] = await write(search, BulkItem({"n": "\ud800"}), BulkItem({"n": 1}))
    assert bad["status"] == 400
    assert "JSON" in bad["error"]["reason"]
    [conflict, replaced] = await write(
        search, BulkItem({"n": 2}, made["_id"]), BulkItem({"n": 3}, made["_id"], is_replacing=True)
    )
    assert (conflict["status"], replaced["result"]) == (409, "updated")
    assert [hit["_source"] for hit in (await ask("i"))["hits"]["hits"]] == [{"n": 3}]


async def test_an_id_in_the_document_is_no_id_of_the_document(search: LocalSearch, ask: Any) -> None:
    [result] = await write(search, BulkItem({"_id": "x", "n": 1}, "y"))
    assert result["_id"] == "y"
    [hit] = (await ask("i", query={"term": {"n": 1}}))["hits"]["hits"]
    assert hit["_id"] == "y"
