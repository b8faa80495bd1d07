"""What KQL texts are read as, and where a wrong one is at fault."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.query.errors import KqlError
from engine.query.kql.parser import DEEPEST_NESTING, parse_kql
from engine.query.kql.syntax import And, FieldTest, MatchAll, NestedGroup, Not, Or, Range, Text, Wildcard


def bare(text: str) -> FieldTest:
    return FieldTest(None, Text(text))


def error_of(text: str) -> KqlError | None:
    try:
        parse_kql(text)
    except KqlError as error:
        return error
    return None


A, B, C = bare("a"), bare("b"), bare("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", MatchAll()),
        (" \u00a0\n", MatchAll()),
        ("a or b or c", Or((A, B, C))),
        ("a or (b or c)", Or((A, Or((B, C))))),
        ("a and b or c", Or((And((A, B)), C))),
        ("not a AND\tb", And((Not(A), B))),
        ("not (not a)", Not(Not(A))),
        ("a or", bare("a or")),
        ("or foo", bare("or foo")),
        ("and and and", And((bare("and"), bare("and")))),
        ("f:(a or not b)", Or((FieldTest(Text("f"), Text("a")), Not(FieldTest(Text("f"), Text("b")))))),
        ("f : ((a))", FieldTest(Text("f"), Text("a"))),
        ("null:x", bare("x")),
        ("null > x", Range(Text(None), "gt", Text("x"))),
        ("f >= 3", Range(Text("f"), "gte", Text("3"))),
        ("f<3", Range(Text("f"), "lt", Text("3"))),
        ("p:{ a:b }", NestedGroup(Text("p"), FieldTest(Text("a"), Text("b")))),
        ('"f g":"x"', FieldTest(Text("f g", is_quoted=True), Text("x", is_quoted=True))),
        ("true", FieldTest(None, Text(True))),
        ("True", bare("True")),
        ('"true"', FieldTest(None, Text("true", is_quoted=True))),
        ("*", FieldTest(None, Wildcard(("", "")))),
        ("fo*o b", FieldTest(None, Wildcard(("fo", "o b")))),
        (r"foo\*", bare("foo*")),
        (r"foo\**", FieldTest(None, Wildcard(("foo*", "")))),
        (r"a \and b", bare("a and b")),
        (r"\NOT x", bare("NOT x")),
        (r"\not x", bare("not x")),
        (r"\note", bare("ote")),
        (r"\u0041\u263a", bare("A\u263a")),
        (r"\ud83d\ude00", bare("\U0001f600")),
        (r'"\u00e9\(\*\x"', FieldTest(None, Text(r"é\(\*\x", is_quoted=True))),
        (r'"\ta\rb\nc"', FieldTest(None, Text("\ta\rb\nc", is_quoted=True))),
        (r'"\ud83d\ude00\udfff"', FieldTest(None, Text("\U0001f600\udfff", is_quoted=True))),
        (r'"a\"b\\"', FieldTest(None, Text('a"b\\', is_quoted=True))),
        ('""', FieldTest(None, Text("", is_quoted=True))),
        (r"\t", bare("")),
    ],
)
def test_what_a_text_is_read_as(text: str, tree: object) -> None:
    assert parse_kql(text) == tree


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a:", 2), ("a:b or ", 7), ("a:(b and not )", 13), ("a >", 3), ("> 5", 0), ('a:"x', 2), ("a:b:c", 3),
        ("()", 1), ("f:()", 3), ("f:{}", 3), ("not not x", 4), ("not(x)", 3),
        ("f:not x", 2), ("foo not bar", 4),
        ("cannot open", 3), ("u:http://x", 6), ("2018-04-03T19:04:17", 16),
        ("(a", 2), ("a)", 1), ('"a" "b"', 4), ('"b" :', 5), ("f:(a:b)", 4),
        ("f:(a > 1)", 5), (r"a\x", 1), ("\U0001f600:", 3), ("}", 0), ("a and(b)", 5),
    ],
)  # fmt: skip
def test_where_a_wrong_text_is_at_fault(text: str, offset: int) -> None:
    with pytest.raises(KqlError) as caught:
        parse_kql(text)
    assert (caught.value.kind, caught.value.offset) == ("syntax", offset)
    caret = str(caught.value).splitlines()[-1]
    assert caret.endswith("^")


_OR_END = "an operator (and, or), : or a comparison, or the end"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:", "expected a value, or ( before several but found the end\na:\n--^"),
        ("a >", "expected a value but found the end\na >\n---^"),
        ("> 5", "expected a field name, a value, not or ( but found '>'\n> 5\n^"),
        ('a:"x', 'expected a value, or ( before several but found a quotation mark without its other one\na:"x\n--^'),
        ("(a", "expected ), or an operator (and, or) but found the end\n(a\n--^"),
        ("a:{b:c", "expected }, or an operator (and, or) but found the end\na:{b:c\n------^"),
        ("a:b:c", f"expected {_OR_END} but found ':'\na:b:c\n---^"),
        ("a\t)", f"expected {_OR_END} but found ')'\na )\n--^"),
        (
            "cannot open",
            f"expected {_OR_END} but found 'n'; the 'not' inside of a word is read as an operator: "
            "put the value into quotes\ncannot open\n---^",
        ),
        ("not not x", "expected a field name, a value, not or ( but found 'n'\nnot not x\n----^"),
        (
            "x" * 300 + ":",
            "expected a value, or ( before several but found the end\n" + "x" * 99 + ":\n" + "-" * 100 + "^",
        ),
    ],
)
def test_an_error_says_what_was_expected_and_shows_where(text: str, message: str) -> None:
    assert str(error_of(text)) == message


def test_a_query_is_a_text() -> None:
    with pytest.raises(KqlError) as caught:
        parse_kql({"query": "x"})
    assert (caught.value.kind, caught.value.offset) == ("type", None)
    assert str(caught.value) == "a KQL query is a text, not dict: write it in quotes"


@pytest.mark.parametrize(("text", "offset"), [("f:*x", 2), ("*x", 0), ("f:(a or *b)", 8), ("f:**", 2)])
def test_a_wildcard_in_front_may_be_refused(text: str, offset: int) -> None:
    parse_kql(text)
    with pytest.raises(KqlError) as caught:
        parse_kql(text, allow_leading_wildcards=False)
    assert (caught.value.kind, caught.value.offset) == ("leading_wildcard", offset)


@pytest.mark.parametrize("text", ["f:*", "*f:x", "f:x*", "*"])
def test_other_wildcards_stay_allowed(text: str) -> None:
    assert parse_kql(text, allow_leading_wildcards=False) == parse_kql(text)


@pytest.mark.parametrize("text", ["({})", "n:{{{}}}", "a or ({})", "not ({})"])
def test_nesting_has_a_bound_and_no_crash(text: str) -> None:
    inner = "b:c" if text.startswith("n") else "b"
    for _ in range(DEEPEST_NESTING):
        deep = text.format(inner)
        inner = deep
    parse_kql(deep)
    with pytest.raises(KqlError, match="nested") as caught:
        parse_kql(text.format(deep))
    assert caught.value.kind == "syntax"


@pytest.mark.parametrize("text", ["a " * 20_000, "(" * 50_000, "a:" * 20_000, '"' * 20_001, "\\" * 20_001,
                                  "a" + " " * 50_000 + "b", "a or " * 20_000 + "a", "*" * 50_000])  # fmt: skip
def test_a_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    error = error_of(text)
    assert error is None or len(str(error)) < 1000
    assert time.process_time() - started < 60  # quadratic time would take minutes


ALPHABET = st.sampled_from(
    [*'():<>"*{}\\ \n', "a", "or", "and", "not", "not ", " or ", " and ", "f:", "\\u0041", "\ud800", "😀"]
)


@given(st.lists(ALPHABET, max_size=40).map("".join))
def test_nothing_but_its_own_error_is_raised(text: str) -> None:
    error = error_of(text)
    if error is not None:
        assert error.offset is not None
        assert 0 <= error.offset <= len(text.encode("utf-16-le", "surrogatepass")) // 2
