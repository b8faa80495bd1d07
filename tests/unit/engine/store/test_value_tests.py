"""Tests of values that statements call as functions: what they make of JSON, numbers and damage."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.ports.store.rule_conditions import HasForm, HasWords, IsAnyOf, IsAnything, IsSimilarTo, IsWithin, StartsWith
from engine.store.value_tests import add_functions, encode_path, encode_test


@pytest.fixture
def fits() -> Iterator[Callable[..., bool]]:
    connection = sqlite3.connect(":memory:")
    add_functions(connection)

    def ask(function: str, *arguments: Any) -> bool:
        marks = ", ".join("?" * len(arguments))
        return bool(connection.execute(f"SELECT {function}({marks})", arguments).fetchone()[0])

    yield ask
    connection.close()


@pytest.mark.parametrize(
    ("document", "path", "test", "expected"),
    [
        ('{"a": {"b": [{"c": 1}, {"c": "x"}]}}', ("a", "b", "c"), IsAnyOf(("x",)), True),
        ('{"a": {"b": [{"c": 1}, {"c": "x"}]}}', ("a",), IsAnyOf(("1",)), True),
        ('{"a": {"b": 1}}', ("b",), IsAnything(), False),
        ('{"a": null}', ("a",), IsAnything(), False),
        ('{"a": []}', (), IsAnything(), False),
        ('{"a": true}', ("a",), IsAnyOf(("true",)), True),
        ('{"a": 10}', ("a",), IsWithin(low="9"), True),
        ('{"a": "10"}', ("a",), IsWithin(low="9"), False),
        ('{"a": 10}', ("a",), IsWithin(low="x"), False),
        ('{"a": 10}', ("a",), IsWithin(high="10", is_high_open=True), False),
        ('{"a": 2.5}', ("a",), HasForm("2*"), True),
        ('{"a": "Abc"}', ("a",), StartsWith("ab"), False),
        ('{"a": "abcd"}', ("a",), IsSimilarTo("abdc", 1), True),
        ('{"a": "abcd"}', ("a",), IsSimilarTo("ab", 1), False),
        ("{damaged", ("a",), IsAnything(), False),
        (None, ("a",), IsAnything(), False),
    ],
)
def test_members_of_json(
    fits: Callable[..., bool], document: str | None, path: tuple[str, ...], test: Any, expected: bool
) -> None:
    assert fits("member_fits", document, encode_path(path), encode_test(test)) is expected


@pytest.mark.parametrize(
    ("text", "test", "is_text", "expected"),
    [
        ("Web-01 is down", HasWords(("01", "is"), "phrase"), True, True),
        ("a b a c", HasWords(("a", "c"), "phrase"), True, True),
        ("a b b c", HasWords(("a", "c"), "phrase", 1), True, False),
        ("Web", HasForm("WE?"), True, True),
        ("Web", HasForm("WE?"), False, False),
        ("two words", HasForm("two*ds"), True, False),
        ("two words", HasForm("two*ds"), False, True),
        ("same", IsAnyOf(("same",)), True, True),
        (None, IsAnything(), True, False),
    ],
)
def test_texts(fits: Callable[..., bool], text: str | None, test: Any, is_text: bool, expected: bool) -> None:
    assert fits("value_fits", text, encode_test(test), int(is_text)) is expected
