"""Numbers and keys as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rule_types.texts import key_text, number_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (3578195238.095238, "3578195238.095238"),
        (1e16, "10000000000000000"),
        (1.2345678901234567e20, "123456789012345670000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (-2.5e-10, "-2.5e-10"),
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_the_short_way(number, text):
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_text_reads_back_as_the_same_number(number):
    assert float(number_text(number)) == number


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("a,b", "a,b"),
        (404, "404"),
        (404.5, "404.5"),
        (1714978989010, "1714978989010"),
        (["a", 1.0, None, True, False], "a,1,,true,false"),
    ],
)
def test_keys(key, text):
    assert key_text(key) == text
