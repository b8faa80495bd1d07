"""YAML 1.2 and JSON files: what they mean, where everything stands, and what is refused (CONVENTIONS 2)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.errors import Problem
from engine.model.jsonvalue import JsonValue
from tocsin.files.documents import MAX_BYTES, Document, parse_document, read_document
from tocsin.files.problems import FileProblem

YAML, JSON = Path("a.yml"), Path("a.json")


def read(file: Path, text: str | bytes) -> Document:
    document = parse_document(file, text if isinstance(text, bytes) else text.encode())
    assert isinstance(document, Document), document
    return document


def refusal(file: Path, text: str | bytes) -> FileProblem:
    problem = parse_document(file, text if isinstance(text, bytes) else text.encode())
    assert isinstance(problem, FileProblem), problem.value
    assert problem.remedy
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:00", "22:00"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1_000", "1_000"),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("+3", 3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("99999999999999999999", 1e20),
        ("9223372036854775807", 9223372036854775807),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("'true'", "true"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("! 5", "5"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        ("[1, {b: c}]", [1, {"b": "c"}]),
        ("x#y", "x#y"),
    ],
)
def test_scalars_without_quotes_follow_the_core_schema(text: str, value: JsonValue) -> None:
    document = read(YAML, f"a: {text}\n")
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)


def test_names_of_members_are_always_text() -> None:
    assert read(YAML, "1: a\ntrue: b\nnull: c\non: d\n").value == {"1": "a", "true": "b", "null": "c", "on": "d"}


def test_aliases_are_copies() -> None:
    value = read(YAML, "a: &x {n: [1]}\nb: *x\nc: &y 5\nd: [*y, *x]\n").value
    assert value == {"a": {"n": [1]}, "b": {"n": [1]}, "c": 5, "d": [5, {"n": [1]}]}
    value["a"]["n"].append(2)
    assert value["b"] == {"n": [1]}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\n\n"])
def test_a_file_may_hold_nothing(text: str) -> None:
    assert read(YAML, text).value is None


def test_a_byte_order_mark_and_windows_line_ends_are_no_content() -> None:
    document = read(YAML, b"\xef\xbb\xbfa: 1\r\nb: @x\r\n".replace(b"@", b""))
    assert document.value == {"a": 1, "b": "x"}
    assert document.problem(Problem("b", "")).line == 2


DEEP_ALIASES = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(120))
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' is given twice"),
        ("x:\n  - {a: 1, a: 2}\n", 2, 12, "'a' is given twice"),
        ("a:\n\tb: c\n", 2, 1, "tab"),
        ("a: b: c\n", 1, 5, "': '"),
        ("a: .nan\n", 1, 4, "not a finite number"),
        ("a: -.inf\n", 1, 4, "not a finite number"),
        ("a: 1e999\n", 1, 4, "larger than any"),
        ("a: *b\n", 1, 4, "*b refers to nothing"),
        ("a: &b [*b]\n", 1, 8, "*b refers to nothing"),
        ("a: &b c\n*b : d\n", 2, 1, "alias cannot be the name"),
        ("<<: {a: 1}\n", 1, 1, "merge keys"),
        ("? [a]\n: b\n", 1, 3, "name of a member must be text"),
        ("a: !secret x\n", 1, 4, "!secret"),
        ("a: !!int x\n", 1, 4, "!!int"),
        ("a: !!timestamp 2026-01-01\n", 1, 4, "!!timestamp"),
        ("a: !!seq {}\n", 1, 4, "!!seq"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ('a: "\\ud800"\n', 1, 4, "surrogate"),
        ("a: [1, 2\n", 2, 1, "no valid YAML"),
        ("a: @x\n", 1, 4, "no valid YAML"),
        ("a: x\x07y\n", 1, 5, "U+0007"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "no valid YAML"),
        ("[" * 2_000, 1, 101, "100 levels"),
        ("- " * 200 + "x\n", 1, 201, "100 levels"),
        (DEEP_ALIASES, 100, 12, "100 levels"),
        (LAUGHS, 5, 8, "aliases stand for more than"),
    ],
)
def test_what_is_no_yaml_that_counts_is_refused_with_its_place(text: str, line: int, column: int, words: str) -> None:
    problem = refusal(YAML, text)
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"a": 1, "a": 2}', 1, 10, "'a' is given twice"),
        ('{"a": 1,\n}', 2, 1, "name of a member"),
        ('{"a" 1}', 1, 6, "':' expected"),
        ('{"a": NaN}', 1, 7, "NaN"),
        ("[-Infinity]", 1, 2, "-Infinity"),
        ("[1e999]", 1, 2, "larger than any"),
        ("[01]", 1, 2, "01"),
        ("[1 2]", 1, 4, "',' or ']'"),
        ("[1,]", 1, 4, "no JSON value"),
        ("[", 1, 2, "the file ends"),
        ('{"a": 1', 1, 8, "',' or '}'"),
        ("'a'", 1, 1, "no JSON value"),
        ('"a\nb"', 1, 1, "control character"),
        ('"\\x"', 1, 1, "escape"),
        ('"\\ud83d"', 1, 1, "surrogate"),
        ("{} {}", 1, 4, "follows the end"),
        ("// no\n{}", 1, 1, "no JSON value"),
        ("[" * 10_000, 1, 101, "100 levels"),
        ('{"a":' * 10_000, 1, 501, "100 levels"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int, column: int, words: str) -> None:
    problem = refusal(JSON, text)
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message


@pytest.mark.parametrize("file", [YAML, JSON])
def test_bytes_that_are_no_utf8_are_refused_with_their_place(file: Path) -> None:
    problem = refusal(file, '{"ä": 1,\n "b": "'.encode() + b'\xff"}')
    assert (problem.line, problem.column, problem.message) == (2, 8, "is not valid UTF-8")


@pytest.mark.parametrize("file", [YAML, JSON])
def test_files_above_five_megabytes_are_refused(file: Path) -> None:
    assert "5 MB" in refusal(file, b'"' + b"x" * MAX_BYTES + b'"').message


def test_a_long_text_is_read_in_one_piece() -> None:
    text = "x\\n" * 500_000
    assert read(JSON, f'{{"a": "{text}"}}').value == {"a": "x\n" * 500_000}


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    problem = read_document(tmp_path / "none.yml")
    assert isinstance(problem, FileProblem)
    assert "cannot be read" in problem.message


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON_VALUES, st.sampled_from([None, 2]), st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(value: JsonValue, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read(JSON, text).value == json.loads(text)


TEXT = """\
name: x
actions:
  - group: a
    params: {a.b: {c: 1}, d: [1, 2]}
  -
    group: b
"""


@pytest.mark.parametrize("write", [lambda value: json.dumps(value, indent=1)])
def test_json_members_have_places_too(write: Callable[[JsonValue], str]) -> None:
    document = read(JSON, write({"a": 1, "b": [{"c": 2}]}))
    assert [document.problem(Problem(path, "")).line for path in ("a", "b", "b.0", "b.0.c")] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("", 1, 1),
        ("name", 1, 1),
        ("actions", 2, 1),
        ("actions.0", 3, 5),
        ("actions.0.group", 3, 5),
        ("actions.0.params.a.b.c", 4, 20),
        ("actions.0.params.d.1", 4, 34),
        ("actions.1", 6, 5),
        ("actions.1.id", 6, 5),
        ("actions.7.id", 2, 1),
        ("schedule.interval", 1, 1),
        ("name.first", 1, 1),
    ],
)
def test_a_path_leads_to_its_key_or_to_what_is_around_it(path: str, line: int, column: int) -> None:
    problem = read(YAML, TEXT).problem(Problem(path, "is wrong"))
    assert (problem.line, problem.column) == (line, column)
