"""File sources: formats, bad documents, growing files (embedded-search.md 2)."""

import gzip
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from engine.model.errors import InvalidInput, SearchError
from engine.ports.search import BulkItem, BulkRequest
from engine.search.local import LoadReport, LocalSearch


@pytest.fixture
def load(search: LocalSearch, tmp_path: Path) -> Any:
    """Write a file and load it into an index ``i``; the report."""

    async def load(name: str, content: bytes | str, **options: Any) -> LoadReport:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        search.add_files("i", [str(tmp_path / name)], **options)
        return (await search.refresh())[-1]

    return load


async def sources(ask: Any) -> list[dict[str, Any]]:
    return [hit["_source"] for hit in (await ask("i", size=1000))["hits"]["hits"]]


def problems(report: LoadReport) -> list[tuple[int, str | None]]:
    return [(problem.line, problem.field) for problem in report.problems]


async def test_ndjson(load: Any, ask: Any) -> None:
    report = await load("a.ndjson", '{"n":1}\n\n  \r\n{"n":"2","t":"x"}\r\n{"n":3}')
    assert (report.index, report.loaded, report.rejected) == ("i", 3, 0)
    assert await sources(ask) == [{"n": 1}, {"n": "2", "t": "x"}, {"n": 3}]


async def test_bulk_action_lines(load: Any, ask: Any) -> None:
    lines = ['{"index":{"_index":"x","_id":"one"}}', '{"n":1}', '{"create":{}}', '{"n":2}', '{"delete":{"_id":"3"}}',
             '{"index":{"_id":4}}', '{"n":4}', '{"index":{"field":1}}']  # fmt: skip
    report = await load("a.ndjson", "\n".join(lines))
    assert problems(report) == [(5, None)]
    hits = (await ask("i"))["hits"]["hits"]
    assert [hit["_source"] for hit in hits] == [{"n": 1}, {"n": 2}, {"n": 4}, {"index": {"field": 1}}]
    assert (hits[0]["_id"], hits[2]["_id"]) == ("one", "4")


async def test_bad_lines_are_counted_and_told_and_never_stop_the_load(load: Any, ask: Any) -> None:
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    lines = [b'{"n":1}', b"{broken", b"[1]", b'{"n":"x"}', b'{"t":"\xff\xfe"}', deep, b'{"n":NaN}', b'{"n":1e999}',
             b'{"s":"\\ud800"}', b"\x00\x01", b'{"n":2}']  # fmt: skip
    report = await load("a.ndjson", b"\n".join(lines))
    assert (report.loaded, report.rejected) == (2, 9)
    assert problems(report)[:4] == [(2, None), (3, None), (4, "n"), (5, None)]
    assert all(
        problem.file is not None and problem.file.endswith("a.ndjson") and problem.reason for problem in report.problems
    )
    assert await sources(ask) == [{"n": 1}, {"n": 2}]


async def test_only_the_first_hundred_problems_are_kept(load: Any) -> None:
    report = await load("a.ndjson", "x\n" * 150)
    assert (report.rejected, len(report.problems)) == (150, 100)


async def test_lines_longer_than_16_mb_are_refused(load: Any, ask: Any) -> None:
    report = await load("a.ndjson", b'{"n":1}\n{"t":"' + b"x" * (17 << 20) + b'"}\n{"n":2}\n')
    assert (report.loaded, problems(report)) == (2, [(2, None)])


@pytest.mark.parametrize(
    ("content", "ids", "values"),
    [
        ('[{"n":1},{"_id":"b","n":2}]', [None, "b"], [1, 2]),
        ('{"n":1}', [None], [1]),
        ('{"took":1,"hits":{"total":{"value":2},"hits":[{"_index":"z","_id":"p","_source":{"n":1}},'
         '{"_id":"q","_score":1.0,"_source":{"n":2}}]}}', ["p", "q"], [1, 2]),
    ],
)  # fmt: skip
async def test_json(load: Any, ask: Any, content: str, ids: list[str | None], values: list[int]) -> None:
    await load("a.json", content)
    hits = (await ask("i"))["hits"]["hits"]
    assert [hit["_source"]["n"] for hit in hits] == values
    assert all(wanted is None or hit["_id"] == wanted for hit, wanted in zip(hits, ids, strict=True))


async def test_json_with_mistakes(load: Any) -> None:
    assert problems(await load("a.json", '[{"n":1},5,{"n":"x"}]')) == [(2, None), (3, "n")]
    assert problems(await load("b.json", '[{"n":1},\n{"n":')) == [(2, None)]


