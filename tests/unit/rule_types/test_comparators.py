"""Comparators: in the engine, as scripts, in words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rule_types.comparators import Condition


@pytest.mark.parametrize(
    ("comparator", "thresholds", "met", "unmet"),
    [
        (">", (5,), [6, 5.5], [5, 4]),
        ("<", (5,), [4], [5, 6]),
        (">=", (5,), [5, 6], [4.9]),
        ("<=", (5,), [5, 4], [5.1]),
        ("between", (2, 7.25), [2, 5, 7.25], [1.9, 7.3]),
        ("notBetween", (2, 7.25), [1.9, 7.3], [2, 5, 7.25]),
        ("between", (10, 1), [], [0, 1, 5, 10, 11]),
        (">", (5, 100), [6, 101], [5]),
    ],
)
def test_a_condition_is_met_as_the_table_says(comparator, thresholds, met, unmet):
    condition = Condition(comparator, thresholds)
    assert [value for value in met + unmet if condition.is_met(value)] == met


@pytest.mark.parametrize(
    ("comparator", "thresholds", "script"),
    [
        ("notBetween", (2, 7.25), "params.compareValue < 2L || params.compareValue > 7.25"),
        ("between", (1, 9), "params.compareValue >= 1L && params.compareValue <= 9L"),
        ("<", (0,), "params.compareValue < 0L"),
        (">=", (1.5,), "params.compareValue >= 1.5"),
        (">", (-5,), "params.compareValue > -5L"),
        (">", (3, 9), "params.compareValue > 3L"),
        ("<=", (2.0,), "params.compareValue <= 2L"),
        (">", (2**63 - 1,), "params.compareValue > 9223372036854775807L"),
        (">", (-(2**63),), "params.compareValue > -9223372036854775808L"),
        (">", (2**63,), "params.compareValue > 9223372036854775808.0"),
        (">", (1e19,), "params.compareValue > 10000000000000000000.0"),
        (">", (1e22,), "params.compareValue > 1e+22"),
        (">", (1e-7,), "params.compareValue > 1e-7"),
    ],
)
def test_script_texts(comparator, thresholds, script):
    assert Condition(comparator, thresholds).script() == script


@pytest.mark.parametrize(
    ("comparator", "thresholds", "words", "negated"),
    [
        (">", (80,), "is greater than 80", "is not greater than 80"),
        ("<=", (1.5,), "is less than or equal to 1.5", "is not less than or equal to 1.5"),
        ("between", (1, 9), "is between 1 and 9", "is not between 1 and 9"),
        ("notBetween", (1, 9), "is not between 1 and 9", "is between 1 and 9"),
        (">", (1, 9), "is greater than 1 and 9", "is not greater than 1 and 9"),
    ],
)
def test_words(comparator, thresholds, words, negated):
    condition = Condition(comparator, thresholds)
    assert (condition.words(), condition.words(is_negated=True)) == (words, negated)


@pytest.mark.parametrize(("comparator", "thresholds"), [("==", (1,)), ("between", (1,)), (">", ())])
def test_a_condition_that_makes_no_sense_cannot_be_built(comparator, thresholds):
    with pytest.raises(ValueError, match="comparator"):
        Condition(comparator, thresholds)


def run_script(script: str, value: float) -> bool:
    """What Elasticsearch makes of a script: the value is a double, longs are widened to doubles."""
    source = re.sub(r"(-?[0-9]+)L", r"float(\1)", script)
    source = source.replace("params.compareValue", "value").replace("&&", "and").replace("||", "or")
    return eval(source, {"__builtins__": {}, "float": float, "value": float(value)})


numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-10, 10),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.sampled_from(["<", "<=", ">", ">=", "between", "notBetween"]), numbers, numbers, numbers)
@example(">=", 2**53 + 1, 0, 2**53)
@example("between", 2**63 - 1, 2**63, 2.0**63)
def test_script_and_engine_agree(comparator, first, second, value):
    for observed in (value, first, second):
        condition = Condition(comparator, (first, second))
        assert run_script(condition.script(), observed) is condition.is_met(observed), condition.script()
