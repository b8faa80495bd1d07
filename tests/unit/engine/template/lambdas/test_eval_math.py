"""``EvalMath`` (templates.md 6.1), where the behaviour cases do not look."""

import math

import pytest

from engine.template.lambdas.evaluation import FUNCTIONS_OF_ANYTHING

ITEM = {"a": [1, 2, 3], "b": [4, 5, 6], "e": [], "s": "5", "n": None, "t": True, "o": {"x": [{"y": 7}]}, "l": [None, 1],
        "big": 10**400, "a-1": 8, "p.q": 9}  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # the grammar
        ("1 + 2 * 3 - 4 / 2", "5"),
        ("(1 + 2) * 3", "9"),
        ("8 / 4 / 2", "1"),
        ("7 - 2 - 1", "4"),
        ("1-1", "0"),
        ("1e3 + 1E-1", "1000.1"),
        ("a-1", "8"),
        ("'a-1' + \"a-1\"", "16"),
        ("o.x[0].y + o.x.0.y", "14"),
        ("['a'][0]", None),
        ("p.q", "9"),
        ("\tpi ( )", None),
        ("max(1,\n2,)", "2"),
        ("(1 < 2)", "true"),
        ("ifelse(1 >= 2, 3, 4)", "4"),
        # what names and functions give
        ("n", "null"),
        ("s", "5"),
        ("s + 1", "NaN"),
        ("t + 1", "NaN"),
        ("l + 1", "NaN"),
        ("big", str(10**400)),
        ("big - 1", "Infinity"),
        ("0 - big", "-Infinity"),
        ("a + b", "5,7,9"),
        ("a * 2", "2,4,6"),
        ("10 - a", "9,8,7"),
        ("a / 2", "0.5,1,1.5"),
        ("a < b", "true"),
        ("a == 1", "false"),
        ("a <= 3", "true"),
        ("a > 1", "false"),
        ("a >= 1", "true"),
        ("abs(0 - a)", "1,2,3"),
        ("ceil(1.2) + floor(1.8) + fix(0 - 1.8)", "2"),
        ("square(a)", "1,4,9"),
        ("cube(2)", "8"),
        ("sqrt(square(a))", "1,2,3"),
        ("cbrt(27)", "3"),
        ("cbrt(2)", str(math.cbrt(2))),
        ("exp(0) + sin(0) + cos(0) + tan(0)", "2"),
        ("exp(1000)", "Infinity"),
        ("sin(big)", "NaN"),
        ("degtorad(180) == pi()", "true"),
        ("radtodeg(pi())", "180"),
        ("round(2.5) + round(0 - 2.5)", "1"),
        ("round(1.256, 2)", "1.26"),
        ("round(1256, 0 - 2)", "1300"),
        ("round(big)", "Infinity"),
        ("round(1, 400)", "NaN"),
        ("round(1, 0 - 400)", "NaN"),
        ("pow(2, 10)", "1024"),
        ("pow(0, 0 - 1)", "Infinity"),
        ("pow(0 - 2, 3)", "-8"),
        ("pow(0 - 10, 401)", "-Infinity"),
        ("pow(0 - 10, 400)", "Infinity"),
        ("pow(0 - 8, 0.5)", "NaN"),
        ("pow(1, big)", "NaN"),
        ("log(8, 2)", "3"),
        ("log(1)", "0"),
        ("log(0)", "-Infinity"),
        ("log(0, 0.5)", "Infinity"),
        ("log(8, 1)", "Infinity"),
        ("log(0.5, 1)", "-Infinity"),
        ("log(1, 1)", "NaN"),
        ("mod(0 - 7, 3)", "-1"),
        ("mod(7, 0 - 3)", "1"),
        ("mod(big, 3)", "NaN"),
        ("add(a)", "6"),
        ("add(1, 2, 3)", "6"),
        ("add(a, 1)", "2,3,4"),
        ("add(1)", "1"),
        ("max(a) + min(b)", "7"),
        ("max(a, 2)", "2,2,3"),
        ("max(e)", "-Infinity"),
        ("min(e)", "Infinity"),
        ("mean(a)", "2"),
        ("mean(1, 2)", "1.5"),
        ("mean(e)", "NaN"),
        ("mean(1, big)", "NaN"),
        ("median(a)", "2"),
        ("median(4, 1, 3, 2)", "2.5"),
        ("median(e)", "NaN"),
        ("range(b)", "2"),
        ("mode(1, 2, 2, 1, 3)", "1,2"),
        ("mode(5)", "5"),
        ("mode(a, 2)", "1,2,2,2,3"),
        ("mode(e)", ""),
        ("sum()", "0"),
        ("sum(a, 4, e)", "10"),
        ("clamp(a, 2, 2)", "2,2,2"),
        ("clamp(5, 1, 3) + clamp(0, 1, 3)", "4"),
        ("count(a) + size(e)", "3"),
        ("unique(l)", "2"),
        ("unique(mode(1, 1))", "1"),
        ("unique(s)", "1"),
        ("first(a) + last(b)", "7"),
        ("first(e)", "null"),
        ("last(e)", "null"),
        ("first(s)", "5"),
        ("last(7)", "7"),
        ("ifelse(t, s, 0)", "5"),
        ("defaults(n, s)", "5"),
        ("defaults(l, 0)", "0,1"),
        ("defaults(0, 1)", "0"),
        ("abs(1, 2)", "1"),
        ("pi(9) == pi()", "true"),
        ("random() < 1", "true"),
        ("random(0)", "0"),
        ("random(3, 3)", "3"),
        ("random(5, 6) >= 5", "true"),
    ],
)
def test_a_value(call, expression: str, value: str | None) -> None:
    text = call("EvalMath", expression, ITEM)
    assert text == value if value is not None else "error" in text


