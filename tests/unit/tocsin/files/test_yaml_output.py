"""What is written as YAML is read as the same value again."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.jsonvalue import JsonValue
from tocsin.files.documents import Document, parse_document
from tocsin.files.yaml_output import yaml_of

TRICKY = " \n\t:-#'\"|>&*!%@`{}[],?=~<0123456789eEox._+yYnNtrufalsUN\x85\xa0\u2028\u202e\ufeffé\r\x07\x7f😀"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.text(st.sampled_from(TRICKY), max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def _read(text: str) -> JsonValue:
    document = parse_document(Path("written.yml"), text.encode())
    assert isinstance(document, Document), f"{document}\n{text}"
    return document.value


@given(VALUES)
def test_any_value(value: JsonValue) -> None:
    text = yaml_of(value)
    # As text, so that 1 is neither 1.0 nor True.
    assert repr(_read(text)) == repr(value)
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "text", ["22:00", "on", "null", "1e3", "0o17", "2026-01-01", ".inf", "=", "<<", "---", "", "~"]
)
def test_text_that_could_be_taken_for_something_else(text: str) -> None:
    assert _read(yaml_of({text: text})) == {text: text}


def test_lines_stand_in_lines_and_letters_as_they_are() -> None:
    assert yaml_of({"body": "Grüße:\n  {{alert.id}}\n", "b": [1]}) == "body: |\n  Grüße:\n    {{alert.id}}\nb:\n- 1\n"


def test_one_value_in_two_places_is_written_twice() -> None:
    shared = {"a": 1}
    assert "&" not in yaml_of([shared, shared])
