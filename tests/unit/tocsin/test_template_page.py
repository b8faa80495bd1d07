"""What docs/templates.md shows is so."""

import re
from pathlib import Path

import pytest

from engine.ports.connector import EscapeMode
from engine.template.lambdas import expressions, hjsontext, moments, numerals
from engine.template.lambdas.arithmetic import FUNCTIONS
from engine.template.lambdas.contract import TRIMS
from engine.template.lambdas.evaluation import FUNCTIONS_OF_ANYTHING
from engine.template.mustache import compile_template
from engine.template.renderer import DEFAULT_MAX_CHARS, MAX_LAMBDA_DEPTH
from engine.template.values import prepare_variables
from engine.template.variables import STANDARD_NAMES

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
EXAMPLES = [text for text in re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL) if "{{" in text]
VARIABLES = {
    "rule": {"id": "r1", "tags": ["a", "b"]},
    "date": "2026-01-15T10:00:00.000Z",
    "context": {"value": 2048.5},
    "alert": {"id": "web 3"},
    "alerts": {"new": {"count": 1, "data": [{"kibana.alert.instance.id": "web 3"}]}},
}
RENDERED = [
    "1 new: web 3 \n",
    "2 KiB\n",
    "Thursday 15 January, 11:00\n",
    "2.048,50\xa0€\n",
    '{"rule":"r1","tags":"a,b"}\n',
    "https://wiki/search?q=web%203\n",
]


@pytest.mark.parametrize(("example", "rendered"), list(zip(EXAMPLES, RENDERED, strict=True)))
def test_an_example_renders(example: str, rendered: str) -> None:
    errors: list[str] = []
    text = compile_template(example).render(prepare_variables(VARIABLES), EscapeMode.NONE, errors=errors)
    assert errors == []
    assert text == rendered


def test_every_function_is_named() -> None:
    named = re.search(r"functions `([a-z\s]+)`", PAGE)
    assert named is not None
    assert named[1].split() == sorted({*FUNCTIONS, *FUNCTIONS_OF_ANYTHING})


def test_every_lambda_and_variable_is_named() -> None:
    for name in TRIMS:
        assert re.search(rf"^### .*\b{name}\b", PAGE, flags=re.MULTILINE), name
    table = PAGE.partition("## Variables")[2].partition("With `use_alert_data")[0]
    assert {name.partition(".")[0] for name in re.findall(r"`([A-Za-z]+)[.`*]", table)} >= STANDARD_NAMES


def test_limits() -> None:
    limits = PAGE.partition("## Limits")[2]
    assert f"{DEFAULT_MAX_CHARS:,} characters" in limits
    assert f"lambdas {MAX_LAMBDA_DEPTH}" in limits
    assert f"at\nmost {expressions.MAX_CHARS:,} characters and {expressions.MAX_OPEN_PARENTHESES} open" in limits
    assert f"`FormatDate` {moments.MAX_CHARS:,}, of `FormatNumber` {numerals.MAX_CHARS:,}" in limits
    assert f"`ParseHjson`\n{hjsontext.MAX_CHARS:,}" in limits
