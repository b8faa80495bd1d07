"""Which fields must be known before filters can be translated (kql.md 7)."""

import pytest

from engine.query.filter_fields import filter_field_names


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (None, ()),
        ("text", ()),
        ([], ()),
        ({"meta": {"key": "k", "field": "f"}}, ("f", "k")),
        ([{"meta": {"key": "k"}}, None, {"meta": {"key": "l"}}, {"meta": {"key": "k"}}], ("k", "l")),
        (({"meta": {"key": "in a tuple"}},), ("in a tuple",)),
        ({"meta": "no object"}, ()),
        ({"meta": {"key": 1, "field": ""}}, ()),
        ({"query": {"exists": {"field": "e"}}}, ("e",)),
        ({"query": {"exists": {}}}, ()),
        ({"query": {"exists": "e"}}, ()),
        ({"query": {"match": {"m": "x"}}}, ("m",)),
        ({"query": {"match_phrase": {"p": {"query": "x"}}}}, ("p",)),
        ({"query": {"range": {"r": {"gt": 1}, "ignored": {}}}}, ("r",)),
        ({"query": {"range": {}}}, ()),
        ({"query": {"term": {"t": 1}}}, ()),
        ({"query": "text"}, ()),
        ({"exists": {"field": "old"}, "meta": {}}, ("old",)),
        (
            {"meta": {"type": "combined", "params": [{"meta": {"key": "a"}}, {"query": {"match": {"b": 1}}}]}},
            ("a", "b"),
        ),
        ({"meta": {"type": "phrases", "key": "k", "params": [{"meta": {"key": "a value"}}]}}, ("k",)),
    ],
)
def test_fields_that_filters_name(filters: object, names: tuple[str, ...]) -> None:
    assert filter_field_names(filters) == names


def test_combinations_are_followed_as_deep_as_they_are_translated() -> None:
    nested: dict[str, object] = {"meta": {"key": "deepest"}}
    for _ in range(50):
        nested = {"meta": {"type": "combined", "params": [nested]}}
    assert filter_field_names([nested]) == ("deepest",)
    assert filter_field_names([{"meta": {"type": "combined", "params": [nested]}}]) == ()
