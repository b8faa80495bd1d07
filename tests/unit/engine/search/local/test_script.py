"""Scripts over the values of buckets (embedded-search.md 13)."""

import math

import pytest

from engine.model.errors import SearchError
from engine.search.local.script import ScriptFailure, evaluate, evaluate_number, parse_script

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
    ["", "params.x >", "params.x > 4)", "(params.x > 4", "x > 4", "params.x + > 4", "Math.cbrt(8) > 1",
     "Math.abs() > 1", "Math.max(1) > 1", "params.x > 4 ? true", "params.get(x)", "params.x > 4 params.x",
     "params.x = 4",
     "__import__('os')", "doc['f'].value > 1", "params.x > 9223372036854775808L", "params.x > 3000000000", "5.5L < 6",
     "(" * 100 + "true" + ")" * 100],
)  # fmt: skip
def test_other_scripts_do_not_compile(source: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_script(source)
    assert (caught.value.status, caught.value.error_type) == (400, "script_exception")


@pytest.mark.parametrize(
    "source",
    [
        "params.x < 1 < 2",
        "params.gone + 1 > 1",
        "7 / 0 > 1",
        "params.gone > 1",
        "params.text > 1",
        "params.x",
        "params.x && true",
        "!params.x",
        "null",
    ],
)
def test_scripts_that_fail(source: str) -> None:
    with pytest.raises(ScriptFailure):
        evaluate(parse_script(source), PARAMS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("params.x + 1", 6),
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7.0 / 2", 3.5),
        ("params.half / 0", math.inf),
        ("-params.half / 0.0", -math.inf),
        ("5.5 % 2", 1.5),
        ("params.get('x') - params.half", 4.5),
        ("params.x > 4 ? 1 : 2", 1),
        ("params.x > 5 ? 1 : params.x > 4 ? 2 : 3", 2),
        ("Math.max(params.x, Math.abs(-7))", 7),
        ("Math.round(2.5) + Math.round(-2.5)", 1),
        ("Math.floor(-0.5)", -1),
        ("Math.ceil(0.5)", 1),
        ("Math.pow(2, 10)", 1024),
        ("Math.sqrt(16) * Math.signum(-3.0)", -4),
        ("Math.log10(1000) + Math.exp(0) + Math.log(1)", 4),
        ("Math.exp(1000)", math.inf),
        ("Math.log(0)", -math.inf),
        ("Math.PI > Math.E ? 1 : 0", 1),
        ("9223372036854775807L + 1", -(2**63)),
        ("null", None),
    ],
)
def test_numbers(source: str, expected: float | None) -> None:
    assert evaluate_number(parse_script(source), PARAMS) == pytest.approx(expected)


def test_what_is_not_defined_is_no_number() -> None:
    for source in ("Math.sqrt(-1)", "Math.log(-1)", "0.0 / 0", "params.gap + 1", "Math.max(params.gap, 1)", "1.0 % 0"):
        assert math.isnan(evaluate_number(parse_script(source), PARAMS) or 0.0), source
