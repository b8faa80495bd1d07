"""Mapping, inference, coercion and rejection of documents (embedded-search.md 2, 2.1, 2.2)."""

from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.ports.search import FieldCapsRequest
from engine.search.local import LocalSearch


async def types(search: LocalSearch, index: str = "i") -> dict[str, str]:
    caps = await search.field_caps(FieldCapsRequest((index,)))
    return {name: next(iter(kinds)) for name, kinds in caps["fields"].items() if not name.startswith("_")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, {"f": "boolean"}),
        (5, {"f": "long"}),
        (5.0, {"f": "float"}),
        ("2024-05-07", {"f": "date"}),
        ("2024-05-07T10:00:00.000Z", {"f": "date"}),
        ("2024/05/07 10:00:00", {"f": "date"}),
        ("2024/05/07", {"f": "date"}),
        ("2024", {"f": "text", "f.keyword": "keyword"}),
        ("10.0.0.1", {"f": "text", "f.keyword": "keyword"}),
        ("5", {"f": "text", "f.keyword": "keyword"}),
        (None, {}),
        ([], {}),
        ([None], {}),
        ([None, 5], {"f": "long"}),
        ({}, {"f": "object"}),
        ({"a": {"b": 1}}, {"f": "object", "f.a": "object", "f.a.b": "long"}),
        ([{"a": 1}, {"b": "x"}], {"f": "object", "f.a": "long", "f.b": "text", "f.b.keyword": "keyword"}),
    ],
)
async def test_the_first_value_decides_the_type(search: LocalSearch, value: Any, expected: dict[str, str]) -> None:
    report = search.add_documents_now("i", [{"f": value}])
    assert (report.loaded, report.rejected) == (1, 0)
    assert await types(search) == expected


async def test_dotted_names_are_nested_objects(search: LocalSearch, found: Any) -> None:
    search.add_documents_now("i", [{"a.b": 1, "_id": "x"}, {"a": {"b": 2}, "_id": "y"}])
    assert await types(search) == {"a": "object", "a.b": "long"}
    assert await found("i", {"range": {"a.b": {"gte": 1}}}) == ["x", "y"]


@pytest.mark.parametrize(
    ("first", "bad", "field"),
    [
        ({"f": 1}, {"f": "x"}, "f"),
        ({"f": 1}, {"f": 2**63}, "f"),
        ({"f": 1}, {"f": True}, "f"),
        ({"f": 1}, {"f": {"a": 1}}, "f"),
        ({"f": 1}, {"f.a": 1}, "f.a"),
        ({"f": {"a": 1}}, {"f": 1}, "f"),
        ({"f": True}, {"f": "yes"}, "f"),
        ({"f": "2024-05-07"}, {"f": "soon"}, "f"),
        ({"f": 1.5}, {"f": 1e39}, "f"),
        ({"f": 1.5}, {"f": float("nan")}, None),
        ({"f": "x"}, {"": 1}, ""),
        ({"f": "x"}, {"a..b": 1}, "a..b"),
        ({"f": "x"}, {"f": object()}, None),
        ({"f": "x"}, {1: "x"}, None),
    ],
)
async def test_what_cannot_be_mapped_is_rejected_and_told(
    search: LocalSearch, ask: Any, first: dict[str, Any], bad: Any, field: str | None
) -> None:
    report = search.add_documents_now("i", [first, {"new": 1, **bad}, {"g": 1}])
    assert (report.loaded, report.rejected) == (2, 1)
    assert [(problem.line, problem.field) for problem in report.problems] == [(2, field)]
    assert report.problems[0].reason
    assert "new" not in await types(search), "a rejected document leaves the mapping as it was"
    assert (await ask("i"))["hits"]["total"]["value"] == 2


async def test_a_rejected_document_does_not_even_make_objects(search: LocalSearch) -> None:
    report = search.add_documents_now("i", [{"n": 1}, {"o": {"p": {}}, "n": "x"}, {"o": 5}])
    assert (report.loaded, report.rejected) == (2, 1)
    assert await types(search) == {"n": "long", "o": "long"}


async def test_documents_nested_too_deep_are_rejected(search: LocalSearch) -> None:
    objects: Any = 1
    arrays: Any = 1
    for _ in range(200):
        objects, arrays = {"a": objects}, [arrays]
    for _ in range(9_800):
        objects = {"a": objects}
    report = search.add_documents_now("i", [{"f": objects}, {"f": arrays}, {"f": 1}])
    assert (report.loaded, report.rejected) == (1, 2)


