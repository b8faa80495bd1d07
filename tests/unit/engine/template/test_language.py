"""Tags, names, sections and white space (templates.md 5)."""

import pytest

from engine.template.mustache import compile_template


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{a}}", "1"),
        ("{{ a }}{{\ta\n}}{{\u00a0a\ufeff}}", "111"),
        ("{{{a}}}{{&a}}{{{ a }}}{{ & a }}", "1111"),
        ("{{# t }}x{{/ t }}{{ ^t }}y{{ /t }}", "x"),
        ("\\{{a}}\\", "\\1\\"),
        ("{{missing}}{{o.missing}}{{missing.x}}{{a.b}}", ""),
        ("{{!comment}}{{! {{nested }}", ""),
        ("a }} b", "a }} b"),
        ("{ {a} }", "{ {a} }"),
        ("{{a}}}", "1}"),
        ("{{{{a}}}}", "}"),
        ("{{}}|{{ }}", "|"),
        ("[{{#}}x{{/}}{{^}}y{{/}}]", "[y]"),
        ("{{> file}}{{>/etc/passwd}}|", "|"),
        ("{{value}}", "{{a}}"),
        ("", ""),
    ],
)
def test_tags(render, template, text):
    assert render(template, {"a": 1, "t": True, "o": {}, "value": "{{a}}"}) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{=<% %>=}}<%a%> {{a}}", "1 {{a}}"),
        ("{{= | | =}}|a||={{ }}=|{{a}}", "11"),
        ("{{=<% %>=}}<%{a}%><%&a%><%#t%>x<%/t%><%!c%><%^t%>y<%/t%>", "11x"),
        ("{{=[ ]=}}[a][={{ }}=]{{a}}[a]", "11[a]"),
        ("{{#t}}{{=<% %>=}}<%a%><%/t%><%a%>", "11"),
    ],
)
def test_set_delimiters(render, template, text):
    assert render(template, {"a": 1, "t": True}) == text


def test_delimiters_hold_for_their_own_template_only(render):
    render("{{=<% %>=}}<%a%>", {"a": 1})
    assert render("{{a}}<%a%>", {"a": 1}) == "1<%a%>"


@pytest.mark.parametrize(
    ("template", "variables", "text"),
    [
        ("{{#o}}{{a}}{{/o}}", {"a": 1, "o": {"a": 2}}, "2"),
        ("{{#o}}{{a}}{{/o}}", {"a": 1, "o": {"b": 2}}, "1"),
        ("{{#o}}[{{a}}]{{/o}}", {"a": 1, "o": {"a": None}}, "[]"),
        ("{{#o}}{{a.b}}{{/o}}", {"a": {"b": 1}, "o": {"a": {}}}, "1"),
        ("{{#o}}{{a.b}}{{/o}}", {"a": {"b": 1}, "o": {"a": 5}}, "1"),
        ("{{#o}}[{{a.b}}]{{/o}}", {"a": {"b": 1}, "o": {"a": {"b": None}}}, "[]"),
        ("{{#o}}{{#p}}{{x}}{{y}}{{z}}{{/p}}{{/o}}", {"x": 1, "o": {"y": 2, "p": {"z": 3}}}, "123"),
        ("{{#l}}{{n}}{{outer}} {{/l}}", {"l": [{"n": 1}, {"n": 2}], "outer": "o"}, "1o 2o "),
        ("{{#s}}[{{length}}{{0}}]{{/s}}", {"s": "hi"}, "[]"),
        ("{{#s}}[{{length}}]{{/s}}", {"s": "hi", "length": 9}, "[9]"),
        ("{{#l}}{{x}}{{/l}}", {"l": [None, 1, "s"], "x": "."}, "..."),
    ],
)
def test_names_are_resolved_as_whole_paths_from_the_innermost_context(render, template, variables, text):
    assert render(template, variables) == text


