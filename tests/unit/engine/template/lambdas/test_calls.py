"""How sections of lambdas are called, whatever the lambda does (templates.md 6)."""

import pytest

from engine.ports.connector import EscapeMode
from engine.template.lambdas.calls import LAMBDAS
from engine.template.lambdas.contract import TRIMS
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

MEGABYTE = 1_000_000


def test_all_names_are_known() -> None:
    assert set(LAMBDAS) == set(TRIMS)


@pytest.mark.parametrize(
    ("template", "variables", "output"),
    [
        ("{{#EncodeURI}}{{x}}{{/EncodeURI}}", {"x": "a b"}, "a%20b"),
        ("{{# EncodeURI }}a b{{/ EncodeURI }}", {}, "a%20b"),
        ("{{#o}}{{#EncodeURI}}{{x}}{{/EncodeURI}}{{/o}}", {"o": {"x": 1}}, "1"),
        ("{{#EncodeURI}}{{/EncodeURI}}", {"EncodeURI": None}, ""),
        ("{{#o}}{{#EncodeURI}} x{{/EncodeURI}}{{/o}}", {"o": {"EncodeURI": True}}, " x"),
        ("{{^EncodeURI}}x{{/EncodeURI}}", {}, ""),
        ("{{^EncodeURI}}x{{/EncodeURI}}", {"EncodeURI": False}, "x"),
        ("{{EncodeURI}}", {}, ""),
        ("{{#EncodeURI.x}}y{{/EncodeURI.x}}", {}, ""),
        ("a\n{{#EncodeURI}}\nb c\n{{/EncodeURI}}\nd", {}, "a\n%0Ab%20c%0Ad"),
        ("{{=<% %>=}}<%#EncodeURI%>{{x}} <%x%><%/EncodeURI%>", {"x": "é"}, "%C3%A9%20%3C%25x%25%3E"),
    ],
)
def test_a_section_of_a_lambda(render, template, variables, output) -> None:
    assert render(template, variables) == output


def test_the_result_is_not_escaped_but_the_inner_values_are(render) -> None:
    assert render("{{#EncodeURI}}&{{x}}{{/EncodeURI}}", {"x": "<"}, "html") == "&&lt;"


def test_what_goes_wrong_is_told_with_its_offset_in_the_whole_template() -> None:
    errors: list[str] = []
    template = "ab{{#EncodeURI}} {{#EvalMath}}  nothing {{/EvalMath}}{{/EncodeURI}}{{#FormatDate}}{{/FormatDate}}"
    compile_template(template).render(prepare_variables({}), EscapeMode.NONE, errors=errors)
    first, second = template.index("{{#EvalMath"), template.index("{{#FormatDate")
    assert errors == [
        f"template error at offset {first} (EvalMath: unknown name at character 0 of the expression)",
        f"template error at offset {second} (FormatDate: no date given)",
    ]


def test_an_error_text_shows_the_start_of_the_source_and_no_value(render) -> None:
    text = render("{{#EvalMath}}{{secret}}" + " + x" * 100 + "{{/EvalMath}}", {"secret": "hunter2"})
    assert "in: {{secret}} + x" in text
    assert "hunter2" not in text
    assert len(text) < 400


def test_a_limit_reached_inside_of_a_lambda_is_one_of_the_whole_text(render) -> None:
    template = "x{{#EncodeURI}}{{a}}{{/EncodeURI}}"
    assert render(template, {"a": "12345"}, max_chars=11) == "x12345"
    assert render(template, {"a": "12345"}, max_chars=10).startswith("template error at offset ")


def test_a_mistake_in_the_text_with_its_own_delimiters_stands_in_its_place(render) -> None:
    text = render("a {{=<% %>=}}<%#EncodeURI%>{{x<%/EncodeURI%> b")
    assert text.startswith(
        "a template error at offset 13 (EncodeURI: its text cannot be read at offset 3, tag not closed"
    )
    assert text.endswith(" b")


def test_lambdas_nest_ten_deep(render) -> None:
    def nest(depth: int) -> str:
        return "{{#EncodeURI}}" * depth + " " + "{{/EncodeURI}}" * depth

    assert render(nest(10)).startswith("%25")
    assert "deeper" not in render(nest(10))
    assert "deeper" in render(nest(11))


def test_only_the_first_errors_are_told() -> None:
    errors: list[str] = []
    template = compile_template("{{#l}}{{#EvalMath}}{{.}}a{{/EvalMath}}{{/l}}")
    texts = [" " * count + "+" for count in range(100)]
    template.render(prepare_variables({"l": texts}), EscapeMode.NONE, errors=errors)
    assert len(errors) == 20


@pytest.mark.parametrize(
    "template",
    [
        "{{#l}}{{#FormatNumber}}{{.}};;{{/FormatNumber}}{{/l}}",
        "{{#l}}{{#FormatDate}}2022-01-01;;YYYY{{/FormatDate}}{{/l}}",
        "{{#l}}{{#o}}{{#EvalMath}}sum(a + a){{/EvalMath}}{{/o}}{{/l}}",
        "{{#l}}{{#ParseHjson}}[{{{a}}}]{{/ParseHjson}}{{/l}}",
    ],
)
def test_work_is_bounded(render, template) -> None:
    variables = {"l": [1] * 1_000_000, "a": "1," * 100_000, "o": {"a": [1] * 100_000}}
    text = render(template, variables)
    assert "rendering takes too many steps" in text or "the output exceeds the maximum length" in text


@pytest.mark.parametrize("name", TRIMS)
@pytest.mark.parametrize(
    "text", [" " * MEGABYTE, "1;" * (MEGABYTE // 2), "(" * MEGABYTE, "[" * MEGABYTE, "a:n," * 250_000]
)
def test_long_texts_are_taken_or_refused_at_once(call, name, text) -> None:
    """With quadratic work these would run for hours."""
    assert isinstance(call(name, text), str)