@pytest.mark.parametrize(
    ("type_name", "options", "accepted", "rejected"),
    [
        ("long", {}, [1, "5", 1.9, "-2.5", 2**63 - 1], [2**63, "x", "", True, {}, "1_000"]),
        ("integer", {}, [2**31 - 1], [2**31]),
        ("short", {}, [-(2**15)], [2**15]),
        ("byte", {}, [127], [128]),
        ("unsigned_long", {}, [2**64 - 1, 0], [-1, 2**64]),
        ("long", {"coerce": False}, [1], ["5", 1.5]),
        ("double", {}, [1, "1e3", -0.5], ["NaN", "Infinity", "x", 10**400]),
        ("float", {}, [3.4028235e38], [3.5e38]),
        ("half_float", {}, [65504], [70000]),
        ("scaled_float", {"scaling_factor": 100}, [1.234], ["x"]),
        ("boolean", {}, [True, "true", False, "false", ""], ["yes", 1, 0, "True"]),
        ("date", {}, ["2024-05", 1715076000000, "1715076000000", -1], ["07.05.2024", True, 2**70]),
        ("date", {"format": "epoch_second"}, [1000, "1000", 315561600000], ["2024-05-07"]),
        ("date", {"format": "yyyy-MM-dd"}, ["2024-05-07"], ["2024-05-07T10:00:00Z", 1715076000000]),
        ("date_nanos", {}, ["2024-05-07T10:00:00.123456789Z"], ["x"]),
        ("ip", {}, ["10.0.0.1", "::1", "2001:DB8::1"], ["10.0.0.256", "x", 5, "10.0.0.0/8", "fe80::1%eth0"]),
        ("keyword", {}, ["x", 5, 1.5, True], [{}, {"a": 1}]),
        ("text", {}, ["x", 5], [{}]),
        ("geo_point", {}, [[1.5, 2], "2,1.5", {"lat": 2, "lon": 1.5}, "POINT (1.5 2)", "s0",
                           {"type": "Point", "coordinates": [1.5, 2]}, [[1, 2], [3, 4]]],
         ["91,0", [181, 0], "a!", {"lat": 1}, [1], 5]),
    ],
)  # fmt: skip
async def test_what_types_take(
    search: LocalSearch, found: Any, type_name: str, options: dict[str, Any], accepted: list[Any], rejected: list[Any]
) -> None:
    mapping = {"properties": {"f": {"type": type_name, **options}}}
    report = search.add_documents_now("i", [{"f": each, "_id": str(i)} for i, each in enumerate(accepted)], mapping)
    assert report.problems == []
    assert await found("i", {"exists": {"field": "f"}}) == [str(i) for i in range(len(accepted))]
    report = search.add_documents_now("i", [{"f": each} for each in rejected])
    assert (report.loaded, report.rejected) == (0, len(rejected))


async def test_malformed_values_may_be_ignored_and_are_named(search: LocalSearch, ask: Any, found: Any) -> None:
    mapping = {
        "properties": {"n": {"type": "long", "ignore_malformed": True}, "k": {"type": "keyword", "ignore_above": 3}}
    }
    search.add_documents_now(
        "i", [{"_id": "1", "n": "x", "k": "long one"}, {"_id": "2", "n": [1, "y"], "k": "abc"}], mapping
    )
    hits = (await ask("i"))["hits"]["hits"]
    assert [hit.get("_ignored") for hit in hits] == [["k", "n"], ["n"]]
    assert hits[0]["_source"] == {"n": "x", "k": "long one"}
    assert await found("i", {"exists": {"field": "n"}}) == ["2"]
    assert await found("i", {"exists": {"field": "k"}}) == ["2"]


async def test_lengths_for_ignore_above_count_utf_16_units(search: LocalSearch, found: Any) -> None:
    mapping = {"properties": {"k": {"type": "keyword", "ignore_above": 3}}}
    search.add_documents_now(
        "i", [{"_id": "1", "k": "a😀"}, {"_id": "2", "k": "😀😀"}, {"_id": "3", "k": "äöü"}], mapping
    )
    assert await found("i", {"exists": {"field": "k"}}) == ["1", "3"]


async def test_null_value_stands_for_null(search: LocalSearch, found: Any) -> None:
    mapping = {"properties": {"k": {"type": "keyword", "null_value": "none"}}}
    documents = [{"_id": "1", "k": None}, {"_id": "2", "k": []}, {"_id": "3"}, {"_id": "4", "k": ["a", None]}]
    search.add_documents_now("i", documents, mapping)
    assert await found("i", {"term": {"k": "none"}}) == ["1", "4"]


async def test_dynamic_false_strict_and_objects_without_search(search: LocalSearch, found: Any) -> None:
    mapping = {
        "dynamic": "false",
        "properties": {
            "free": {"type": "object", "dynamic": True},
            "tight": {"type": "object", "dynamic": "strict", "properties": {"a": {"type": "long"}}},
            "off": {"type": "object", "enabled": False},
        },
    }
    documents = [{"_id": "1", "x": 1, "free": {"y": 1}, "tight": {"a": 1}, "off": {"z": {"deep": [1, "x"]}}},
                 {"_id": "2", "tight": {"b": 1}}]  # fmt: skip
    report = search.add_documents_now("i", documents, mapping)
    assert [(problem.line, problem.field) for problem in report.problems] == [(2, "tight.b")]
    assert set(await types(search)) == {"free", "free.y", "tight", "tight.a", "off"}