@pytest.mark.parametrize(
    ("template", "variables", "text"),
    [
        ("{{.}}", {"a": 1, "b": [2]}, '{"a":1,"b":[2]}'),
        ("{{#o}}<{{.}}>{{/o}}", {"o": [1, "b", True, None, 2.0, [3, 4], {"c": 5}]}, '<1><b><true><><2><3,4><{"c":5}>'),
        ("{{#o}}{{.}}{{/o}}", {"o": {"b": 1}}, '{"b":1}'),
        ("{{#m}}({{#.}}{{.}}{{/.}}){{/m}}", {"m": [[1, 2], [3]]}, "(12)(3)"),
        ("{{#t}}{{.}}{{/t}}", {"t": True}, '{"t":true}'),
    ],
)
def test_current_item(render, template, variables, text):
    assert render(template, variables) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, 2], "<1><2>"),
        ([None, 0, False], "<><0><false>"),
        ({"a": 1}, '<{"a":1}>'),
        ({}, "<{}>"),
        ("hi", "<hi>"),
        ("0", "<0>"),
        ("false", "<false>"),
        (" ", "< >"),
        (7, "<7>"),
        (-0.5, "<-0.5>"),
    ],
)
def test_what_sections_show(render, value, text):
    assert render("{{#x}}<{{.}}>{{/x}}{{^x}}no{{/x}}", {"x": value}) == text


@pytest.mark.parametrize("value", [None, False, 0, 0.0, -0.0, "", float("nan"), []])
def test_falsy_values(render, value):
    assert render("{{#x}}yes{{/x}}{{^x}}no{{/x}}", {"x": value}) == "no"


def test_a_missing_name_is_falsy(render):
    assert render("{{#x}}yes{{/x}}{{^x}}no{{/x}}") == "no"


def test_an_inverted_section_pushes_nothing(render):
    assert render("{{^x}}{{.}}{{/x}}", {"a": 1}) == '{"a":1}'


def test_names_of_lambdas_are_ordinary_names(render):
    assert render("{{#EvalMath}}{{.}}{{/EvalMath}}", {"EvalMath": [1, 2]}) == "12"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a\n{{! note }}\nb", "a\nb"),
        ("a\n  {{! note }} \t\nb", "a\nb"),
        ("a\r\n{{! note }}\r\nb", "a\r\nb"),
        ("{{! note }}\nb", "b"),
        ("a\n{{! two\nlines }}\nb", "a\nb"),
        ("a\n  {{=<% %>=}}\nb", "a\nb"),
        ("a\n  {{> partial}}\nb", "a\nb"),
        ("a\n{{#t}}\nx\n{{/t}}\nb", "a\nx\nb"),
        ("a\n{{^f}}\nx\n{{/f}}\nb", "a\nx\nb"),
        ("a\n {{#t}} {{!c}} {{^f}} \nx\n{{/f}}{{/t}}\nb", "a\nx\nb"),
        ("a\n{{#t}}\n\n{{/t}}\nb", "a\n\nb"),
        ("{{#l}}\n- {{.}}\n{{/l}}", "- 1\n- 2\n"),
        ("a {{! note }}\nb", "a \nb"),
        ("{{! note }} a\nb", " a\nb"),
        ("  {{a}}  \nb", "  1  \nb"),
        ("  {{{a}}}{{!c}}\nb", "  1\nb"),
        ("  {{&a}}\n", "  1\n"),
        ("  {{}}\nb", "  \nb"),
        ("  {{missing}}\nb", "  \nb"),
        ("  {{#t}}x{{/t}}\n", "  x\n"),
        ("\n{{!a}}\n{{!b}}\n\n", "\n\n"),
        ("a\n  {{!end}}", "a\n"),
        ("{{!end}}", ""),
        ("a\n\u00a0{{!c}}\u2003\nb", "a\nb"),
        ("a\n\x1c{{!c}}\nb", "a\n\x1c\nb"),
    ],
)
def test_standalone_lines(render, template, text):
    assert render(template, {"a": 1, "t": True, "l": [1, 2]}) == text


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("no tags", set()),
        ("{{a.b}} {{{ c }}} {{&d}}{{!e}}{{>f}}{{}}", {"a.b", "c", "d"}),
        ("{{#hits}}{{_source.x}}{{^y}}{{.}}{{/y}}{{/hits}}", {"hits", "_source.x", "y", "."}),
        ("{{broken", set()),
    ],
)
def test_names(template, names):
    assert compile_template(template).names() == names
