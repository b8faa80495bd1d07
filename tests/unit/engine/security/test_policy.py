"""When security is on: what the operator says, else where the API listens and whether there are users."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.errors import Unauthorized
from engine.model.user import User
from engine.security.authentication import Authenticator
from engine.security.caller import ANYBODY, NOBODY
from engine.security.directory import Directory
from engine.security.policy import OFF, Security, SecurityPolicy
from engine.store.sqlite import SqliteStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOMEBODY = Directory(users={"ann": User("ann", "hash", NOON, NOON)})


@pytest.mark.parametrize(
    ("setting", "is_reachable", "directory", "is_on"),
    [
        (None, False, Directory(), False),
        (None, False, SOMEBODY, True),
        (None, True, Directory(), True),
        (None, True, SOMEBODY, True),
        (True, False, Directory(), True),
        (False, True, SOMEBODY, False),
    ],
)
def test_when_security_is_on(setting: bool | None, is_reachable: bool, directory: Directory, is_on: bool) -> None:
    assert SecurityPolicy(setting, is_reachable).is_on(directory) is is_on


async def test_callers_are_asked_from_the_first_user_on(store: SqliteStore, clock: Any) -> None:
    for name in ("ann", "vic"):
        await store.delete_user(name, None)
    authenticator = Authenticator(Security(store, SecurityPolicy()), clock.now)
    for authorization in (None, "Basic nonsense"):
        assert await authenticator.authenticate(authorization, "192.0.2.1") == ANYBODY
    await store.insert_user(User("ann", "hash", NOON, NOON), None)
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(None, "192.0.2.1")
    assert await authenticator.authenticate(None, "192.0.2.1", is_open=True) == NOBODY
    with pytest.raises(Unauthorized):
        await authenticator.authenticate("Basic nonsense", "192.0.2.1", is_open=True)
    authenticator.close()


async def test_an_engine_that_was_not_told_judges_nobody(store: SqliteStore) -> None:
    security = Security(store)
    assert security.policy == OFF
    assert await security.judges() is None
    assert list((await security.directory()).users) == ["ann", "vic"]