@pytest.mark.parametrize(
    ("mapping", "status_type"),
    [
        ({"properties": {"f": {"type": "nonsense"}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "flattened"}}}, "illegal_argument_exception"),
        ({"properties": {"f": {"type": "text", "analyzer": "nonsense"}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "long", "nonsense": 1}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "scaled_float"}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "date", "format": "nonsense"}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "long", "null_value": "x"}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "keyword", "ignore_above": "x"}}}, "mapper_parsing_exception"),
        ({"properties": {"f": {"type": "keyword", "copy_to": "g"}}}, "illegal_argument_exception"),
        ({"dynamic_templates": [{"a": {}}]}, "illegal_argument_exception"),
        ({"dynamic": "maybe"}, "mapper_parsing_exception"),
        ({"nonsense": 1}, "mapper_parsing_exception"),
        ({"properties": {"f": 5}}, "mapper_parsing_exception"),
        ({"properties": {"f..g": {"type": "long"}}}, "mapper_parsing_exception"),
    ],
)
def test_mappings_that_cannot_be_are_refused(search: LocalSearch, mapping: dict[str, Any], status_type: str) -> None:
    with pytest.raises(SearchError) as caught:
        search.create_index("i", mapping)
    assert (caught.value.status, caught.value.error_type) == (400, status_type)


def test_an_index_is_created_once_and_has_a_sound_name(search: LocalSearch) -> None:
    search.create_index("i")
    with pytest.raises(SearchError, match="already exists"):
        search.create_index("i")
    for name in ("", "Upper", "a,b", "a*", "_x", "-x", "..", "a b", "c:i"):
        with pytest.raises(SearchError, match="Invalid index name"):
            search.create_index(name)


async def test_ids_are_given_or_stable(search: LocalSearch, ask: Any, found: Any) -> None:
    documents = [{"a": 1}, {"_id": "mine", "a": 2}, {"_id": "wrapped", "_source": {"a": 3}}]
    search.add_documents_now("i", documents)
    ids = [hit["_id"] for hit in (await ask("i"))["hits"]["hits"]]
    assert ids[1:] == ["mine", "wrapped"]
    again = LocalSearch(lambda: None)  # type: ignore[arg-type, return-value]
    again.add_documents_now("i", documents)
    await again.close()
    assert await found("i", {"ids": {"values": [ids[0], "wrapped", "other"]}}) == [ids[0], "wrapped"]
    assert await found("i", {"term": {"_id": ids[0]}}) == [ids[0]]


async def test_a_document_with_a_known_id_replaces_the_older_one(search: LocalSearch, ask: Any) -> None:
    search.add_documents_now("i", [{"_id": "1", "a": 1}, {"a": 2}, {"_id": "1", "a": 3}])
    made = (await ask("i", query={"term": {"a": 2}}))["hits"]["hits"][0]["_id"]
    search.add_documents_now("i", [{"_id": made, "a": 4}, {"_id": "1", "a": 5}, {"_id": "3", "a": 6}])
    hits = (await ask("i"))["hits"]["hits"]
    assert [(hit["_id"], hit["_source"]["a"]) for hit in hits] == [(made, 4), ("1", 5), ("3", 6)]


async def test_a_field_may_become_multi_valued_at_any_time(search: LocalSearch, found: Any, ask: Any) -> None:
    """Also the keyword beside a text, whose values the text shares."""
    search.add_documents_now("i", [{"_id": "1", "t": "one two", "n": 1}])
    assert await found("i", {"match": {"t": "two"}}) == ["1"]
    search.add_documents_now("i", [{"_id": "2", "t": ["two three", "x" * 300], "n": [1, 2]}])
    search.add_documents_now(
        "i", [{"_id": "3", "t": ["b", "a", "b"], "n": 2}, {"_id": "4", "o": [{"t": "p"}, {"t": "q"}]}]
    )
    assert await found("i", {"match": {"t": "two"}}) == ["1", "2"]
    assert await found("i", {"term": {"t.keyword": "two three"}}) == ["2"]
    assert await found("i", {"exists": {"field": "t"}}) == ["1", "2", "3"]
    assert await found("i", {"term": {"n": 2}}) == ["2", "3"]
    assert await found("i", {"match_phrase": {"o.t": "p"}}) == ["4"]
    buckets = (await ask("i", size=0, aggs={"t": {"terms": {"field": "t.keyword"}}}))["aggregations"]["t"]["buckets"]
    assert [(bucket["key"], bucket["doc_count"]) for bucket in buckets] == [
        ("a", 1),
        ("b", 1),
        ("one two", 1),
        ("two three", 1),
    ]


async def test_values_that_look_like_sql_stay_values(search: LocalSearch, found: Any, ask: Any) -> None:
    nasty = "'; DROP TABLE x; -- \" \\ %s {} ? $1 \x00 \x1f"
    search.add_documents_now("i", [{"_id": nasty, nasty: nasty, "k": nasty}])
    assert (await ask("i"))["hits"]["hits"][0]["_source"] == {nasty: nasty, "k": nasty}
    assert await found("i", {"term": {"k.keyword": nasty}}) == [nasty]
    assert await found("i", {"term": {f"{nasty}.keyword": nasty}}) == [nasty]
    answer = await ask("i", size=0, aggs={nasty.replace("[", ""): {"terms": {"field": "k.keyword"}}})
    assert answer["aggregations"][nasty]["buckets"][0]["key"] == nasty
