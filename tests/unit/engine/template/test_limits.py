"""Malformed and hostile templates, and the limits of templates.md 5.1 and 5.2."""

import pytest

from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("template", "offset", "reason"),
    [
        ("{{a}", 4, "tag not closed, it opens at offset 0"),
        ("ab {{", 5, "tag not closed, it opens at offset 3"),
        ("{{{a}}", 6, "tag not closed, it opens at offset 0"),
        ("{{{a}} and {{{b}}}", 18, "tag not closed, it opens at offset 0"),
        ("{{! a", 5, "tag not closed, it opens at offset 0"),
        ("{{=<% %>", 8, "tag not closed, it opens at offset 0"),
        ("{{=<% %>=}}{{a}}<%", 18, "tag not closed, it opens at offset 16"),
        ("x{{#a}}y", 1, "section [a] not closed"),
        ("x{{^a}}y", 1, "section [a] not closed"),
        ("{{#a}}{{#b}}{{/b}}", 0, "section [a] not closed"),
        ("x{{/a}}", 1, "[a] closed without having been opened"),
        ("{{#a}}{{/b}}", 6, "[b] closed where [a] is open"),
        ("{{#a}}{{#b}}{{/a}}{{/b}}", 12, "[a] closed where [b] is open"),
        ("x{{=<%=}}", 1, "a delimiter tag must name two delimiters"),
        ("{{=a b c=}}", 0, "a delimiter tag must name two delimiters"),
        ("{{==}}", 0, "a delimiter tag must name two delimiters"),
        ("{{=a b= c}}", 0, "a delimiter tag must end with the equals sign"),
    ],
)
def test_a_malformed_template_renders_its_error(render, template, offset, reason):
    assert render(template, {"a": "secret"}, "html") == f"template error at offset {offset} ({reason}) in: {template}"


def test_errors_are_collected_without_the_source():
    errors: list[str] = []
    compile_template("{{a}").render(prepare_variables({}), EscapeMode.NONE, errors=errors)
    compile_template("{{a}}").render(prepare_variables({}), EscapeMode.NONE, errors=errors)
    assert errors == ["template error at offset 4 (tag not closed, it opens at offset 0)"]


def test_an_unexpected_failure_names_its_kind_and_no_value(render):
    value = 10**5000  # Python refuses to print it
    text = render("ab{{x}}", {"x": value})
    assert text == "template error at offset 2 (unexpected ValueError) in: ab{{x}}"


@pytest.mark.parametrize(
    "template",
    ["{{a}}{{a}}", "{{#a}}{{.}}{{/a}}{{#a}}{{.}}{{/a}}", "x{{#l}}.{{/l}}", "{{#l}}{{.}}{{/l}}x", "{{a}}12345"],
)
def test_output_up_to_the_limit_is_let_through(render, template):
    variables = {"a": "12345", "l": [1, 2, 3, 4, 5, 6, 7, 8, 9]}
    assert len(render(template, variables, max_chars=10)) == 10
    text = render(template, variables, max_chars=9)
    assert "the output exceeds the maximum length" in text
    assert text.startswith("template error at offset")


def test_escaped_length_counts(render):
    assert "error" in render("{{a}}", {"a": "<" * 5}, "html", max_chars=19)
    assert render("{{a}}", {"a": "<" * 5}, "html", max_chars=20) == "&lt;" * 5


def test_text_without_tags_is_not_limited(render):
    assert render("12345", max_chars=1) == "12345"


def test_the_source_in_an_error_text_is_cut_at_the_limit(render):
    assert render("{{a}}{{a}}", {"a": "12345"}, max_chars=6).endswith(" in: {{a}}{…")


def test_sections_nest_a_hundred_deep(render):
    assert render("{{#a}}" * 100 + "x" + "{{/a}}" * 100, {"a": {"b": 1}}) == "x"
    text = render("{{#a}}" * 101 + "x" + "{{/a}}" * 101, {"a": {"b": 1}})
    assert text.startswith("template error at offset 600 (sections nested deeper than 100)")


