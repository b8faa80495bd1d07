"""Users and their API keys: what may be done to them, what is told of it, what is never told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.errors import Conflict, InvalidInput, NotFound, TocsinError
from engine.operations.api_keys import ApiKeys
from engine.operations.users import Users
from engine.security.passwords import is_password

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = {"at": NOON, "actor": "root"}
SECRET = "a secret word"


async def no_pause() -> None:
    return None


@pytest.fixture
def users(world: Any) -> Users:
    return Users(world.store, pause=no_pause)


@pytest.fixture
def keys(world: Any) -> ApiKeys:
    return ApiKeys(world.store)


async def test_a_user_is_added_with_a_hash_and_known_roles(users: Users) -> None:
    added = await users.add("ann@example.org", SECRET, ["viewer", "editor", "viewer"], **WHO)
    assert (added.roles, added.created_by, added.created_at, added.enabled) == (
        ("viewer", "editor"),
        "root",
        NOON,
        True,
    )
    assert is_password(SECRET, added.password_hash)
    assert await users.find() == [added] == [await users.get("ann@example.org")]


@pytest.mark.parametrize(
    ("name", "password", "roles", "path"),
    [
        ("", SECRET, [], "name"),
        ("a:b", SECRET, [], "name"),
        ("rule files", SECRET, [], "name"),
        ("a" * 257, SECRET, [], "name"),
        ("ann", "short", [], "password"),
        ("ann", SECRET, ["edtor"], "roles"),
    ],
)
async def test_what_is_no_user_is_refused(users: Users, name: str, password: str, roles: list[str], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await users.add(name, password, roles, **WHO)
    assert [problem.path for problem in caught.value.problems] == [path]
    assert await users.find() == []


async def test_a_name_is_taken_once(users: Users) -> None:
    await users.add("ann", SECRET, [], **WHO)
    with pytest.raises(Conflict):
        await users.add("ann", "another secret", ["superuser"], **WHO)
    assert (await users.get("ann")).roles == ()


async def test_users_are_changed_one_thing_at_a_time(users: Users) -> None:
    await users.add("ann", SECRET, ["viewer"], **WHO)
    later = NOON + timedelta(minutes=1)
    await users.set_password("ann", "another secret", at=later, actor="bob")
    await users.set_roles("ann", ["editor"], at=later, actor="bob")
    await users.set_enabled("ann", False, at=later, actor="bob")
    ann = await users.get("ann")
    assert (ann.roles, ann.enabled, ann.version, ann.updated_by, ann.created_by) == (
        ("editor",),
        False,
        4,
        "bob",
        "root",
    )
    assert is_password("another secret", ann.password_hash)


async def test_unknown_users_are_named(users: Users) -> None:
    for change in (
        users.set_password("ann", SECRET, **WHO),
        users.set_roles("ann", ["viewer"], **WHO),
        users.set_enabled("ann", True, **WHO),
        users.remove("ann", **WHO),
    ):
        with pytest.raises(NotFound, match=r"user \[ann\] not found"):
            await change


async def test_a_change_that_others_were_faster_with_is_tried_again_and_then_given_up(users: Users, world: Any) -> None:
    await users.add("ann", SECRET, [], **WHO)
    write, others = world.store.change_user, 2

    async def change_user(user: Any, expected: int, audit: Any) -> bool:
        nonlocal others
        if others:
            others -= 1
            stored = await users.get("ann")
            await write(replace(stored, roles=("theirs",)), stored.version, None)
        return bool(await write(user, expected, audit))

    world.store.change_user = change_user
    assert (await users.set_enabled("ann", False, **WHO)).roles == ("theirs",)
    others = 3
    with pytest.raises(Conflict):
        await users.set_enabled("ann", True, **WHO)


async def test_everything_done_is_audited_without_secrets(users: Users, keys: ApiKeys, world: Any) -> None:
    await users.add("ann", SECRET, ["viewer"], **WHO)
    await users.set_password("ann", "another secret", **WHO)
    made = await keys.create("ci", "ann", lasts=timedelta(days=1), **WHO)
    await keys.revoke(made.key.id, **WHO)
    await users.remove("ann", **WHO)
    entries = await world.store.audit("*")
    assert [(entry.object_kind, entry.operation, entry.actor) for entry in entries] == [
        ("user", "create", "root"),
        ("user", "set_password", "root"),
        ("api_key", "create", "root"),
        ("api_key", "revoke", "root"),
        ("user", "delete", "root"),
    ]
    assert entries[2].details == {"name": "ci", "owner": "ann", "expires_at": "2026-03-02T12:00:00.000Z"}
    secrets = (SECRET, "another secret", made.encoded, made.key.secret_hash)
    assert not any(secret in repr(entries) for secret in secrets)


async def test_keys_are_listed_by_owner(users: Users, keys: ApiKeys) -> None:
    for name in ("ann", "bob"):
        await users.add(name, SECRET, [], **WHO)
    made = [(await keys.create(f"key of {owner}", owner, **WHO)).key for owner in ("ann", "bob")]
    assert sorted(key.id for key in await keys.find()) == sorted(key.id for key in made)
    assert await keys.find("bob") == [made[1]]


@pytest.mark.parametrize(
    ("name", "owner", "lasts", "error"),
    [
        ("", "ann", None, InvalidInput),
        ("x" * 257, "ann", None, InvalidInput),
        ("two\nlines", "ann", None, InvalidInput),
        ("ci", "ann", timedelta(days=36_501), InvalidInput),
        ("ci", "nobody", None, NotFound),
    ],
)
async def test_what_is_no_key_is_refused(
    users: Users, keys: ApiKeys, name: str, owner: str, lasts: timedelta | None, error: type[TocsinError]
) -> None:
    await users.add("ann", SECRET, [], **WHO)
    with pytest.raises(error):
        await keys.create(name, owner, lasts=lasts, **WHO)
    assert await keys.find() == []
    with pytest.raises(NotFound):
        await keys.revoke("unknown", **WHO)
