"""Hits: paging, totals, sorting, ``_source``, ``fields``, ``docvalue_fields`` (embedded-search.md 6, 10)."""

from typing import Any

import pytest

from engine.search.local import LocalSearch

pytestmark = pytest.mark.usefixtures("messages")


async def test_the_form_of_an_answer(ask: Any) -> None:
    answer = await ask("m", query={"ids": {"values": ["4"]}})
    took = answer.pop("took")
    assert isinstance(took, int)
    source = {"msg": "disk full", "status": "Active", "code": 503, "ts": "2024-04-30T12:00:00Z", "ip": "2001:db8::1",
              "tags": ["c", "a"], "sizes": 7}  # fmt: skip
    assert answer == {
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {
            "total": {"value": 1, "relation": "eq"},
            "max_score": 1.0,
            "hits": [{"_index": "m", "_id": "4", "_score": 1.0, "_source": source}],
        },
    }


@pytest.mark.parametrize(
    ("limit", "total"),
    [
        (True, {"value": 5, "relation": "eq"}),
        (False, None),
        (3, {"value": 3, "relation": "gte"}),
        (5, {"value": 5, "relation": "eq"}),
        (-1, {"value": 5, "relation": "eq"}),
        (0, None),
    ],
)
async def test_track_total_hits(ask: Any, limit: Any, total: Any) -> None:
    assert (await ask("m", track_total_hits=limit))["hits"].get("total") == total


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"size": -1}, "illegal_argument_exception"),
        ({"from": -1}, "illegal_argument_exception"),
        ({"from": 9_000, "size": 1_001}, "illegal_argument_exception"),
        ({"track_total_hits": -2}, "illegal_argument_exception"),
        ({"nonsense": 1}, "parsing_exception"),
        ({"search_after": [1]}, "illegal_argument_exception"),
        ({"runtime_mappings": {"x": {"type": "long"}}}, "illegal_argument_exception"),
        ({"sort": ["nonsense"]}, "search_phase_execution_exception"),
        ({"sort": ["msg"]}, "search_phase_execution_exception"),
        ({"sort": [{"code": "up"}]}, "illegal_argument_exception"),
        ({"sort": [{"code": {"nonsense": 1}}]}, "parsing_exception"),
        ({"sort": [{"status": {"mode": "avg"}}]}, "search_phase_execution_exception"),
        ({"sort": [{"_script": {}}]}, "illegal_argument_exception"),
        ({"sort": [{"ts": {"format": "nonsense"}}]}, "search_phase_execution_exception"),
        ({"docvalue_fields": ["msg"]}, "search_phase_execution_exception"),
        ({"fields": [{"field": "code", "format": "0.0"}]}, "illegal_argument_exception"),
        ({"fields": [{"field": "ts", "format": "nonsense"}]}, "illegal_argument_exception"),
        ({"fields": "ts"}, "parsing_exception"),
        ({"_source": 5}, "parsing_exception"),
    ],
)
async def test_what_is_refused(refused: Any, body: dict[str, Any], error_type: str) -> None:
    assert (await refused("m", **body)).error_type == error_type


async def test_empty_members_that_ask_for_nothing_are_taken(ask: Any) -> None:
    body = {"runtime_mappings": {}, "post_filter": None, "timeout": "1s", "aggs": {}, "query": None}
    answer = await ask("m", **body)
    assert answer["hits"]["total"]["value"] == 5
    assert "aggregations" not in answer


LAST, FIRST = 9223372036854775807, -9223372036854775808


