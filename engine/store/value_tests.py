"""Tests of values that no SQL expression says: the database calls them as functions, with the test as a text.

``value_fits(value, test, is_text)`` judges one text, ``member_fits(json, path, test)`` the members of a JSON value at
a path, and all below them: Elasticsearch would hold such values as ``flattened``, that is as keywords.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

import orjson

from engine.model.jsonvalue import JsonValue
from engine.ports.store.rule_conditions import (
    HasForm,
    HasWords,
    IsAnyOf,
    IsAnything,
    IsSimilarTo,
    IsWithin,
    StartsWith,
    ValueTest,
)
from engine.query.analysis import analyze
from engine.query.edit_distance import edit_distance
from engine.query.match.pattern import compile_pattern
from engine.query.match.values import as_number, as_text

_KINDS: Final[dict[str, Callable[..., ValueTest]]] = {
    kind.__name__: kind for kind in (IsAnything, IsAnyOf, IsWithin, HasForm, StartsWith, IsSimilarTo, HasWords)
}
_Scalar = str | int | float | bool
_Test = Callable[[Any], bool]


def add_functions(connection: sqlite3.Connection) -> None:
    """Let statements of a connection call the tests."""
    connection.create_function("value_fits", 3, _value_fits, deterministic=True)
    connection.create_function("member_fits", 3, _member_fits, deterministic=True)


def encode_test(test: ValueTest) -> str:
    """A test as the functions take it."""
    members = [getattr(test, field.name) for field in fields(test)]
    return orjson.dumps([type(test).__name__, *members]).decode()


def encode_path(path: Sequence[str]) -> str:
    """The path of a member as the functions take it."""
    return orjson.dumps(list(path)).decode()


def _value_fits(value: str | None, test: str, is_text: int) -> bool:
    return value is not None and (_text_test if is_text else _keyword_test)(test)(value)


def _member_fits(document: str | None, path: str, test: str) -> bool:
    if document is None:
        return False
    fits = _keyword_test(test)
    return any(fits(leaf) for leaf in _leaves(document, path))


@lru_cache(maxsize=16)
def _leaves(document: str, encoded_path: str) -> tuple[_Scalar, ...]:
    """Kept for a moment: of each rule all tests are made one after the other. A damaged value has no members."""
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError:
        return ()
    return tuple(_leaves_of(value, _path(encoded_path)))


def _leaves_of(value: JsonValue, path: tuple[str, ...]) -> Iterator[_Scalar]:
    """The values at a path and below; arrays on the way count element by element."""
    pending: list[tuple[JsonValue, int]] = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, list):
            pending += [(element, depth) for element in item]
        elif isinstance(item, dict):
            if depth == len(path):
                pending += [(member, depth) for member in item.values()]
            elif path[depth] in item:
                pending.append((item[path[depth]], depth + 1))
        elif item is not None and depth == len(path):
            yield item


@lru_cache(maxsize=16)
def _words(text: str) -> tuple[str, ...]:
    """Kept for a moment, too."""
    return tuple(analyze(text, "standard"))


@lru_cache(maxsize=1024)
def _path(encoded: str) -> tuple[str, ...]:
    return tuple(orjson.loads(encoded))


def _decoded(encoded: str) -> ValueTest:
    name, *members = orjson.loads(encoded)
    return _KINDS[name](*(tuple(member) if isinstance(member, list) else member for member in members))


@lru_cache(maxsize=1024)
def _keyword_test(encoded: str) -> _Test:
    """The test of a value that counts as a whole."""
    test = _decoded(encoded)
    match test:
        case IsAnything():
            return lambda _: True
        case IsAnyOf(values):
            wanted = {as_text(value) for value in values}
            return lambda value: as_text(value) in wanted
        case IsWithin():
            return _range_test(test)
        case HasForm(pattern):
            fits = compile_pattern(pattern)
            return lambda value: fits(as_text(value))
        case StartsWith(prefix):
            return lambda value: as_text(value).startswith(prefix)
        case IsSimilarTo(word, edits):
            return lambda value: edit_distance(as_text(value), word, edits, swaps=True) <= edits
        case HasWords():
            raise ValueError("values that count as a whole are not read word by word")


def _range_test(test: IsWithin) -> _Test:
    low, high = as_number(test.low), as_number(test.high)
    are_numbers = (test.low is None or low is not None) and (test.high is None or high is not None)

    def fits(value: _Scalar) -> bool:
        if isinstance(value, str | bool):
            return _is_within(as_text(value), test.low, test.high, test)
        return are_numbers and _is_within(value, low, high, test)

    return fits


def _is_within(value: Any, low: Any, high: Any, test: IsWithin) -> bool:
    is_above = low is None or (value > low if test.is_low_open else value >= low)
    is_below = high is None or (value < high if test.is_high_open else value <= high)
    return is_above and is_below


@lru_cache(maxsize=1024)
def _text_test(encoded: str) -> _Test:
    """The test of a text that is read word by word."""
    test = _decoded(encoded)
    match test:
        case HasWords(words, "any"):
            wanted = set(words)
            return lambda text: not wanted.isdisjoint(_words(text))
        case HasWords(words, "all"):
            wanted = set(words)
            return lambda text: wanted.issubset(_words(text))
        case HasWords(words, _, slop):
            return lambda text: _has_phrase(_words(text), words, slop)
        case HasForm(pattern):
            whole = compile_pattern(pattern.lower())
            return lambda text: any(map(whole, _words(text)))
        case StartsWith(prefix):
            start = prefix.lower()
            return lambda text: any(word.startswith(start) for word in _words(text))
        case IsSimilarTo(word, edits):
            return lambda text: any(
                edit_distance(own, word.lower(), edits, swaps=True) <= edits for own in _words(text)
            )
        case _:
            return _keyword_test(encoded)


def _has_phrase(own: Sequence[str], words: Sequence[str], slop: int) -> bool:
    """Whether the words follow each other, with at most ``slop`` others between them in all."""
    starts = (at for at, word in enumerate(own) if word == words[0])
    return any(_follows(own, at, words, slop) for at in starts)


def _follows(own: Sequence[str], at: int, words: Sequence[str], slop: int) -> bool:
    for word in words[1:]:
        window = own[at + 1 : at + 2 + slop]
        if word not in window:
            return False
        slop -= window.index(word)
        at += 1 + window.index(word)
    return True
