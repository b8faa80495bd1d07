"""Passwords: hashed by argon2id; the hash holds its own parameters, so that these can be raised later."""

from functools import cache
from typing import TYPE_CHECKING

from engine.model.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
_TIME_COST, _MEMORY_KIB, _LANES = 2, 19_456, 1
"""What OWASP recommends at least: about 20 ms and 19 MB a password."""


def check_password(password: str) -> None:
    """Raises InvalidInput for one that cannot be a password; the text does not show it."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        what = f"has {len(password)} characters"
        remedy = f"use at least {SHORTEST_PASSWORD} and at most {LONGEST_PASSWORD}"
        raise InvalidInput([Problem("password", what, remedy)])


def hash_password(password: str) -> str:
    """The hash to be stored. Takes about 20 ms of a processor, without holding up other threads."""
    return _hasher().hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether a hash is that of the password; for None (no such user) False after the same time."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(_hash_of_nobody() if password_hash is None else password_hash, password)
    except (InvalidHashError, VerificationError):
        return False
    return password_hash is not None


@cache
def _hasher() -> "PasswordHasher":
    # Loads slowly, and most commands need no password.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_TIME_COST, memory_cost=_MEMORY_KIB, parallelism=_LANES)


@cache
def _hash_of_nobody() -> str:
    return hash_password("nobody")
