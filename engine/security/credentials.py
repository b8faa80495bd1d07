"""What an ``Authorization`` header says (rest-api.md 1.7)."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.model.errors import Unauthorized

_LONGEST_HEADER = 8192
_REMEDY = "send Authorization: Basic base64(user:password), or ApiKey base64(id:key)"


@dataclass(frozen=True, slots=True)
class Password:
    """A user's name and password."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key's id and secret."""

    id: str
    secret: str = field(repr=False)


Credentials: TypeAlias = Password | Key


def read_credentials(header: str | None) -> Credentials:
    """The credentials of a header. Raises Unauthorized, never showing what was sent."""
    if not header:
        raise Unauthorized(f"missing credentials: {_REMEDY}")
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return Password(*_pair_of(value))
        case "apikey":
            return Key(*_pair_of(value))
        case _:
            raise Unauthorized(f"the scheme of the credentials is not supported: {_REMEDY}")


def _pair_of(value: str) -> tuple[str, str]:
    try:
        if len(value) > _LONGEST_HEADER:
            raise ValueError("too long")
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise Unauthorized(f"the credentials are no base64 of UTF-8 text: {_REMEDY}") from None
    first, colon, second = text.partition(":")
    if not colon or not first:
        raise Unauthorized(f"the credentials are not of two parts: {_REMEDY}")
    return first, second
