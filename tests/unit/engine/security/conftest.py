"""A store in memory with two users, and a clock that the test sets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from engine.model.user import User
from engine.security.authentication import Authenticator
from engine.security.passwords import hash_password
from engine.security.policy import ON, Security
from engine.store.sqlite import SqliteStore, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
hash_of = cache(hash_password)
"""Hashing is slow on purpose; no test needs it twice for one password."""


class Clock:
    """Says the instant that it was told."""

    at = NOON

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = open_store("sqlite://")
    await opened.open()
    for name, role in (("ann", "superuser"), ("vic", "viewer")):
        await opened.insert_user(User(name, hash_of(f"{name}'s password"), NOON, NOON, (role,)), None)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def authenticator(store: SqliteStore, clock: Clock) -> AsyncIterator[Authenticator]:
    made = Authenticator(Security(store, ON), clock.now)
    yield made
    made.close()
