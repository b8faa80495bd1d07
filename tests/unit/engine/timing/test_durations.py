"""Durations as rules write them (rest-api.md 1.5)."""

from datetime import timedelta

import pytest

from engine.timing.durations import is_duration, parse_duration, window_length

CENTURY = timedelta(days=36_500)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1s", timedelta(seconds=1)),
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("36499d", timedelta(days=36_499)),
        ("36500d", CENTURY),
        ("9" * 1000 + "d", CENTURY),
    ],
)
def test_a_positive_integer_and_a_unit(text: str, length: timedelta) -> None:
    assert is_duration(text)
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "m", "0s", "01m", "1.5h", "-1m", "1w", "1M", "1 m", "1m ", "1m\n", "٣m"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    assert not is_duration(text)
    with pytest.raises(ValueError, match="positive integer and one of s, m, h, d, like 5m") as refused:
        parse_duration(text)
    assert str(refused.value).startswith(repr(text))


@pytest.mark.parametrize("value", [None, 5, True, ["5m"]])
def test_only_texts_are_durations(value: object) -> None:
    assert not is_duration(value)


def test_a_size_and_a_unit_of_their_own() -> None:
    assert window_length(3, "h") == timedelta(hours=3)
    assert window_length(10**30, "s") == CENTURY
