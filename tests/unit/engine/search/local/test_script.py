"""Comparison scripts (embedded-search.md 13)."""

import math

import pytest

from engine.model.errors import SearchError
from engine.search.local.script import ScriptFailure, evaluate, parse_script

PARAMS = {"x": 5, "half": 0.5, "yes": True, "text": "t", "gap": math.nan}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("params.x > 4", True),
        ("params.x > 5L", False),
        ("params.x >= 5.0d", True),
        ("5 == params.x", True),
        ("params.x != 5", False),
        ("params.half === .5", True),
        ("params.x < 1e3F", True),
        ("params.x > 1 && params.x < 3 || params.yes", True),
        ("params.yes || params.x > 1 && false", True),
        ("!(params.x > 4)", False),
        ("! params.yes", False),
        ("-params.x < -4", True),
        ("params.x > -9223372036854775808L", True),
        ("params.gap > 1", False),
        ("params.gap <= 1", False),
        ("!(params.gap > 1)", True),
        ("params['x'] == 5 && params[\"half\"] < 1", True),
        ("params.gone == null", True),
        ("false && params.gone > 1", False),
        ("return params.x > 4;", True),
    ],
)
def test_scripts(source: str, expected: bool) -> None:
    assert evaluate(parse_script(source), PARAMS) is expected


@pytest.mark.parametrize(
    "source",
    ["", "params.x >", "params.x > 4)", "(params.x > 4", "x > 4", "params.x + 1 > 4",
     "params.x > 4 params.x", "params.x = 4",
     "__import__('os')", "doc['f'].value > 1", "params.x > 9223372036854775808L", "params.x > 3000000000", "5.5L < 6",
     "params.x < 1 < 2 ? 1 : 0", "(" * 100 + "true" + ")" * 100],
)  # fmt: skip
def test_other_scripts_do_not_compile(source: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_script(source)
    assert (caught.value.status, caught.value.error_type) == (400, "script_exception")


@pytest.mark.parametrize(
    "source", ["params.gone > 1", "params.text > 1", "params.x", "params.x && true", "!params.x", "null"]
)
def test_scripts_that_fail(source: str) -> None:
    with pytest.raises(ScriptFailure):
        evaluate(parse_script(source), PARAMS)
