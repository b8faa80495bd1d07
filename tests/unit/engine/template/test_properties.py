"""What holds for every template and all data."""

import re

from hypothesis import given
from hypothesis import strategies as st

from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

_FRAGMENTS = """
    {{ }} {{{ }}} {{# {{^ {{/ {{! {{= =}} {{& {{> <% %> a b . a.b 0 é
    {{#a}} {{/a}} {{^b}} {{/b}} {{a}} {{.}} {{a.length}} {{a.asJSON}}
"""
_fragments = st.sampled_from([*_FRAGMENTS.split(), " ", "\n", "\r\n"])
_templates = st.lists(_fragments, max_size=15).map("".join)
_data = st.dictionaries(
    st.text("ab.", max_size=3),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.datetimes()
        | st.binary()
        | st.sets(st.integers()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)
_modes = st.sampled_from(EscapeMode)


@given(_templates, _data, _modes, st.integers(0, 50))
def test_rendering_never_raises(template, data, mode, max_chars):
    compiled = compile_template(template)
    errors: list[str] = []
    text = compiled.render(prepare_variables(data), mode, max_chars=max_chars, errors=errors)
    if errors:
        assert len(errors) == 1
        assert text.startswith(errors[0])
        assert "error" in text
    elif not compiled.is_literal:
        assert len(text) <= max_chars


@given(_templates, _data, _modes)
def test_it_does_not_matter_whether_a_template_names_the_usual_delimiters(template, data, mode):
    variables = prepare_variables(data)
    named = compile_template("{{={{ }}=}}\n" + template).render(variables, mode)
    if "template error" not in named:
        assert compile_template(template).render(variables, mode) == named


@given(st.text().filter(lambda text: "{{" not in text), _data, _modes)
def test_a_text_without_tags_renders_to_itself(text, data, mode):
    compiled = compile_template(text)
    assert compiled.is_literal
    assert compiled.render(prepare_variables(data), mode) == text


class _Trap:
    """Any look at it other than asking for its type fails the test."""

    def __getattribute__(self, name: str) -> object:
        if name == "__class__":
            return _Trap
        raise AssertionError(f"reached {name}")


@given(_templates, st.sampled_from(["a", "a.b", "b"]))
def test_attributes_are_never_reached(template, key):
    data = {key: _Trap(), "a.0": [_Trap()]}
    text = compile_template(template).render(prepare_variables(data), EscapeMode.NONE)
    assert "unexpected" not in text


@given(_data, st.text(min_size=1, max_size=5))
def test_no_error_text_holds_a_value(data, secret):
    compiled = compile_template("{{#a}}{{b}}{{/a}}{{a.b}}{{b}}")
    data["b"] = f"{secret * 20}!"
    errors: list[str] = []
    compiled.render(prepare_variables(data), EscapeMode.HTML, max_chars=10, errors=errors)
    assert errors
    assert re.fullmatch(r"template error at offset \d+ \(the output exceeds the maximum length\)", errors[0])
