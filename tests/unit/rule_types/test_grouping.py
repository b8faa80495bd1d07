"""Groups: field -> key pairs, nested by dots."""

import pytest

from rule_types.grouping import group_pairs, nest


@pytest.mark.parametrize(
    ("fields", "key", "pairs"),
    [
        (("host.name",), "a", {"host.name": "a"}),
        (("status",), 200, {"status": 200}),
        (("a", "b"), ["x", None], {"a": "x", "b": None}),
        (("ok",), 0, None),
        (("ok",), "", None),
        (("ok",), None, None),
        (("a", "b"), [], None),
        ((), "a", None),
    ],
)
def test_pairs_are_absent_for_an_empty_key(fields, key, pairs):
    assert group_pairs(fields, key) == pairs


def test_pairs_nest_by_the_dots_of_their_fields():
    pairs = {"host.name": "a", "host.os.type": "linux", "zone": "z"}
    assert nest(pairs) == {"host": {"name": "a", "os": {"type": "linux"}}, "zone": "z"}


def test_of_conflicting_names_the_later_one_wins():
    assert nest({"host": "a", "host.name": "b"}) == {"host": {"name": "b"}}
    assert nest({"host.name": "b", "host": "a"}) == {"host": "a"}