def test_sections_nested_over_arrays_end_without_output(render):
    text = render("{{#a}}" * 20 + "{{/a}}" * 20, {"a": list(range(100))})
    assert "rendering takes too many steps" in text


@pytest.mark.parametrize("depth", [101, 50_000])
def test_data_nested_too_deeply_to_print_is_an_error(render, depth):
    array: list[object] = []
    for _ in range(depth):
        array = [array]
    for name in ("{{x}}", "{{x.asJSON}}", "{{.}}"):
        assert "the value is nested too deeply" in render(name, {"x": array})
    assert "the value is nested too deeply" in render("{{.}}", {".".join("a" * depth): 1})


def test_data_nested_deeply_is_printed_inside_of_nested_sections(render):
    array: list[object] = [1.0]
    for _ in range(90):
        array = [array]
    template = "{{#t}}" * 100 + "{{x}}{{x.asJSON}}" + "{{/t}}" * 100
    assert render(template, {"t": {"u": 1}, "x": array}) == "1" + "[" * 91 + "1" + "]" * 91


@pytest.mark.parametrize(
    ("template", "start"),
    [
        ("{{#a}}" * (MEGABYTE // 6), "template error at offset 600 (sections nested deeper than 100)"),
        ("{{" * (MEGABYTE // 2), "template error at offset 1000000 (tag not closed"),
        ("{{=" * (MEGABYTE // 3), "template error at offset 999999 (tag not closed"),
        ("{{{a}}" * (MEGABYTE // 6), "template error at offset 999996 (tag not closed"),
        ("{{" + " " * MEGABYTE, "template error at offset 1000002 (tag not closed"),
        ("{{" * (MEGABYTE // 2) + "}}", "template error at offset 1000002 (tag not closed, it opens at offset 0)"),
        (
            "{{{a}} " * (MEGABYTE // 7) + "}}}",
            "template error at offset 1000002 (tag not closed, it opens at offset 0)",
        ),
        ("{{" + " {" * (MEGABYTE // 2) + "}}}", ""),
        (
            "{{a}}" * (MEGABYTE // 5) + "{{a",
            "template error at offset 1000003 (tag not closed, it opens at offset 1000000)",
        ),
        ("{{/a}}" * (MEGABYTE // 6), "template error at offset 0 ([a] closed"),
        ("}}" * (MEGABYTE // 2), "}}}}"),
        ("{{a}}" * (MEGABYTE // 5), "1" * (MEGABYTE // 5)),
        ("x{{! c }}" * (MEGABYTE // 9), "x" * (MEGABYTE // 9)),
        (" {{! c }}\n" * (MEGABYTE // 10), ""),
        (" {{! c }}" * (MEGABYTE // 9), ""),
        ("{{=<% %>=}}<%={{ }}=%>" * (MEGABYTE // 22), ""),
        ("{{=<% %>=}}" + "<%a%>" * (MEGABYTE // 5), "1" * (MEGABYTE // 5)),
        ("".join(f"{{{{={n}< >=}}}}{n}<={{{{ }}}}=>" for n in range(MEGABYTE // 25)), ""),
        ("\n{{#a}}\n{{/a}}\n" * (MEGABYTE // 15), "\n" * (MEGABYTE // 15)),
        ("{{#a}}{{/a}}" * (MEGABYTE // 12), ""),
        ("{{#a}}" * 100 + "{{a}}" * (MEGABYTE // 8) + "{{/a}}" * 100, "1" * (MEGABYTE // 8)),
        ("{{" + "." * MEGABYTE + "}}", ""),
        ("{{" + "a." * (MEGABYTE // 2) + "a}}", ""),
        ("{{.}}" * (MEGABYTE // 20), '{"a":1}{"a":1}'),
    ],
    ids=lambda value: value[:12],
)
def test_long_templates_are_taken_in_one_pass(render, template, start):
    """With quadratic work these would run for minutes to hours."""
    text = render(template, {"a": 1})
    assert text.startswith(start)
    assert start or text == ""
