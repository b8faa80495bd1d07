"""Passwords, API keys, and the header that they come in."""

import base64

import pytest

from engine.model.errors import InvalidInput, Unauthorized
from engine.security.api_keys import hash_secret, is_secret, mint_key
from engine.security.credentials import Key, Password, read_credentials
from engine.security.passwords import check_password, hash_password, is_password


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_hash_is_that_of_its_password_only() -> None:
    stored = hash_password("correct horse")
    assert is_password("correct horse", stored)
    assert not is_password("correct horsf", stored)
    assert "correct" not in stored
    assert hash_password("correct horse") != stored


@pytest.mark.parametrize("stored", [None, "", "no hash at all", "$argon2id$v=19$m=1$broken"])
def test_no_password_fits_a_hash_that_is_none(stored: str | None) -> None:
    assert not is_password("nobody", stored)


@pytest.mark.parametrize("password", ["", "short12", "x" * 1025])
def test_passwords_have_a_length(password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_password(password)
    assert not password or password not in str(caught.value)


def test_a_minted_key_is_known_by_its_hash_and_not_shown() -> None:
    key = mint_key()
    assert read_credentials(f"ApiKey {key.encoded}") == Key(key.id, key.secret)
    assert is_secret(key.secret, key.secret_hash)
    assert not is_secret(key.secret, mint_key().secret_hash)
    assert not is_secret(key.secret, None)
    assert key.secret not in repr(key)
    assert (len(key.id), key.id.isalnum(), key.id.isascii()) == (20, True, True)
    assert len(base64.urlsafe_b64decode(key.secret + "=")) == 32
    assert is_secret("\ud800", hash_secret("\ud800"))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Basic {encoded('ann:pass:word')}", Password("ann", "pass:word")),
        (f"basic  {encoded('ann:')} ", Password("ann", "")),
        (f"BASIC {encoded('änn:pässword')}", Password("änn", "pässword")),
        (f"ApiKey {encoded('id:secret')}", Key("id", "secret")),
        (f"APIKEY {encoded('id:secret')}", Key("id", "secret")),
    ],
)
def test_headers_are_read(header: str, expected: Password | Key) -> None:
    assert read_credentials(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ???",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        f"Basic {encoded('no colon')}",
        f"Basic {encoded(':nobody')}",
        "Bearer abc",
        "Digest username=ann",
        "Basic " + "A" * 100_000,
        f"Basic é{encoded('ann:password')}",
    ],
)
def test_headers_that_say_nothing_are_refused_without_being_shown(header: str | None) -> None:
    with pytest.raises(Unauthorized) as caught:
        read_credentials(header)
    assert len(str(caught.value)) < 250