@pytest.mark.parametrize(
    ("sort", "ids", "first_values"),
    [
        ("code", "32145", [200]),
        (["code"], "32145", [200]),
        ({"code": "desc"}, "41235", [503]),
        ([{"code": {"order": "asc", "missing": "_first"}}], "53214", [FIRST]),
        ([{"code": {"order": "asc", "missing": 404}}], "32514", [200]),
        ([{"load": "desc"}], "21345", [2.5]),
        ([{"load": {"order": "desc", "missing": "_first"}}], "34521", ["Infinity"]),
        ([{"status": "asc"}], "54123", [""]),
        ([{"tags": "asc"}], "14235", ["a"]),
        ([{"tags": "desc"}], "41235", ["c"]),
        ([{"tags": {"order": "asc", "missing": "_first"}}], "35142", [None]),
        ([{"sizes": "asc"}], "14235", [1]),
        ([{"sizes": {"order": "desc", "mode": "sum"}}], "14235", [7]),
        ([{"sizes": {"order": "desc", "mode": "avg"}}], "41235", [7]),
        ([{"ok": "desc"}, "code"], "31245", [1, 200]),
        ([{"ip": "asc"}], "12345", ["10.0.0.1"]),
        ([{"ts": "asc"}], "45123", [1714478400000]),
        ([{"ts": {"order": "desc", "format": "strict_date_optional_time||epoch_millis"}}], "32154",
         ["2024-05-08T00:00:00.000Z"]),
        ([{"ts": {"order": "desc", "format": "epoch_second"}}], "32154", ["1715126400"]),
        (["_doc"], "12345", [0]),
        ([{"nonsense": {"unmapped_type": "date", "format": "strict_date"}}, {"code": "desc"}], "41235",
         ["9999-12-31T23:59:59.999Z", 503]),
        ([{"nonsense": {"unmapped_type": "keyword"}}], "12345", [None]),
    ],
)  # fmt: skip
async def test_sorting(ask: Any, sort: Any, ids: str, first_values: list[Any]) -> None:
    hits = (await ask("m", sort=sort))["hits"]
    assert "".join(hit["_id"] for hit in hits["hits"]) == ids
    assert hits["hits"][0]["sort"] == first_values
    assert hits["max_score"] is None
    assert {hit["_score"] for hit in hits["hits"]} == {None}


async def test_a_date_without_value_prints_the_end_of_time_when_formatted(search: LocalSearch, ask: Any) -> None:
    search.add_documents_now("d", [{"d": "2024-05-07"}, {"e": 1}])
    sort = [{"d": {"order": "asc", "format": "strict_date_optional_time"}}]
    assert (await ask("d", sort=sort))["hits"]["hits"][1]["sort"] == ["9999-12-31T23:59:59.999Z"]
    assert (await ask("d", sort=["d"]))["hits"]["hits"][1]["sort"] == [LAST]


async def test_sorting_by_score_alone_is_no_sort(ask: Any) -> None:
    hit = (await ask("m", sort=["_score"], size=1))["hits"]["hits"][0]
    assert hit["_score"] == 1.0
    assert "sort" not in hit
    with_tie = (await ask("m", sort=["_score", {"code": "desc"}], size=1))["hits"]
    assert (with_tie["hits"][0]["sort"], with_tie["max_score"]) == ([1.0, 503], 1.0)


