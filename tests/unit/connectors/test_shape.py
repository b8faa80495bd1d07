"""Strict shapes (connectors-core.md 1.1)."""

from typing import Literal

import pytest

from connectors.shape import Shape, absent, read_shape, stored_form
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject


class Inner(Shape):
    text: str
    note: str = absent()


class Sample(Shape):
    name: str
    level: Literal["low", "high"] = "low"
    user_name: str | None = None
    extra_field: str | None = absent()
    inner: Inner | None = None


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"name": "n"}, {"name": "n", "level": "low", "userName": None, "inner": None}),
        (
            {"name": "n", "level": "high", "userName": "u", "extraField": None, "inner": {"text": ""}},
            {"name": "n", "level": "high", "userName": "u", "extraField": None, "inner": {"text": ""}},
        ),
    ],
)
def test_defaults_are_filled_in_and_absent_members_stay_absent(given: JsonObject, stored: JsonObject) -> None:
    assert stored_form(read_shape(Sample, given)) == stored


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "name"),
        ({"name": 1}, "name"),
        ({"name": None}, "name"),
        ({"name": "n", "level": "medium"}, "level"),
        ({"name": "n", "user_name": "u"}, "user_name"),
        ({"name": "n", "secretthing": 1}, "secretthing"),
        ({"name": "n", "inner": {"text": "t", "other": 1}}, "inner.other"),
        ({"name": "n", "inner": []}, "inner"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(given: JsonObject, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_shape(Sample, given)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_refusal_does_not_show_the_value() -> None:
    with pytest.raises(InvalidInput, match=r"^((?!hush).)*$"):
        read_shape(Sample, {"name": ["hush"], "level": "hush", "inner": "hush"})