async def test_csv(load: Any, ask: Any, found: Any) -> None:
    rows = ["\ufeff_id,host,n,f,when,note", '1,a,5,1.5,2024-05-07,"two\nlines, ""quoted"""', "2,b,,,,", "3,c,7,x",
            "4,d,8,2,2024-05-08,e,f"]  # fmt: skip
    report = await load("a.csv", "\n".join(rows))
    assert problems(report) == [(5, "f"), (6, None)]
    assert await sources(ask) == [
        {"host": "a", "n": "5", "f": "1.5", "when": "2024-05-07", "note": 'two\nlines, "quoted"'},
        {"host": "b"},
    ]
    assert await found("i", {"range": {"n": {"gte": 5}}}) == ["1"]
    assert await found("i", {"range": {"f": {"lt": 2}}}) == ["1"]
    assert await found("i", {"range": {"when": {"gte": "2024-05-07", "lte": "2024-05-07"}}}) == ["1"]
    assert await found("i", {"term": {"host.keyword": "b"}}) == ["2"]


async def test_csv_with_bad_bytes_and_an_open_quote(load: Any) -> None:
    report = await load("a.csv", b'a,b\n1,\xff\n2,x\n3,"open\n')
    assert (report.loaded, problems(report)) == (1, [(2, None), (4, None)])


async def test_csv_by_an_explicit_mapping(load: Any, ask: Any) -> None:
    mapping = {"properties": {"n": {"type": "keyword"}}}
    await load("a.csv", "n\n007\n", mapping=mapping)
    assert (await ask("i", aggs={"t": {"terms": {"field": "n"}}}))["aggregations"]["t"]["buckets"][0]["key"] == "007"