def test_random_numbers_lie_between_their_bounds(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.random", lambda: 0.75)
    values = [call("EvalMath", expression) for expression in ("random()", "random(4)", "random(2, 6)")]
    assert values == ["0.75", "3", "5"]


_UNKNOWN = "unknown name at character {} of the expression"
_FEW = "too few arguments for the function at character {} of the expression"
_CHARACTER, _END = (
    "unexpected character at character {} of the expression",
    "unexpected end at character {} of the expression",
)
_COMPARED = "a comparison is no operand of [{}], at character {} of the expression"
_LENGTHS = "arrays of different lengths"
_LEAST = "the least value is greater than the greatest"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", _END.format(0)),
        ("1 +", _END.format(3)),
        ("(1", _END.format(2)),
        ("max(1 2)", _CHARACTER.format(6)),
        ("1)", _CHARACTER.format(1)),
        ("007", _CHARACTER.format(1)),
        ("1e+3", _CHARACTER.format(1)),
        ("2 ^ 3", _CHARACTER.format(2)),
        ("1 < 2 < 3", _CHARACTER.format(6)),
        ("(1 < 2) + 1", _COMPARED.format("+", 8)),
        ("1 * (1 < 2)", _COMPARED.format("*", 2)),
        ("1 > (1 < 2)", _COMPARED.format(">", 2)),
        ("(1 < 2) == (3 < 4)", _COMPARED.format("==", 8)),
        ("abs(x=1)", "named arguments are not supported, at character 5 of the expression"),
        ("1 + nothing", _UNKNOWN.format(4)),
        ("o.x[1]", _UNKNOWN.format(0)),
        ("2 * nothing(1)", "unknown function at character 4 of the expression"),
        ("1 + abs()", _FEW.format(4)),
        ("pow(2)", _FEW.format(0)),
        ("clamp(1, 2)", _FEW.format(0)),
        ("max()", _FEW.format(0)),
        ("ifelse(t, 1)", _FEW.format(0)),
        ("sqrt(0 - 1)", "the square root of a negative number"),
        ("log(0 - 1)", "the logarithm of a negative number"),
        ("log(1, 0)", "the base of a logarithm must be greater than 0"),
        ("1 / 0", "division by 0"),
        ("mod(a, 0)", "division by 0"),
        ("a + e", _LENGTHS),
        ("max(a, e)", _LENGTHS),
        ("mode(a, e)", _LENGTHS),
        ("a == e", _LENGTHS),
        ("clamp(1, 3, 2)", _LEAST),
        ("random(2, 1)", _LEAST),
        ("random(0 - 1)", _LEAST),
        ("random(a)", "random takes no arrays"),
        ("size(1)", "the size of what is no array"),
        ("count(s)", "the size of what is no array"),
        ("ifelse(1, 2, 3)", "the condition of ifelse must be a comparison or boolean"),
        ("ifelse(t, n, 3)", "ifelse cannot choose between nulls"),
        ("ifelse(t, 3, n)", "ifelse cannot choose between nulls"),
        ("1 + " * 250 + "1", "the expression is longer than 1000 characters"),
        ("(" * 21 + "1" + ")" * 21, "more than 20 open parentheses"),
    ],
)
def test_a_reason_why_there_is_no_value(refusal, expression: str, reason: str) -> None:
    assert refusal("EvalMath", expression, ITEM).startswith(reason)


def test_limits_are_included(call) -> None:
    assert call("EvalMath", "(" * 20 + "1" + ")" * 20) == "1"
    assert call("EvalMath", "1 + " * 249 + "1".rjust(4, "0").replace("0", " ")) == "250"


def test_names_are_looked_up_in_the_innermost_context_alone(render) -> None:
    template = "{{#o}}{{#EvalMath}}y{{/EvalMath}} {{#EvalMath}}x{{/EvalMath}}{{/o}}"
    text = render(template, {"x": 1, "o": {"y": 2}})
    assert text.startswith("2 template error")
    assert render("{{#l}}{{#EvalMath}}0 + 1{{/EvalMath}}{{/l}}", {"l": [5]}) == "1"


def test_every_function_of_anything_is_tried_above() -> None:
    assert set(FUNCTIONS_OF_ANYTHING) == {"count", "size", "unique", "first", "last", "ifelse", "defaults"}
