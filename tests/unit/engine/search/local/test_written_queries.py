"""Queries that users write themselves: what servers do otherwise, what is refused, and texts that nobody meant."""

import random
from typing import Any

import pytest

from engine.query.edit_distance import edit_distance
from engine.search.local import LocalSearch

MAPPING = {
    "properties": {
        "word": {"type": "keyword"},
        "words": {"type": "keyword"},
        "text": {"type": "text"},
        "n": {"type": "long"},
        "o": {"type": "nested", "properties": {"t": {"type": "text"}, "k": {"type": "keyword"}}},
    }
}
DOCUMENTS = [
    {"_id": "1", "word": "café", "words": ["naïve", "zebra"], "text": "Grüße aus Köln",
     "o": {"t": "red fox", "k": "a1"}},
    {"_id": "2", "word": "cafe", "words": "zebras", "text": "disk & full", "n": 5, "o": [{"t": "blue"}, {"k": "b2"}]},
    {"_id": "3", "word": "coffee", "text": ["disk is full", "again"], "n": 6},
    {"_id": "4"},
]  # fmt: skip


@pytest.fixture
async def matching(search: LocalSearch, found: Any) -> Any:
    report = await search.add_documents("q", DOCUMENTS, MAPPING)
    assert report.problems == []

    async def matching(query: dict[str, Any]) -> str:
        return "".join(await found("q", query))

    return matching


def fuzzy(field: str, value: str, **options: Any) -> dict[str, Any]:
    return {"fuzzy": {field: {"value": value, **options}}}


def simple(query: str, *fields: str, **options: Any) -> dict[str, Any]:
    return {"simple_query_string": {"query": query, "fields": list(fields or ("text",)), **options}}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        # Characters are counted, not bytes.
        (fuzzy("word", "cafe", fuzziness=1), "12"),
        (fuzzy("word", "café", fuzziness=0), "1"),
        (fuzzy("word", "acfé", fuzziness=1), "1"),
        (fuzzy("word", "acfé", fuzziness=1, transpositions=False), ""),
        (fuzzy("word", "acfe", fuzziness=1, prefix_length=1), ""),
        (fuzzy("words", "zebrs"), "12"),
        (fuzzy("words", "naive"), "1"),
        (fuzzy("text", "gruße"), "1"),
        (fuzzy("o.t", "fox"), ""),
        ({"nested": {"path": "o", "query": fuzzy("o.t", "fix", fuzziness=1)}}, "1"),
        ({"nested": {"path": "o", "query": {"regexp": {"o.k": "[a-z]<2-3>"}}}}, "2"),
        ({"match": {"text": {"query": "kölm", "fuzziness": 1}}}, "1"),
        ({"match_phrase_prefix": {"text": "full ag"}}, ""),
        ({"match_phrase_prefix": {"text": "is f"}}, "3"),
        # Words that the field has none of are as if they were not there.
        (simple("disk & full", default_operator="and"), "23"),
        (simple("&"), ""),
        (simple("5", "n"), "2"),
        (simple("x", "n", lenient=True), ""),
        (simple("x | caf*", "word"), "12"),
        (simple("disk", "te*", "n^3", lenient=True), "23"),
        ({"query_string": {"query": "word:/CAF./ OR text:/DIS./"}}, "23"),
        ({"query_string": {"query": "cofee~ AND disk"}}, "3"),
        ({"constant_score": {"filter": {"nested": {"path": "o", "query": {"exists": {"field": "o.k"}}}}}}, "12"),
        ({"dis_max": {"queries": [{"term": {"n": 5}}, {"term": {"n": 6}}], "tie_breaker": 0.3}}, "23"),
        ({"script_score": {"query": {"term": {"n": 5}}, "script": {"source": "1"}}}, "2"),
    ],
)
async def test_which_documents_match(matching: Any, query: dict[str, Any], ids: str) -> None:
    assert await matching(query) == ids


@pytest.mark.usefixtures("matching")
@pytest.mark.parametrize(
    ("query", "error_type"),
    [
        ({"regexp": {"word": "a("}}, "search_phase_execution_exception"),
        ({"regexp": {"word": "~a"}}, "illegal_argument_exception"),
        ({"regexp": {"n": "5"}}, "search_phase_execution_exception"),
        ({"regexp": {"word": {"value": "a", "flags": "SOME"}}}, "illegal_argument_exception"),
        (fuzzy("n", "5"), "search_phase_execution_exception"),
        (fuzzy("word", "a", fuzziness="much"), "illegal_argument_exception"),
        (fuzzy("word", "a", fuzziness=True), "illegal_argument_exception"),
        (fuzzy("word", "a", prefix_length=-1), "illegal_argument_exception"),
        ({"match_phrase_prefix": {"word": "a"}}, "search_phase_execution_exception"),
        ({"match_bool_prefix": {"n": "5"}}, "search_phase_execution_exception"),
        ({"match_phrase": {"text": {"query": "a b", "slop": 1}}}, "illegal_argument_exception"),
        (simple('"a b"~2'), "illegal_argument_exception"),
        (simple("x", "n"), "search_phase_execution_exception"),
        (simple("x", flags="SOME"), "illegal_argument_exception"),
        (simple("a " * 1000), "illegal_argument_exception"),
        (simple("a + b | " * 100), "illegal_argument_exception"),
        ({"query_string": {"query": "word:/a(/"}}, "search_phase_execution_exception"),
        ({"query_string": {"query": "word:/a"}}, "search_phase_execution_exception"),
        ({"constant_score": {}}, "parsing_exception"),
        ({"dis_max": {"queries": []}}, "parsing_exception"),
        ({"boosting": {"positive": {"match_all": {}}}}, "parsing_exception"),
        ({"function_score": {"query": {"match_all": {}}, "min_score": 2}}, "illegal_argument_exception"),
    ],
)
async def test_what_is_refused(refused: Any, query: dict[str, Any], error_type: str) -> None:
    assert (await refused("q", query=query)).error_type == error_type


async def test_no_text_breaks_the_simple_language(matching: Any) -> None:
    dice = random.Random(3)
    parts = ["disk", "full", "+", "-", "|", '"', "(", ")", "*", "~", "~1", " ", "\\", "&", "a\\"]
    for _ in range(150):
        text = "".join(dice.choices(parts, k=dice.randint(1, 12))).replace('"~1', '"')
        assert set(await matching(simple(text, "text", "word"))) <= set("1234"), text


async def test_thousands_of_brackets_are_read_in_one_go(matching: Any) -> None:
    for text in (
        "(" * 20_000 + "disk",
        "(" * 5000 + "disk" + ")" * 5000,
        "-" * 20_001 + "disk",
        "\\" * 20_000,
        "(" * 49 + "disk + full | x" + ")" * 49,
        "disk + full | " * 20 + "x",
    ):
        assert await matching(simple(text)) in ("", "14", "23")


async def test_names_are_told_of_what_is_inside(search: LocalSearch, matching: Any, ask: Any) -> None:
    named = {"constant_score": {"filter": {"term": {"n": {"value": 5, "_name": "five"}}}, "boost": 3}}
    [hit] = (await ask("q", query=named))["hits"]["hits"]
    assert (hit["matched_queries"], hit["_score"]) == (["five"], 3.0)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("ca", "abc", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("äb", "bä", 1)],
)
def test_edit_distances(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second, 9, swaps=True) == edit_distance(second, first, 9, swaps=True) == distance