async def test_parquet_is_typed_by_its_schema(search: LocalSearch, ask: Any, found: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    select = """SELECT 1::INTEGER AS n, 1.5::DOUBLE AS f, TRUE AS b, 'x' AS t, TIMESTAMP '2024-05-07 10:00:00.5' AS ts,
        TIMESTAMPTZ '2024-05-07 12:00:00+02' AS tz, DATE '2024-05-07' AS d, [1, 2] AS l,
        {'a': 1, 'when': [TIMESTAMP '2024-01-01']} AS s,
        2.50::DECIMAL(5,2) AS m, NULL::INTEGER AS nothing, 'nan'::DOUBLE AS nan, 'c' AS "odd ""name"
        UNION ALL SELECT 2, NULL, FALSE, 'y', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    search.add_files("i", [str(path)])
    [report] = await search.refresh()
    assert (report.loaded, report.rejected) == (2, 0)
    first = {key: value for key, value in (await sources(ask))[0].items() if value is not None}
    assert first == {
        "n": 1, "f": 1.5, "b": True, "t": "x", "ts": "2024-05-07T10:00:00.500Z", "tz": "2024-05-07T10:00:00.000Z",
        "d": "2024-05-07", "l": [1, 2], "s": {"a": 1, "when": ["2024-01-01T00:00:00.000Z"]}, "m": 2.5, 'odd "name': "c",
    }  # fmt: skip
    assert len(await found("i", {"range": {"ts": {"gte": "2024-05-07T10:00:00Z"}}})) == 1
    assert len(await found("i", {"range": {"s.when": {"lt": "2024-02-01"}}})) == 1


async def test_damaged_files_are_problems(load: Any) -> None:
    assert problems(await load("a.parquet", "no parquet")) == [(0, None)]
    packed = gzip.compress(b'{"n":1}\n' * 1000)
    report = await load("b.ndjson.gz", packed[: len(packed) // 2])
    assert report.rejected == 1
    assert "cannot be read" in report.problems[0].reason
    assert (await load("c.ndjson.gz", b"no gzip")).rejected == 1


async def test_gzip(load: Any, ask: Any) -> None:
    await load("a.ndjson.gz", gzip.compress(b'{"n":1}\n{"n":2}\n'))
    await load("b.csv.gz", gzip.compress(b"n\n3\n"))
    assert [source["n"] for source in await sources(ask)] == [1, 2, "3"]


async def test_globs_read_files_in_order_each_once(search: LocalSearch, ask: Any, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name, number in (("b.ndjson", 2), ("a.ndjson", 1), ("sub/c.jsonl", 3)):
        (tmp_path / name).write_text(f'{{"n":{number}}}\n')
    search.add_files("i", [str(tmp_path / "*.ndjson"), str(tmp_path / "**" / "*.*")])
    assert [source["n"] for source in await sources(ask)] == [1, 2, 3]
    search.add_files("j", [str(tmp_path / "nothing*.csv")])
    assert (await ask("j"))["hits"]["total"]["value"] == 0
    assert [report.loaded for report in await search.refresh()] == [0, 0]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.txt", {}, "unknown kind"),
        ("a.ndjson.zst", {}, "Zstandard"),
        ("a.parquet.gz", {}, "unknown kind"),
        ("a.json", {"follow": True}, "followed"),
        ("a.ndjson.gz", {"follow": True}, "followed"),
    ],
)
async def test_files_that_cannot_be_read_are_refused_by_name(load: Any, name: str, options: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        await load(name, "", **options)
    assert caught.value.problems[0].path.endswith(name)
    assert caught.value.problems[0].remedy


async def test_a_named_file_must_exist(search: LocalSearch, ask: Any, tmp_path: Path) -> None:
    search.add_files("i", [str(tmp_path / "gone.ndjson")])
    with pytest.raises(InvalidInput, match="no such file"):
        await ask("i")


async def test_the_first_bad_document_may_fail_the_source(
    load: Any, search: LocalSearch, ask: Any, tmp_path: Path
) -> None:
    for name, content in (("a.ndjson", '{"n":1}\n{"n":"x"}\n'), ("b.ndjson", '{"n":1}\nbroken\n')):
        with pytest.raises(InvalidInput) as caught:
            await load(name, content, on_bad_document="fail")
        assert caught.value.problems[0].path == f"{tmp_path / name}:2"
        with pytest.raises(InvalidInput):
            await ask("i")
        search._sources.clear()


async def test_a_followed_file_is_read_on_where_it_ended(
    load: Any, search: LocalSearch, ask: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.ndjson"
    report = await load("a.ndjson", '{"n":1}\n{"n":2', follow=True)
    assert report.loaded == 1, "a last line without its end waits"
    with path.open("a") as file:
        file.write('2}\nbroken\n{"n":3}\n')
    [report] = await search.refresh()
    assert (report.loaded, problems(report)) == (2, [(3, None)])
    assert [source["n"] for source in await sources(ask)] == [1, 22, 3]
    assert (await search.refresh())[0].loaded == 0


async def test_only_new_bytes_are_read(load: Any, search: LocalSearch, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "a.ndjson"
    await load("a.ndjson", '{"n":1}\n' * 1000, follow=True)
    # Behind its first bytes, what was read already could be anything now.
    head, rest = path.read_bytes()[:800], path.read_bytes()[800:]
    path.write_bytes(head + rest.replace(b'{"n":1}', b"#######") + b'{"n":2}\n')
    [report] = await search.refresh()
    assert (report.loaded, report.rejected) == (1, 0)


async def test_a_replaced_or_shortened_file_is_read_from_its_start(
    load: Any, search: LocalSearch, ask: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.ndjson"
    await load("a.ndjson", '{"n":1}\n{"n":2}\n', follow=True)
    path.write_text('{"n":3}\n')
    assert (await search.refresh())[0].loaded == 1
    other = tmp_path / "other"
    other.write_text('{"n":4}\n{"n":5}\n{"n":6}\n')
    other.replace(path)
    assert (await search.refresh())[0].loaded == 3
    assert [source["n"] for source in await sources(ask)] == [1, 2, 3, 4, 5, 6]
    assert len({hit["_id"] for hit in (await ask("i"))["hits"]["hits"]}) == 6


async def test_a_followed_csv_waits_for_the_end_of_a_record(
    load: Any, search: LocalSearch, ask: Any, tmp_path: Path
) -> None:
    await load("a.csv", 'n,t\n1,x\n2,"open\n', follow=True)
    with (tmp_path / "a.csv").open("a") as file:
        file.write('end"\n3,y\n4,z')
    [report] = await search.refresh()
    assert (report.loaded, report.rejected) == (2, 0)
    assert await sources(ask) == [{"n": "1", "t": "x"}, {"n": "2", "t": "open\nend"}, {"n": "3", "t": "y"}]


async def test_new_files_of_a_followed_glob_are_found(search: LocalSearch, ask: Any, tmp_path: Path) -> None:
    search.add_files("i", [str(tmp_path / "*.ndjson")], follow=True)
    assert await sources(ask) == []
    (tmp_path / "a.ndjson").write_text('{"n":1}\n')
    assert [report.loaded for report in await search.refresh()] == [1]


async def test_ids_of_file_documents_are_the_same_in_every_process(
    search: LocalSearch, ask: Any, tmp_path: Path
) -> None:
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(orjson.dumps({"n": n}) for n in range(3)))
    search.add_files("i", [str(tmp_path / "a.ndjson")])
    first = [hit["_id"] for hit in (await ask("i"))["hits"]["hits"]]
    assert first == ["e66c3671-00000000", "e66c3671-00000001", "e66c3671-00000002"]


async def test_nothing_is_written_into_an_index_made_from_files(load: Any, search: LocalSearch, ask: Any) -> None:
    await load("a.ndjson", '{"n": 1}\n', follow=True)
    with pytest.raises(SearchError, match="name another index") as caught:
        await search.bulk(BulkRequest("i", (BulkItem({"n": 2}),)))
    assert caught.value.status == 400
    assert await sources(ask) == [{"n": 1}]
