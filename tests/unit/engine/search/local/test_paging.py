"""Pages of hits by ``search_after``, and hits narrowed by ``post_filter``."""

from typing import Any

import pytest

from engine.search.local import LocalSearch

MAPPING = {
    "properties": {
        "k": {"type": "keyword"}, "n": {"type": "long"}, "f": {"type": "double"}, "b": {"type": "boolean"},
        "d": {"type": "date"}, "x": {"type": "date_nanos"}, "ip": {"type": "ip"}, "u": {"type": "unsigned_long"},
        "t": {"type": "text"},
    }
}  # fmt: skip
DOCUMENTS = [
    {"_id": "0", "k": "b", "n": 3, "f": 0.5, "b": True, "d": "2024-05-01", "x": "2024-05-01T00:00:00.000000001Z"},
    {"_id": "1", "k": "a", "n": [7, 1], "f": -2.0, "b": False, "d": "2024-05-02", "ip": "10.0.0.2", "t": "red fox"},
    {"_id": "2", "n": 3, "d": "2024-04-01", "ip": ["10.0.0.10", "::1"], "u": 2**64 - 2, "t": "fox"},
    {"_id": "3", "k": "c", "f": 3.25, "b": True, "x": "2024-05-01T00:00:00.000000003Z", "u": 5},
    {"_id": "4", "k": ["d", "a"], "n": -5, "f": 0.5, "ip": "10.0.0.3"},
]  # fmt: skip
LAST = {"missing": "_last"}
SORTS: list[Any] = [
    ["k"],
    [{"k": "desc"}],
    [{"k": {"missing": "_first"}}, "_doc"],
    [{"k": {"order": "desc", "missing": "bb"}}],
    ["n"],
    [{"n": {"order": "desc", "missing": "_first"}}],
    [{"n": {"mode": "avg"}}],
    ["f", "n"],
    [{"f": "desc"}],
    ["b", "k"],
    ["d"],
    [{"d": {"order": "desc", "format": "yyyy-MM-dd"}}],
    [{"d": {"format": "strict_date_optional_time", "missing": "_first"}}],
    ["x"],
    ["ip"],
    ["u"],
    ["_doc"],
    [{"gone": {"unmapped_type": "date", "format": "yyyy"}}, "n"],
    ["_score", "_doc"],
]


@pytest.fixture
async def documents(search: LocalSearch) -> None:
    report = await search.add_documents("p", DOCUMENTS, MAPPING)
    assert report.problems == []


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("sort", SORTS, ids=str)
async def test_page_after_page_is_the_whole_list(ask: Any, sort: list[Any]) -> None:
    # Documents with equal values cannot be told apart by them: a last key makes all differ.
    sort = [*sort, {"_doc": "asc"}]
    whole = (await ask("p", sort=sort))["hits"]["hits"]
    assert len(whole) == len(DOCUMENTS)
    seen, after = [], {}
    while hits := (found := await ask("p", sort=sort, size=2, **after))["hits"]["hits"]:
        assert found["hits"]["total"]["value"] == len(DOCUMENTS)
        seen += hits
        after = {"search_after": hits[-1]["sort"]}
    assert [hit["_id"] for hit in seen] == [hit["_id"] for hit in whole]


@pytest.mark.usefixtures("documents")
async def test_values_and_texts_name_the_same_place(ask: Any) -> None:
    for given in ("2024-04-01", 1711929600000):
        hits = (await ask("p", sort=[{"d": "asc"}], search_after=[given], size=1))["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == ["0"]


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"search_after": [1]}, "illegal_argument_exception"),
        ({"sort": ["n"], "search_after": [1, 2]}, "illegal_argument_exception"),
        ({"sort": ["n"], "search_after": []}, "illegal_argument_exception"),
        ({"sort": ["n"], "search_after": 1}, "parsing_exception"),
        ({"sort": ["n"], "search_after": [{}]}, "illegal_argument_exception"),
        ({"sort": ["n"], "search_after": [1], "from": 1}, "illegal_argument_exception"),
        ({"sort": ["n"], "search_after": ["x"]}, "search_phase_execution_exception"),
        ({"sort": ["d"], "search_after": ["soon"]}, "search_phase_execution_exception"),
        ({"sort": ["ip"], "search_after": ["here"]}, "search_phase_execution_exception"),
        ({"post_filter": {"nonsense": {}}}, "parsing_exception"),
    ],
)
async def test_what_is_refused(refused: Any, body: dict[str, Any], error_type: str) -> None:
    assert (await refused("p", **body)).error_type == error_type


@pytest.mark.usefixtures("documents")
async def test_aggregations_do_not_see_the_post_filter(ask: Any) -> None:
    aggs = {"n": {"value_count": {"field": "k"}}, "f": {"filter": {"match": {"t": "fox"}}}}
    found = await ask("p", query={"exists": {"field": "k"}}, post_filter={"match": {"t": "red"}}, aggs=aggs)
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]
    assert found["hits"]["total"]["value"] == 1
    assert found["aggregations"] == {"n": {"value": 5}, "f": {"doc_count": 1}}
