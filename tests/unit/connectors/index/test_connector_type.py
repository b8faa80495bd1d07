"""Documents written into an index (connectors-core.md 3)."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.index.connector_type import Index
from engine.model.errors import InvalidInput, SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.search import BulkItem, BulkRequest

# The fixture of conftest.py; test folders are no packages to import from.
Bench = Any


class Written:
    """A search port that keeps what is written, and answers or raises."""

    def __init__(self, answer: JsonObject | Exception) -> None:
        self.answer = answer
        self.requests: list[BulkRequest] = []

    async def bulk(self, request: BulkRequest) -> JsonObject:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


OK: JsonObject = {"took": 1, "errors": False, "items": [{"create": {"_id": "1", "status": 201}}]}


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(Index(), config={"index": "i"}, search=Written(OK))


async def test_documents_are_created_without_ids_and_the_answer_is_the_data(bench: Bench) -> None:
    result = await bench.run(params={"documents": [{"a": 1, "_id": "data"}, '{"b": 2}']})
    assert bench.search.requests == [BulkRequest("i", (BulkItem({"a": 1, "_id": "data"}), BulkItem({"b": 2})))]
    assert (result.status, result.data) == ("ok", OK)


async def test_refresh_and_override(bench: Bench) -> None:
    params = {"documents": [{}], "indexOverride": "kibana-alert-history-x"}
    await bench.run(config={"refresh": True}, params=params)
    assert bench.search.requests == [BulkRequest("kibana-alert-history-x", (BulkItem({}),), refresh=True)]


@pytest.mark.parametrize(
    ("field", "document"),
    [
        ("at", {"at": "2024-01-01T00:00:00.000Z", "a": 1}),
        (" event.at ", {"event.at": "2024-01-01T00:00:00.000Z", "at": "mine", "a": 1}),
        ("  ", {"at": "mine", "a": 1}),
        (None, {"at": "mine", "a": 1}),
    ],
)
async def test_the_time_overwrites_a_field_of_each_document(
    bench: Bench, field: str | None, document: JsonObject
) -> None:
    given = {"at": "mine", "a": 1}
    await bench.run(config={"executionTimeField": field}, params={"documents": [given, given]})
    assert [item.source for item in bench.search.requests[0].items] == [document, document]


async def test_no_documents_are_no_call(bench: Bench) -> None:
    result = await bench.run(params={"documents": []})
    assert (result.status, result.data) == ("ok", {"took": 0, "errors": False, "items": []})
    assert bench.search.requests == []


def refused(reason: str | None, cause: str | None = None) -> JsonObject:
    error: JsonObject = {} if reason is None else {"reason": reason}
    if cause is not None:
        error["caused_by"] = {"reason": cause}
    return {"create": {"status": 400, "error": error}}


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([refused("failed to parse", "not a date")], "failed to parse (not a date)"),
        ([OK["items"][0], refused("a"), refused("b", "c"), refused("d", "e")], "a;b;d (c;e)"),
        ([refused(None, "only cause")], "(only cause)"),
    ],
)
async def test_the_reasons_of_single_documents_are_told(bench: Bench, items: list[JsonObject], text: str) -> None:
    bench.search.answer = {"took": 1, "errors": True, "items": items}
    result = await bench.run(params={"documents": [{}]})
    assert (result.status, result.retry, result.service_message) == ("error", False, text)


@pytest.mark.parametrize("items", [[refused(None)], [], None, [1], [{"create": None}]])
async def test_without_any_reason_there_is_a_text_all_the_same(bench: Bench, items: Any) -> None:
    bench.search.answer = {"took": 1, "errors": True, "items": items}
    result = await bench.run(params={"documents": [{}]})
    assert result.status == "error"
    assert result.service_message


@pytest.mark.parametrize(
    "error", [SearchError(403, "security_exception", "forbidden", {}), SearchUnavailable("cluster away")]
)
async def test_a_call_that_fails_is_not_tried_again(bench: Bench, error: Exception) -> None:
    bench.search.answer = error
    result = await bench.run(params={"documents": [{}]})
    assert (result.status, result.retry, result.service_message) == ("error", False, str(error))


async def test_without_data_to_write_into_it_is_an_error(bench: Bench) -> None:
    bench.search = None
    assert (await bench.run(params={"documents": [{}]})).status == "error"


def test_config_is_stored_with_its_defaults() -> None:
    stored = {"index": "i", "refresh": False, "executionTimeField": None}
    assert Index().validate_config({"index": "i"}, HttpSettings()) == stored


@pytest.mark.parametrize("config", [{}, {"index": 666}, {"index": "i", "refresh": "true"}, {"index": "i", "x": 1}])
def test_other_config_is_refused(config: JsonObject) -> None:
    with pytest.raises(InvalidInput):
        Index().validate_config(config, HttpSettings())


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"documents": {}},
        {"documents": [1]},
        {"documents": ["no JSON"]},
        {"documents": ["[1]"]},
        {"documents": [{}], "indexOverride": ""},
        {"documents": [{}], "indexOverride": "other"},
        {"documents": [{}], "x": 1},
    ],
)
def test_other_params_are_refused(params: JsonObject) -> None:
    with pytest.raises(InvalidInput):
        Index().validate_params(params)


def test_secrets_have_no_members() -> None:
    assert Index().validate_secrets({}, HttpSettings()) == {}
