"""The form of answers: hits, totals, sorting, errors, field capabilities."""

from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.ports.search import SearchRequest


async def test_the_form_of_an_answer(hosts: Any) -> None:
    answer = await hosts.search("hosts", size=1, query={"term": {"count": 7}}, track_total_hits=True)
    assert answer["timed_out"] is False
    assert isinstance(answer["took"], int)
    assert answer["_shards"]["failed"] == 0
    assert answer["hits"]["total"] == {"value": 1, "relation": "eq"}
    [hit] = answer["hits"]["hits"]
    assert (hit["_index"], hit["_id"], hit["_source"]["host"]) == ("hosts", "07", "b")


async def test_newest_first_with_formatted_sort_values(hosts: Any) -> None:
    sort = [{"@timestamp": {"order": "desc", "format": "strict_date_optional_time||epoch_millis"}}]
    hits = (await hosts.search("hosts", size=2, sort=sort))["hits"]["hits"]
    assert [hit["sort"] for hit in hits] == [["2024-05-07T10:11:00.000Z"], ["2024-05-07T10:10:00.000Z"]]
    assert [hit["_score"] for hit in hits] == [None, None]


async def test_what_is_returned_of_a_document(hosts: Any) -> None:
    body = {"_source": ["host"], "fields": ["count", "up"],
            "docvalue_fields": [{"field": "@timestamp", "format": "strict_date_optional_time"}]}  # fmt: skip
    [hit] = (await hosts.search("hosts", query={"term": {"count": 7}}, **body))["hits"]["hits"]
    assert hit["_source"] == {"host": "b"}
    assert hit["fields"] == {"count": [7], "up": [False], "@timestamp": ["2024-05-07T10:07:00.000Z"]}
    [hit] = (await hosts.search("hosts", query={"term": {"count": 7}}, _source=False))["hits"]["hits"]
    assert "_source" not in hit


async def test_what_the_source_filter_empties(backend: Any) -> None:
    """A named object or list stays, empty; one within a list goes."""
    document = {"_id": "1", "a": {"b": 1}, "n": [{"b": 1}, {"b": 2, "c": 3}], "o": [{"b": 1}]}
    await backend.load("nested", [document], {})
    filtered = {"includes": ["a", "n", "o"], "excludes": ["*.b"]}
    [hit] = (await backend.search("nested", _source=filtered))["hits"]["hits"]
    if backend.name == "osmem":  # which keeps what it empties within lists
        assert hit["_source"]["a"] == {}
    else:
        assert hit["_source"] == {"a": {}, "n": [{"c": 3}], "o": []}


async def test_no_hits_are_asked_for(hosts: Any) -> None:
    hits = (await hosts.search("hosts", size=0))["hits"]
    assert (hits["total"]["value"], hits["max_score"], hits["hits"]) == (12, None, [])


@pytest.mark.parametrize(
    ("body", "types"),
    [
        ({"query": {"nonsense": {}}}, {"parsing_exception"}),
        ({"nonsense": 1}, {"parsing_exception"}),
        ({"query": {"term": {"count": "x"}}}, {"query_shard_exception", "number_format_exception"}),
        ({"query": {"range": {"@timestamp": {"gte": "soon"}}}}, {"parse_exception"}),
        ({"sort": ["gone"]}, {"query_shard_exception"}),
        ({"size": 0, "aggs": {"a": {"terms": {"field": "message"}}}}, {"illegal_argument_exception"}),
        ({"size": 0, "aggs": {"a": {"terms": {"field": "host", "size": 0}}}},
         {"illegal_argument_exception", "x_content_parse_exception"}),
    ],
)  # fmt: skip
async def test_malformed_requests_are_400(hosts: Any, body: dict[str, Any], types: set[str]) -> None:
    with pytest.raises(SearchError) as caught:
        await hosts.search("hosts", **body)
    error = caught.value
    assert error.status == 400
    assert isinstance(error.body, dict)
    causes = {cause["type"] for cause in error.body["error"]["root_cause"]}
    assert ({error.error_type} | causes) & types


async def test_missing_indices(hosts: Any) -> None:
    with pytest.raises(SearchError) as caught:
        await hosts.search("gone")
    assert (caught.value.status, caught.value.error_type) == (404, "index_not_found_exception")
    for expression in ("gone*", "hosts,gone"):
        request = SearchRequest((expression,), {"size": 0}, ignore_unavailable=True, allow_no_indices=True)
        answer = await hosts.port.search(request)
        assert answer["hits"]["total"]["value"] == (12 if "hosts" in expression else 0)


async def test_nothing_is_aggregated_where_there_is_no_index(hosts: Any) -> None:
    """That is how ``.index-threshold`` tells an empty index, whose count is 0, from none."""
    body = {"size": 1, "track_total_hits": True, "aggs": {"up": {"avg": {"field": "up"}}}}
    request = SearchRequest(("gone",), body, ignore_unavailable=True, allow_no_indices=True)
    answer = await hosts.port.search(request)
    assert answer["hits"] == {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}
    if hosts.name != "osmem":  # which answers with empty aggregations, as no real server does
        assert "aggregations" not in answer
    empty = await hosts.search("hosts", query={"match_none": {}}, **body)
    assert empty["aggregations"] == {"up": {"value": None}}


async def test_field_capabilities(hosts: Any) -> None:
    caps = await hosts.field_caps("hosts", "host", "message*", "gone")
    assert set(caps["fields"]) == {"host", "message", "message.keyword"}
    assert caps["indices"] == ["hosts"]
    host, message = caps["fields"]["host"]["keyword"], caps["fields"]["message"]["text"]
    assert (host["searchable"], host["aggregatable"]) == (True, True)
    assert (message["searchable"], message["aggregatable"]) == (True, False)


async def test_a_query_that_is_refused_does_not_harm_the_next_ones(hosts: Any) -> None:
    for _ in range(3):
        with pytest.raises(SearchError):
            await hosts.ids("hosts", {"term": {"count": "no number"}})
        assert await hosts.ids("hosts", {"term": {"count": 5}}) == ["05"]
