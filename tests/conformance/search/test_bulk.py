"""Writing documents: each has a result of its own, and what was written is found."""

from typing import Any

import pytest

from engine.ports.search import BulkItem, BulkRequest

A, B = {"host": "a", "cpu": 1}, {"host": "b", "cpu": 2}


def results(answer: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    """Of each item its op, its status and what became of the document."""
    return [(op, each["status"], each.get("result")) for item in answer["items"] for op, each in item.items()]


async def write(backend: Any, *items: BulkItem, index: str = "written") -> Any:
    return await backend.port.bulk(BulkRequest(index, items, refresh=True))


async def sources(backend: Any, index: str = "written") -> dict[str, Any]:
    hits = (await backend.search(index, size=100))["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


async def test_documents_are_created_under_the_ids_that_the_answer_tells(backend: Any) -> None:
    answer = await write(backend, BulkItem(A), BulkItem(B, "b"), BulkItem(A))
    assert results(answer) == [("create", 201, "created")] * 3
    assert answer["errors"] is False
    assert isinstance(answer["took"], int)
    told = [item["create"] for item in answer["items"]]
    assert [each["_index"] for each in told] == ["written"] * 3
    assert await sources(backend) == {told[0]["_id"]: A, "b": B, told[2]["_id"]: A}


async def test_an_id_that_is_taken_is_a_conflict_and_holds_no_other_back(backend: Any) -> None:
    await write(backend, BulkItem(A, "a"))
    answer = await write(backend, BulkItem(B, "a"), BulkItem(B, "b"), BulkItem(A, "b"))
    assert [status for _, status, _ in results(answer)] == [409, 201, 409]
    assert answer["errors"] is True
    assert answer["items"][0]["create"]["error"]["type"] == "version_conflict_engine_exception"
    assert await sources(backend) == {"a": A, "b": B}


async def test_a_document_is_put_or_replaced(backend: Any) -> None:
    answer = await write(backend, BulkItem(A, "a", is_replacing=True), BulkItem(B, "a", is_replacing=True))
    assert results(answer) == [("index", 201, "created"), ("index", 200, "updated")]
    assert await sources(backend) == {"a": B}
    answer = await write(backend, BulkItem(A, "a", is_replacing=True), BulkItem(A, is_replacing=True))
    assert results(answer) == [("index", 200, "updated"), ("index", 201, "created")]
    assert list((await sources(backend)).values()) == [A, A]


async def test_a_document_that_cannot_be_mapped_is_told_and_the_others_are_written(backend: Any) -> None:
    await backend.load("hosts", [{"_id": "0", "count": 1}], {"count": {"type": "long"}})
    items = [BulkItem({"count": "many"}, "1"), BulkItem({"count": 2}, "2"), BulkItem({"count": 3}, "1")]
    answer = await write(backend, *items, index="hosts")
    assert [status for _, status, _ in results(answer)] == [400, 201, 201]
    error = answer["items"][0]["create"]["error"]
    assert error["type"] in {"document_parsing_exception", "mapper_parsing_exception"}
    assert "count" in error["reason"]
    assert await sources(backend, "hosts") == {"0": {"count": 1}, "1": {"count": 3}, "2": {"count": 2}}


async def test_fields_of_new_indices_are_mapped_by_what_is_written(backend: Any) -> None:
    await write(backend, BulkItem({"at": "2024-05-07T10:00:00.000Z", "host.name": "a", "cpu": 1.5}, "1"))
    assert await backend.ids("written", {"range": {"at": {"gte": "2024-05-07"}}}) == ["1"]
    assert await backend.ids("written", {"match": {"host.name": "a"}}) == ["1"]
    assert await backend.ids("written", {"range": {"cpu": {"lt": 1.5}}}) == []


@pytest.mark.parametrize("many", [250])
async def test_many_documents_keep_their_order_in_the_answer(backend: Any, many: int) -> None:
    answer = await write(backend, *(BulkItem({"n": n}, str(n % 200)) for n in range(many)))
    assert [item["create"]["_id"] for item in answer["items"]] == [str(n % 200) for n in range(many)]
    assert [status for _, status, _ in results(answer)] == [201] * 200 + [409] * 50


async def test_nothing_to_write_needs_no_index(backend: Any) -> None:
    answer = await write(backend, index="nowhere")
    assert (answer["errors"], answer["items"]) == (False, [])


async def test_an_index_is_made_once_with_its_mapping(backend: Any) -> None:
    mappings = {"properties": {"at": {"type": "date"}, "code": {"type": "keyword"}}}
    assert await backend.port.ensure_index("written", mappings) is True
    assert await backend.port.ensure_index("written", {"properties": {"code": {"type": "long"}}}) is False
    await write(backend, BulkItem({"code": "7"}, "1"))
    assert await backend.ids("written", {"term": {"code": "7"}}) == ["1"]
    assert (await backend.field_caps("written", "code"))["fields"]["code"].keys() == {"keyword"}
    await backend.load("hosts", [{"_id": "0", "count": 1}], {"count": {"type": "long"}})
    assert await backend.port.ensure_index("hosts", mappings) is False
