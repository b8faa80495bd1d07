"""Requests go to one backend, as it knows the indices; its answers call them as the request does."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from engine.model.errors import SearchError, SearchUnavailable
from engine.ports.search import BulkItem, BulkRequest, EsqlRequest, FieldCapsRequest, SearchPort, SearchRequest
from engine.query.esql import EsqlText
from engine.search.recording import CannedAnswer, RecordingSearch
from engine.search.router import SearchRouter
from engine.service.search_reports import names_of


def hits(*indices: str) -> dict[str, Any]:
    found = [{"_index": index, "_id": "1", "_source": {"_index": "mine"}} for index in indices]
    return {"total": {"value": len(found)}, "hits": found}


def index_names(value: Any) -> list[str]:
    return [hit["_index"] for hit in value["hits"]]


def route(*answers: Any, **more: list[CannedAnswer]) -> tuple[SearchRouter, Mapping[str, RecordingSearch]]:
    """Files with the index web, cluster main, which is the default, and cluster logs, all with the same answers."""
    made = {
        name: RecordingSearch([CannedAnswer(deepcopy(answer)) for answer in answers], **more)
        for name in ("files", "main", "logs")
    }
    clusters = {"main": made["main"], "logs": made["logs"]}
    return SearchRouter(made["files"], ("web",), clusters, "main"), made


@pytest.mark.parametrize(
    ("index", "backend", "asked"),
    [
        (("web",), "files", ("web",)),
        (("a", "b-*"), "main", ("a", "b-*")),
        (("logs:web",), "logs", ("web",)),
        (("logs:a,logs:b", "logs:c"), "logs", ("a", "b", "c")),
    ],
)
async def test_one_backend_is_asked(index: tuple[str, ...], backend: str, asked: tuple[str, ...]) -> None:
    router, made = route({})
    await router.search(SearchRequest(index, {"size": 1}, ignore_unavailable=True, allow_no_indices=False))
    expected = SearchRequest(asked, {"size": 1}, ignore_unavailable=True, allow_no_indices=False)
    assert {name: each.requests for name, each in made.items() if each.requests} == {backend: [expected]}


@pytest.mark.parametrize(
    ("index", "name"),
    [(("web",), "embedded"), (("a",), "main"), ((), "main"), (("logs:web",), "logs"), (("web", "logs:web"), "none")],
)
def test_backends_have_names(index: tuple[str, ...], name: str) -> None:
    router, _ = route({})
    assert names_of(router)(index) == name


async def test_a_request_for_several_backends_is_refused_and_none_is_asked() -> None:
    router, made = route({})
    with pytest.raises(SearchError, match="make a rule for each"):
        await router.search(SearchRequest(("web", "logs:web"), {}))
    assert not any(each.requests for each in made.values())


async def test_hits_of_a_named_cluster_carry_its_name() -> None:
    router, _ = route({"hits": hits("a", "b")}, {"hits": hits("a")})
    answer = await router.search(SearchRequest(("logs:*",), {}))
    assert index_names(answer["hits"]) == ["logs:a", "logs:b"]
    assert answer["hits"]["hits"][0]["_source"] == {"_index": "mine"}
    assert answer["hits"]["total"] == {"value": 2}
    assert index_names((await router.search(SearchRequest(("logs:a", "logs:a"), {})))["hits"]) == ["logs:a"]


@pytest.mark.parametrize("index", [("web",), ("a",), ("a", "main:b"), ("remote:a",)])
async def test_other_hits_are_called_as_their_backend_calls_them(index: tuple[str, ...]) -> None:
    router, _ = route({"hits": hits("a")})
    assert index_names((await router.search(SearchRequest(index, {})))["hits"]) == ["a"]


def by_shape(index: object) -> dict[str, Any]:
    shape = {"geo_shape": {"place": {"indexed_shape": {"index": index, "id": "a", "path": "shape"}}}}
    filters = {"filters": {"filters": {"a": shape}, "other_bucket_key": "other"}}
    return {"query": {"bool": {"filter": [shape, {"term": {"index": index}}]}}, "aggs": {"shapes": filters}}


@pytest.mark.parametrize(
    ("index", "shape_index", "asked"),
    [
        ("logs:trucks", "logs:zones", "zones"),
        ("logs:trucks", "zones", "zones"),
        ("logs:trucks", "other:zones", "other:zones"),
        ("logs:trucks", 5, 5),
        ("trucks", "logs:zones", "logs:zones"),
    ],
)
async def test_indexed_shapes_are_called_as_their_cluster_calls_them(
    index: str, shape_index: object, asked: object
) -> None:
    router, made = route({})
    body = by_shape(shape_index)
    await router.search(SearchRequest((index,), body))
    [request] = [request for each in made.values() for request in each.requests]
    expected = by_shape(asked)
    expected["query"]["bool"]["filter"][1] = {"term": {"index": shape_index}}
    assert request.body == expected
    assert body == by_shape(shape_index)


TOP = {"top": {"top_hits": {"size": 1}}}


@pytest.mark.parametrize(
    ("aggregations", "answer", "find"),
    [
        ({"top": {"top_hits": {}}}, {"top": {"hits": hits("a")}}, lambda found: found["top"]),
        (
            {"hosts": {"terms": {"field": "host"}, "aggs": TOP}},
            {"hosts": {"buckets": [{"key": "x", "top": {"hits": hits("a")}}]}},
            lambda found: found["hosts"]["buckets"][0]["top"],
        ),
        (
            {"sides": {"filters": {"filters": {"l": {}}}, "aggregations": {"in": {"nested": {}, "aggs": TOP}}}},
            {"sides": {"buckets": {"l": {"in": {"doc_count": 1, "top": {"hits": hits("a")}}}}}},
            lambda found: found["sides"]["buckets"]["l"]["in"]["top"],
        ),
    ],
)
@pytest.mark.parametrize("word", ["aggs", "aggregations"])
async def test_top_hits_of_a_named_cluster_carry_its_name(aggregations: Any, answer: Any, find: Any, word: str) -> None:
    router, _ = route({"aggregations": answer})
    named = await router.search(SearchRequest(("logs:a",), {word: aggregations}))
    assert index_names(find(named["aggregations"])["hits"]) == ["logs:a"]


async def test_answers_are_not_modified_because_they_are_shared() -> None:
    answer = {"hits": hits("a"), "aggregations": {"top": {"hits": hits("a")}}}

    class Sharing(RecordingSearch):
        async def search(self, request: SearchRequest) -> Any:
            return answer

    router = SearchRouter(None, (), {"main": Sharing()}, "main")
    before = deepcopy(answer)
    for _ in range(2):
        named = await router.search(SearchRequest(("main:a",), {"aggs": TOP}))
        assert index_names(named["hits"]) == index_names(named["aggregations"]["top"]["hits"]) == ["main:a"]
    assert answer == before


@pytest.mark.parametrize(
    "answer", [{}, {"hits": None}, {"hits": {"hits": None}}, {"hits": {"hits": [1, {"_id": "1"}]}}]
)
async def test_answers_that_are_malformed_are_handed_on(answer: Any) -> None:
    router, _ = route(answer)
    assert await router.search(SearchRequest(("logs:a",), {"aggs": {"x": 1}})) == answer


async def test_field_capabilities_of_a_named_cluster_carry_its_name() -> None:
    fields = {"f": {"long": {"type": "long", "indices": ["a"]}, "ip": {"type": "ip", "indices": ["b"]}},
              "g": {"ip": {"type": "ip"}}}  # fmt: skip
    router, made = route(field_caps=[CannedAnswer({"indices": ["a", "b"], "fields": fields})] * 2)
    assert await router.field_caps(FieldCapsRequest(("logs:*",), ("f*",))) == {
        "indices": ["logs:a", "logs:b"],
        "fields": {
            "f": {"long": {"type": "long", "indices": ["logs:a"]}, "ip": {"type": "ip", "indices": ["logs:b"]}},
            "g": {"ip": {"type": "ip"}},
        },
    }
    assert made["logs"].field_caps_requests == [FieldCapsRequest(("*",), ("f*",))]
    assert (await router.field_caps(FieldCapsRequest(("a",))))["indices"] == ["a", "b"]
    assert made["main"].field_caps_requests == [FieldCapsRequest(("a",))]


@pytest.mark.parametrize(("index", "backend", "asked"), [("web", "files", "web"), ("x", "main", "x"),
                                                         ("logs:x", "logs", "x")])  # fmt: skip
async def test_documents_are_written_to_one_backend(index: str, backend: str, asked: str) -> None:
    router, made = route(bulk=[CannedAnswer({"items": []})])
    items = (BulkItem({"a": 1}, "1"),)
    assert await router.bulk(BulkRequest(index, items, refresh=True)) == {"items": []}
    expected = {backend: [BulkRequest(asked, items, refresh=True)]}
    assert {name: each.bulk_requests for name, each in made.items() if each.bulk_requests} == expected


@pytest.mark.parametrize(("index", "backend", "made_there"), [("x", "main", "x"), ("logs:x", "logs", "x")])
async def test_an_index_is_made_in_one_cluster(index: str, backend: str, made_there: str) -> None:
    router, made = route()
    assert [await router.ensure_index(index, {"dynamic": False}) for _ in range(2)] == [True, False]
    created = {name: each.created_indices for name, each in made.items() if each.created_indices}
    assert created == {backend: {made_there: {"dynamic": False}}}


class Closing(RecordingSearch):
    """``error``: raised when it is closed."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error, self.is_closed = error, False

    async def close(self) -> None:
        self.is_closed = True
        if self.error is not None:
            raise self.error


