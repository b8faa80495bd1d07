"""What a template says again comes out as if it had been worked out again.

White space around the name in a tag means nothing, but tags written differently are nothing alike to the renderer: so
the same template, each tag with a blank more than the one before, is rendered without any memory.
"""

import re
import tracemalloc
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

_TAG = re.compile(r"\{\{([{&#^/]?)")

_LEAVES = (
    *("{{a}}", "{{b}}", "{{{a}}}", "{{&b}}", "{{.}}", "{{o.a}}", "{{l.length}}", "{{none}}", "x", " ", "\n", "_*"),
    "{{#EncodeURI}} {{a}}{{/EncodeURI}}",
    "{{#EncodeURIComponent}}{{.}}{{/EncodeURIComponent}}",
    "{{#EvalMath}}size(a) + {{l.length}}{{/EvalMath}}",
    "{{#ParseHjson}}[{{#l}}{{a}},{{/l}}]{{/ParseHjson}}",
    "{{#FormatDate}}{{{date}}};UTC;HH:mm{{/FormatDate}}",
)
_SECTIONS = tuple(
    f"{{{{{sigil}{name}}}}}%s{{{{/{name}}}}}"
    for name in ("a", "b", "o", "l", "t", "o.l", "none", "EncodeURI")
    for sigil in ("#" if name == "EncodeURI" else "#^")
)


@st.composite
def _templates(draw: st.DrawFn, depth: int = 3) -> str:
    """A few parts, some of them several times; the same holds inside of each section."""
    part = st.sampled_from(_LEAVES)
    if depth:
        part |= st.builds(str.__mod__, st.sampled_from(_SECTIONS), _templates(depth - 1))
    parts = draw(st.lists(part, min_size=1, max_size=3))
    return "".join(parts[number % len(parts)] for number in draw(st.lists(st.integers(0, 2), max_size=5)))


_values = st.sampled_from([None, True, False, 0, 1.5, "", "a_b", "<&>", "2026-01-15T10:00:00Z", {}, [], [1, "x", None]])
_data = st.fixed_dictionaries(
    {"date": st.just("2026-01-15T10:00:00Z"), "t": st.just(True)},
    optional={
        "a": _values,
        "b": _values,
        "o": st.fixed_dictionaries({}, optional={"a": _values, "b": _values, "o": _values, "date": _values}),
        "l": st.lists(st.fixed_dictionaries({}, optional={"a": _values, "l": _values}) | _values, max_size=3),
    },
)


def _with_distinct_tags(template: str) -> str:
    blanks = count()
    return _TAG.sub(lambda tag: tag[0] + " " * next(blanks), template)


@given(_templates(), _data, st.sampled_from(EscapeMode))
def test_it_makes_no_difference_to_remember(template, data, mode):
    errors: list[str] = []
    text = compile_template(template).render(prepare_variables(data), mode, errors=errors)
    assume(not errors)  # their texts show the source
    assert compile_template(_with_distinct_tags(template)).render(prepare_variables(data), mode) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{a}}{{#o}}{{a}}{{#t}}{{a}}{{/t}}{{/o}}{{a}}", "1221"),
        ("{{#l}}{{a}}{{a}}{{/l}}{{a}}", "33441"),
        ("{{#w}}{{.}}{{.}}{{/w}}{{#w}}{{.}}{{.}}{{/w}}", "xxyyxxyy"),
        ("{{#t}}{{a}}{{/t}}{{#o}}{{#t}}{{a}}{{/t}}{{/o}}{{#t}}{{a}}{{/t}}", "121"),
        ("{{#EncodeURI}}{{a}}{{/EncodeURI}}{{#l}}{{#EncodeURI}}{{a}}{{/EncodeURI}}{{/l}}", "134"),
        ("{{#EvalMath}}a{{/EvalMath}}{{#o}}{{#EvalMath}}a{{/EvalMath}}{{/o}}{{#EvalMath}}a{{/EvalMath}}", "121"),
        ("{{#EncodeURI}}{{! one}}{{/EncodeURI}}{{#EncodeURI}}{{! two}}{{/EncodeURI}}", ""),
        ("{{#EncodeURI}}\nx\n{{/EncodeURI}}\na{{#EncodeURI}}x\n{{/EncodeURI}}", "%0Ax%0Aax%0A"),
        ("{{a}}{{&a}}{{{a}}}{{ a }}", "1111"),
        ("{{}}{{}}{{ }}", ""),
    ],
)
def test_what_is_remembered_holds_where_it_was_found(render, template, text):
    variables = {"a": 1, "t": True, "o": {"a": 2}, "l": [{"a": 3}, {"a": 4}], "w": ["x", "y"]}
    assert render(template, variables) == text


@pytest.mark.parametrize(
    "failing", ["{{#EvalMath}}x{{/EvalMath}}", "{{#t}}{{#o}}{{#FormatDate}}{{/FormatDate}}{{/o}}{{/t}}"]
)
def test_each_failure_tells_its_own_place(failing):
    template = f"{failing} and {failing} and {failing}"
    places = [str(found.start()) for found in re.finditer("{{#[EF]", template)]
    errors: list[str] = []
    variables = prepare_variables({"t": True, "o": {"a": 1}})
    text = compile_template(template).render(variables, EscapeMode.NONE, errors=errors)
    assert re.findall(r"error at offset (\d+) \((?:EvalMath|FormatDate): ", text) == places
    assert [error.split()[4] for error in errors] == places


@pytest.mark.parametrize(
    "repeated", ["{{#l}}{{/l}}", "{{#EncodeURI}}{{#l}}{{/l}}{{/EncodeURI}}", "{{#t}}{{#l}}{{/l}}{{/t}}"]
)
def test_what_is_repeated_takes_its_steps_once(render, repeated):
    variables = {"t": True, "l": [0] * 9_000_000}
    assert render(repeated * 3, variables) == ""
    assert "too many steps" in render(_with_distinct_tags(repeated * 3), variables)


def test_what_is_remembered_of_sections_is_bounded(render):
    nest = "{{#t}}" * 50 + "{{x}}" + "{{/t}}" * 50
    variables = {"t": True, "x": "x" * 200_000}
    tracemalloc.start()
    try:
        assert len(render(nest + nest, variables, max_chars=500_000)) == 400_000
        assert tracemalloc.get_traced_memory()[1] < 2_500_000
    finally:
        tracemalloc.stop()
