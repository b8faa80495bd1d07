"""JSON that can be stored, and the place of what cannot."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.errors import InvalidInput
from engine.operations.shape import MAX_DEPTH, check_shape


def nested(levels: int, inner: Any = 1) -> Any:
    for _ in range(levels):
        inner = [inner]
    return inner


class Text(str):
    """As readers of files make it, to remember where it stood."""


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        2**63 - 1,
        -(2**63),
        1.5,
        "é😀",
        [],
        {},
        {"a": [{"b": None}]},
        nested(MAX_DEPTH),
        Text("a"),
        [Text()],
    ],
    ids=repr,
)
def test_what_can_be_stored(value: Any) -> None:
    check_shape(value)


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"a": [0, {"b": 2**63}]}, "a.1.b", "is an integer of more than 64 bits"),
        ([-(2**63) - 1], "0", "is an integer of more than 64 bits"),
        ({"a": float("nan")}, "a", "is not a finite number"),
        ({"a": {"b": "\ud800"}}, "a.b", "holds half of a surrogate pair"),
        ({"a": {"\ud800": 1}}, "a", "has a member whose name is no text"),
        ({1: 2}, "", "has a member whose name is no text"),
        ({"a": {1, 2}}, "a", "is a set, which JSON does not know"),
        ([nested(MAX_DEPTH)], ".".join("0" * (MAX_DEPTH + 1)), f"nested more than {MAX_DEPTH} levels deep"),
        ([Text("\ud800")], "0", "holds half of a surrogate pair"),
    ],
)
def test_what_cannot_be_stored_is_told_with_its_place(value: Any, path: str, message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        check_shape(value)
    (problem,) = raised.value.problems
    assert (problem.path, problem.message) == (path, message)


SOUND = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(SOUND)
def test_any_json_can_be_stored(value: Any) -> None:
    check_shape(value)