async def test_all_are_closed_even_if_one_cannot_be() -> None:
    files, main, logs = Closing(), Closing(SearchUnavailable("no")), Closing()
    with pytest.raises(SearchUnavailable, match="no"):
        await SearchRouter(files, (), {"main": main, "logs": logs}, "main").close()
    assert files.is_closed
    assert logs.is_closed


@pytest.mark.parametrize(
    ("files", "clusters", "default"), [(None, {}, None), (None, {"a": 1}, None), (RecordingSearch(), {}, "a")]
)
def test_what_has_no_backend_cannot_be(files: SearchPort | None, clusters: Any, default: str | None) -> None:
    with pytest.raises(ValueError, match="cluster"):
        SearchRouter(files, (), clusters, default)


@pytest.mark.parametrize(
    ("text", "backend", "sent"),
    [
        ("FROM a, b-* | WHERE x == 1", "main", "FROM a, b-* | WHERE x == 1"),
        ('FROM logs:a , logs:b* | WHERE x == "logs:a"', "logs", 'FROM a , b* | WHERE x == "logs:a"'),
        ("FROM web", "files", "FROM web"),
        ("ROW a = 1", "main", "ROW a = 1"),
    ],
)
async def test_an_esql_query_goes_where_its_indices_are(text: str, backend: str, sent: str) -> None:
    router, made = route({"columns": [], "values": []})
    read = EsqlText(text)
    await router.esql(EsqlRequest(text, {"match_all": {}}, read.indices, read.index_span))
    asked = {name: [request.query for request in each.esql_requests] for name, each in made.items()}
    assert {name: queries for name, queries in asked.items() if queries} == {backend: [sent]}