async def test_paging(ask: Any) -> None:
    pages = [
        [hit["_id"] for hit in (await ask("m", size=2, **{"from": start}))["hits"]["hits"]] for start in (0, 2, 4, 6)
    ]
    assert pages == [["1", "2"], ["3", "4"], ["5"], []]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (True, {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "x": [], "y": "z"}),
        ("a.b", {"a": {"b": 1}}),
        (["a.c.d", "y"], {"a": {"c": [{"d": 2}]}, "y": "z"}),
        ("a", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}}),
        ("*.d", {"a": {"c": [{"d": 2}]}}),
        ({"excludes": ["a.c"]}, {"a": {"b": 1}, "x": [], "y": "z"}),
        ({"includes": ["a"], "excludes": "*.e"}, {"a": {"b": 1, "c": [{"d": 2}]}}),
        ({"includes": ["a"], "excludes": ["a.b", "*.d", "*.e"]}, {"a": {"c": []}}),
        ({"excludes": ["a.*", "y"]}, {"a": {}, "x": []}),
        ({"include": "x"}, {"x": []}),
        ("nonsense", {}),
    ],
)
async def test_source_filtering(search: LocalSearch, ask: Any, source: Any, expected: dict[str, Any]) -> None:
    search.add_documents_now("s", [{"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "x": [], "y": "z"}])
    assert (await ask("s", _source=source))["hits"]["hits"][0]["_source"] == expected


async def test_no_source(ask: Any) -> None:
    for body in ({"_source": False}, {"stored_fields": ["*"]}):
        hit = (await ask("m", size=1, **body))["hits"]["hits"][0]
        assert "_source" not in hit
        assert hit["_id"] == "1"
    assert set((await ask("m", size=1, stored_fields="_none_"))["hits"]["hits"][0]) == {"_index", "_score"}
    assert "_source" in (await ask("m", size=1, stored_fields=["_source"]))["hits"]["hits"][0]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["code", "unmapped"], {"code": [500]}),
        (["tags"], {"tags": ["b", "a", "b"]}),
        (["load"], {"load": [0.1]}),
        (["msg*"], {"msg": ["Connection timeout while reading"]}),
        ([{"field": "ts", "format": "epoch_second"}, "ok"], {"ts": ["1715076000"], "ok": [True]}),
        ([{"field": "t*"}], {"ts": ["2024-05-07T10:00:00.000Z"], "tags": ["b", "a", "b"]}),
        ([], None),
        (["place.city"], None),
    ],
)
async def test_fields(ask: Any, fields: Any, expected: Any) -> None:
    hit = (await ask("m", size=1, fields=fields))["hits"]["hits"][0]
    assert hit.get("fields") == expected


async def test_docvalue_fields_are_stored_values(ask: Any) -> None:
    wanted = ["tags", "sizes", "load", "ip", "ok", {"field": "code", "format": "0000.0"},
              {"field": "ts", "format": "strict_date_optional_time"}, "t*"]  # fmt: skip
    hit = (await ask("m", size=1, docvalue_fields=wanted, _source=False))["hits"]["hits"][0]
    assert hit["fields"] == {
        "tags": ["a", "b"],
        "sizes": [1, 3, 3],
        "load": [0.10000000149011612],
        "ip": ["10.0.0.1"],
        "ok": [True],
        "code": ["0500.0"],
        "ts": ["2024-05-07T10:00:00.000Z"],
    }


async def test_fields_of_every_kind(search: LocalSearch, ask: Any) -> None:
    mapping = {"properties": {
        "g": {"type": "geo_point"}, "d": {"type": "date", "format": "dd.MM.yyyy"}, "n": {"type": "long"},
        "ns": {"type": "date_nanos"}, "k": {"type": "keyword", "ignore_above": 3, "null_value": "nil"},
        "i": {"type": "ip"}, "o": {"type": "object", "enabled": False}}}  # fmt: skip
    source = {"g": [[1.5, 2], [3, 4]], "d": ["07.05.2024"], "n": ["5", 1.9], "k": ["abc", None, "too long"],
              "ns": "2024-05-07T10:00:00.123456789Z", "i": "2001:DB8:0::1", "o": {"a": [1, {"b": 2}]}}  # fmt: skip
    search.add_documents_now("f", [source], mapping)
    hit = (await ask("f", fields=["*", {"field": "g", "format": "wkt"}, {"field": "o*", "include_unmapped": True}]))[
        "hits"
    ]
    assert hit["hits"][0]["fields"] == {
        "g": ["POINT (1.5 2.0)", "POINT (3.0 4.0)"],
        "d": ["07.05.2024"],
        "n": [5, 1],
        "ns": ["2024-05-07T10:00:00.123Z"],
        "k": ["abc", "nil"],
        "i": ["2001:db8::1"],
        "o.a": [1],
        "o.a.b": [2],
    }
    plain = (await ask("f", fields=["g"]))["hits"]["hits"][0]["fields"]
    assert plain["g"][0] == {"type": "Point", "coordinates": [1.5, 2.0]}


async def test_versions_and_sequence_numbers(ask: Any) -> None:
    hit = (await ask("m", version=True, seq_no_primary_term=True, **{"from": 1}))["hits"]["hits"][0]
    assert (hit["_version"], hit["_seq_no"], hit["_primary_term"]) == (1, 1, 1)
