"""Which fields a KQL text names."""

import pytest

from engine.query.errors import KqlError
from engine.query.kql.field_names import field_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("timeout", ()),
        ("a: 1 or b > 2 and not c: *", ("a", "b", "c")),
        ('a: 1 or a: 2 or "b c": x', ("a", "b c")),
        ("host.*: x", ("host.*",)),
        ("*: x", ("*",)),
        ("p:{ a: 1 and q:{ b: (2 or 3) } }", ("p.a", "p.q.b")),
        ("null: x", ()),
    ],
)
def test_names_in_the_order_of_the_text(text: str, names: tuple[str, ...]) -> None:
    assert field_names(text) == names


def test_what_is_no_kql_is_refused() -> None:
    with pytest.raises(KqlError):
        field_names("a: (")
    with pytest.raises(KqlError):
        field_names("a: *b", allow_leading_wildcards=False)
