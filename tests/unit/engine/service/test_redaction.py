"""Secrets are taken out of texts (connector-framework.md 12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.jsonvalue import JsonObject
from engine.service.redaction import redact, redact_values


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("password s3cret! is wrong", {"password": "s3cret!"}, "password <redacted> is wrong"),
        ("https://h/?k=s3cret%21", {"key": "s3cret!"}, "https://h/?k=<redacted>"),
        ('{"k":"a\\"b\\u00fc"}', {"key": 'a"bü'}, '{"k":"<redacted>"}'),
        ("Basic Ym9iOnBhc3M=", {"user": "bob", "password": "pass"}, "Basic <redacted>"),
        ("token abcdefgh", {"secretHeaders": {"X-Key": "abcdefgh"}}, "token <redacted>"),
        ("one two", {"list": ["two!", "one two"]}, "<redacted>"),
        ("longest-secret", {"a": "longest", "b": "longest-secret"}, "<redacted>"),
        ("the host p answered", {"password": "p"}, "the host <redacted> answered"),
        ("nothing here", {"password": None, "user": "", "key": " "}, "nothing here"),
    ],
)
def test_each_form_of_a_secret_is_replaced(text: str, secrets: JsonObject, expected: str) -> None:
    assert redact(text, secrets) == expected


@given(st.text(max_size=20), st.text(min_size=4, max_size=20), st.text(max_size=20))
def test_no_secret_of_four_characters_survives(before: str, secret: str, after: str) -> None:
    if secret.strip() and secret not in "<redacted>":
        assert secret not in redact(before + secret + after, {"key": secret}).replace("<redacted>", "\n\n")


def test_values_are_redacted_wherever_they_stand_and_names_stay() -> None:
    value = {"hush-hush": ["a hush-hush", {"b": "hush-hush"}], "n": 1, "t": True, "z": None}
    assert redact_values(value, {"key": "hush-hush"}) == {
        "hush-hush": ["a <redacted>", {"b": "<redacted>"}],
        "n": 1,
        "t": True,
        "z": None,
    }


def test_what_programs_read_keeps_names_of_users_and_short_words() -> None:
    secrets = {"user": "jira-user", "password": "browse", "token": "hush-hush"}
    value = {"url": "https://jira-user.example/browse/CK-1", "key": "hush-hush"}
    assert redact_values(value, secrets) == {**value, "key": "<redacted>"}
    assert redact_values(value, {"user": "jira-user"}) == value
    assert redact_values(["Basic YW5uOnBhc3N3b3Jk"], {"user": "ann", "password": "password"}) == ["Basic <redacted>"]
