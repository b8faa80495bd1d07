"""The recording search backend."""

import pytest

from engine.model.errors import SearchError, SearchUnavailable
from engine.ports.search import BulkItem, BulkRequest, FieldCapsRequest, SearchRequest
from engine.search.recording import CannedAnswer, RecordingSearch

REQUEST = SearchRequest(("i",), {"size": 0})


async def test_answers_come_in_order_and_requests_are_kept() -> None:
    search = RecordingSearch([CannedAnswer({"n": 1}), CannedAnswer({"n": 2})], [CannedAnswer({"fields": {}})])
    assert [await search.search(REQUEST), await search.search(REQUEST)] == [{"n": 1}, {"n": 2}]
    assert await search.field_caps(FieldCapsRequest(("i",))) == {"fields": {}}
    assert search.requests == [REQUEST, REQUEST]
    assert search.field_caps_requests == [FieldCapsRequest(("i",))]
    with pytest.raises(LookupError):
        await search.search(REQUEST)


async def test_what_is_written_is_kept() -> None:
    search = RecordingSearch(bulk=[CannedAnswer({"errors": False}), CannedAnswer({}, 429)])
    request = BulkRequest("i", (BulkItem({"a": 1}),))
    assert await search.bulk(request) == {"errors": False}
    with pytest.raises(SearchUnavailable):
        await search.bulk(request)
    assert search.bulk_requests == [request, request]


async def test_error_statuses_are_raised_with_their_body() -> None:
    body = {"error": {"type": "parsing_exception", "reason": "no"}, "status": 400}
    search = RecordingSearch([CannedAnswer(body, 400), CannedAnswer("gone", 404), CannedAnswer({}, 503)])
    with pytest.raises(SearchError) as caught:
        await search.search(REQUEST)
    assert (caught.value.status, caught.value.error_type, caught.value.reason) == (400, "parsing_exception", "no")
    assert caught.value.body == body
    with pytest.raises(SearchError, match="gone"):
        await search.search(REQUEST)
    with pytest.raises(SearchUnavailable):
        await search.search(REQUEST)
