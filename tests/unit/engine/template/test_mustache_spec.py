"""The cases of the official Mustache specification, in the mode ``html``, but for what templates.md does otherwise."""

import json
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parent / "mustache_spec"

_NO_PARTIALS = "partials render as nothing and never read files (templates.md 5)"
EXCEPTIONS = {
    ("interpolation", "Dotted Names - Context Precedence"): "a dotted name is looked up as a whole path, outwards (5)",
    ("delimiters", "Partial Inheritence"): _NO_PARTIALS,
    ("delimiters", "Post-Partial Behavior"): _NO_PARTIALS,
    **{
        ("partials", name): _NO_PARTIALS
        for name in (
            "Basic Behavior",
            "Context",
            "Recursion",
            "Surrounding Whitespace",
            "Inline Indentation",
            "Standalone Line Endings",
            "Standalone Without Previous Line",
            "Standalone Without Newline",
            "Standalone Indentation",
            "Padding Whitespace",
        )
    },
}


def _cases() -> list[Any]:
    cases = []
    for file in sorted(CASES.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            key = file.stem, case["name"]
            reason = EXCEPTIONS.get(key)
            marks = () if reason is None else (pytest.mark.xfail(reason=reason, strict=True),)
            cases.append(pytest.param(case, id="::".join(key), marks=marks))
    return cases


@pytest.mark.parametrize("case", _cases())
def test_case_of_the_specification(render, case: dict[str, Any]) -> None:
    assert render(case["template"], case["data"], "html") == case["expected"]


def test_there_are_no_exceptions_for_cases_that_are_gone() -> None:
    known = {(file.stem, case["name"]) for file in CASES.glob("*.json") for case in json.loads(file.read_text("utf-8"))}
    assert set(EXCEPTIONS) <= known
    assert len(known) == 121
