"""The stored form of tokens."""

from engine.search.local.tokens import phrase_part, stored_tokens


def test_a_phrase_never_crosses_the_values_of_an_array() -> None:
    stored = stored_tokens(["one two", "three"], "standard")
    assert phrase_part(["one", "two"]) in stored
    assert phrase_part(["three"]) in stored
    assert phrase_part(["two", "three"]) not in stored
