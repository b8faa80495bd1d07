"""Lists of index expressions taken apart."""

import pytest

from engine.search.expressions import split_expressions


@pytest.mark.parametrize(
    ("texts", "single"),
    [
        ([], []),
        (["", " , "], []),
        (["a"], ["a"]),
        (["a, b", "c"], ["a", "b", "c"]),
        (["<logs-{now/d{yyyy,MM}}>,b"], ["<logs-{now/d{yyyy,MM}}>", "b"]),
        (["main:a,-main:b"], ["main:a", "-main:b"]),
    ],
)
def test_splitting(texts: list[str], single: list[str]) -> None:
    assert split_expressions(texts) == single
