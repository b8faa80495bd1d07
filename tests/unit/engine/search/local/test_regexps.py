"""Lucene's regular expressions in RE2's form, bounded whatever is written."""

import random
import time
from typing import Any

import duckdb
import pytest

from engine.search.local import LocalSearch
from engine.search.local.query.regexps import RegexpError, regexp_flags, translate_regexp


def matches(expression: str, *texts: str, operators: str = "ALL") -> list[str]:
    translated = translate_regexp(expression, operators=regexp_flags(operators))
    with duckdb.connect() as connection:
        query = "SELECT x FROM (SELECT unnest(?::VARCHAR[]) AS x) WHERE regexp_full_match(x, ?)"
        return [row[0] for row in connection.execute(query, (list(texts), translated)).fetchall()]


@pytest.mark.parametrize(
    ("expression", "fitting", "other"),
    [
        ("a.c", ["abc", "a\nc", "aéc"], ["ac", "xabc"]),
        ("^a$", ["^a$"], ["a"]),
        ("[]a]+", ["]a"], ["b"]),
        ("[^]]", ["a"], ["]"]),
        ("[a\\]-]+", ["a]-"], ["b"]),
        ("*a", ["*a"], ["a"]),
        ("a{2,}", ["aa", "aaa"], ["a"]),
        ("(ab){0}c", ["c"], ["abc"]),
        ("<9-11>", ["9", "10", "11", "009"], ["8", "12"]),
        ("<09-11>", ["09", "10", "11"], ["9", "12"]),
        ("<1-1000000>", ["1", "999999", "1000000"], ["0", "1000001"]),
        ('a"(.*)"', ["a(.*)"], ["a()"]),
        ("@b", ["b", "aab"], ["ba"]),
        ("a|#", ["a"], ["", "#"]),
        ("\\d\\D\\w\\W\\s\\S", ["1ab- x"], ["aab- x"]),
        ("\\@\\#\\<", ["@#<"], ["a"]),
        ("", [""], ["a"]),
    ],
)
def test_expressions(expression: str, fitting: list[str], other: list[str]) -> None:
    assert matches(expression, *fitting, *other) == fitting


def test_flags_switch_operators_on() -> None:
    assert matches("<1-9>@#&~", "<1-9>@#&~", "5", operators="NONE") == ["<1-9>@#&~"]
    assert matches("<1-9>@", "5@", "5", operators="INTERVAL") == ["5@"]


@pytest.mark.parametrize(
    "expression",
    ["(", "(a", "a)", "[", "[a", "a|", "|", "a||b", "\\", "[\\", "[b-a]", "[a-\\d]", "a{2", "a{x}", "a{3,2}", "a{1001}",
     '"a', "<1-", "<a-b>", "(" * 60 + ")" * 60, "a" * 1001, "(a{1000}){1000}", "((a{50}){50}){50}", "(.{100}){101}",
     "(a{90}){90}"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(RegexpError):
        translate_regexp(expression)


@pytest.mark.parametrize("expression", ["~a", "a&b", "(~(a))", "x|a&b"])
def test_what_only_clusters_know_is_named(expression: str) -> None:
    with pytest.raises(RegexpError) as caught:
        translate_regexp(expression)
    assert caught.value.is_limit


def test_whatever_is_written_the_database_can_read() -> None:
    dice = random.Random(11)
    symbols = 'ab1é\n.?*+{}()[]|\\^$-,<>@#"&~:dDwWsSpPbBQE'
    with duckdb.connect() as connection:
        for _ in range(1500):
            written = "".join(dice.choices(symbols, k=dice.randint(1, 14)))
            try:
                translated = [translate_regexp(written), translate_regexp(written, "\x1f\x1e")]
            except RegexpError:
                continue
            for each in translated:
                connection.execute("SELECT regexp_full_match('ab', ?), regexp_matches('b', ?, 'i')", (each, each))


@pytest.fixture
async def lines(search: LocalSearch) -> None:
    documents = [{"k": "a" * 5000 + "!", "t": "a" * 200 + " b" * 500} for _ in range(200)]
    mapping = {"properties": {"k": {"type": "keyword"}, "t": {"type": "text"}}}
    await search.add_documents("long", documents, mapping)


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize("field", ["k", "t"])
@pytest.mark.parametrize(
    "expression",
    ["(a+)+b", "(a|a)*c", "(.*a){20}", "(.*)*(.*)*(.*)*c", "(\\D{30}){30}", "[\\w]{900}.{900}", "(a?){900}b"],
)
async def test_no_expression_takes_long(ask: Any, field: str, expression: str) -> None:
    began = time.perf_counter()
    await ask("long", query={"regexp": {field: {"value": expression, "case_insensitive": True}}}, size=0)
    # Exponential ones would take longer than anybody waits.
    assert time.perf_counter() - began < 20
