"""What is read of an ES|QL text before it is sent."""

import time

import pytest

from engine.query.esql import EsqlText


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("FROM logs", ("logs",)),
        ("from logs-*, other:metrics | LIMIT 1", ("logs-*", "other:metrics")),
        ('FROM "a,b" , <logs-{now/d}> METADATA _id', ("a,b", "<logs-{now/d}>")),
        ("FROM logs [METADATA _id]", ("logs",)),
        ('FROM """a "b" c""", """"""', ('a "b" c', "")),
        (r'FROM "a\"b\\", ""', ('a"b\\', "")),
        ("FROM `a``b`:c", ("a`b:c",)),
        ("TS metrics | STATS max(x)", ("metrics",)),
        ("// FROM x\n/* FROM y */ FROM z", ("z",)),
        ('SET time_zone = "UTC"; FROM a', ("a",)),
        ("ROW a = 1", ()),
        ("SHOW INFO", ()),
        ("", ()),
    ],
)
def test_the_indices_of_the_source_command(text: str, indices: tuple[str, ...]) -> None:
    assert EsqlText(text).indices == indices


def test_where_the_indices_stand() -> None:
    text = 'FROM  a:x , "b" | WHERE c == "a:x"'
    start, end = EsqlText(text).index_span
    assert text[start:end] == 'a:x , "b"'
    assert EsqlText("ROW a = 1").index_span == (0, 0)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("FROM a METADATA _id, _index", ("_id", "_index")),
        ("from a metadata _id | limit 5", ("_id",)),
        ("FROM a [METADATA _id]", ("_id",)),
        ("TS a METADATA _id", ("_id",)),
        ("FROM a // METADATA _id", ()),
        ("ROW METADATA = 1", ()),
    ],
)
def test_the_metadata_asked_for(text: str, fields: tuple[str, ...]) -> None:
    assert EsqlText(text).metadata == fields


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("FROM a | STATS c = COUNT(*) BY host", ("host",)),
        ("FROM a | STATS COUNT(*) BY host.name, `b c`.d, x = y + 1", ("host.name", "b c.d", "x")),
        ("FROM a | STATS COUNT(*) by `a``b`", ("a`b",)),
        ("FROM a | STATS COUNT(*) BY BUCKET(t,  1 hour) , z", ("BUCKET(t,  1 hour)", "z")),
        ("FROM a | STATS COUNT(*) BY a == b", ("a == b",)),
        ("FROM a | STATS c = COUNT(*) WHERE x == 1 BY host", ("host",)),
        ("FROM a | INLINE STATS COUNT(*) BY b", ("b",)),
        ("FROM a | inlinestats COUNT(*) BY b", ("b",)),
        ("FROM a | STATS c = COUNT(*) BY host | STATS m = MAX(c) BY zone = host", ("zone",)),
        ("FROM a | STATS c = COUNT(*) BY host | STATS m = MAX(c)", ()),
        ('FROM a | WHERE x == "| STATS c BY d" // | STATS c BY e', ()),
        ('FROM a | WHERE x == """ " | STATS c BY d """ | STATS c BY e', ("e",)),
        ("FROM a | STATS c BY h | RENAME h AS i | KEEP i | RENAME i as j, k AS l", ("j",)),
        ("FROM a | STATS c BY h | RENAME new = h", ("new",)),
        ("FROM a | STATS c BY h | RENAME h AS `h h`", ("h h",)),
        ("FROM a | RENAME x AS h | STATS c BY h", ("h",)),
        ("FROM a | STATS c BY h | RENAME", ("h",)),
        ("FROM a", ()),
    ],
)
def test_the_columns_grouped_by(text: str, columns: tuple[str, ...]) -> None:
    assert EsqlText(text).group_columns() == columns


@pytest.mark.parametrize("text", ["FROM a | WHERE t > ?_tstart", "from a | where t < ?_TSTART"])
def test_named_parameters_are_found_in_any_case(text: str) -> None:
    assert EsqlText(text).uses_parameter("_tstart")
    assert not EsqlText(text).uses_parameter("_tend")


@pytest.mark.parametrize(
    "text", ['"', "`", "/*", "(((", ")))", "|||", '"""', "FROM", "FROM a | STATS c BY", "BY", "\\"]
)
def test_no_text_is_too_broken(text: str) -> None:
    read = EsqlText(text)
    assert isinstance(read.group_columns() + read.indices + read.metadata, tuple)


@pytest.mark.parametrize("end", ["", "\\", "\n| KEEP b"])
def test_a_text_that_is_left_open_is_read_once(end: str) -> None:
    started = time.process_time()
    query = EsqlText('FROM a | WHERE x == "' + '\\"' * 100_000 + end)
    assert time.process_time() - started < 60  # read from each of its quotes it would be minutes
    assert query.indices == ("a",)
