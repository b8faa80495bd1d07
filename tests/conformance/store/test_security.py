"""Users, API keys and roles as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.role import Role, SpacePrivileges
from engine.model.user import ApiKey, User
from engine.ports.store import AuditEntry, Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def user(name: str = "ann", **members: object) -> User:
    return replace(User(name, "hash", NOON, NOON), **members)  # type: ignore[arg-type]


def key(key_id: str = "k", owner: str = "ann", **members: object) -> ApiKey:
    return replace(ApiKey(key_id, "a key", owner, "hash", NOON), **members)  # type: ignore[arg-type]


def role(name: str = "r", **members: object) -> Role:
    return replace(Role(name), **members)  # type: ignore[arg-type]


def audit(operation: str) -> AuditEntry:
    return AuditEntry(NOON, "root", operation, "user", "ann", "*")


async def audited(store: Store) -> list[str]:
    return [entry.operation for entry in await store.audit("*")]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"roles": ("b", "a"), "enabled": False, "version": 3, "created_by": "root", "updated_by": "bob"},
    ],
)
async def test_a_user_comes_back_as_stored(store: Store, members: dict[str, object]) -> None:
    assert await store.insert_user(user(**members), audit("create"))
    assert await store.users() == [user(**members)]
    assert await audited(store) == ["create"]


async def test_a_name_is_taken_once_and_names_are_in_order(store: Store) -> None:
    for name in ("zoe", "Bob", "ann"):
        assert await store.insert_user(user(name), None)
    assert not await store.insert_user(user("ann", roles=("superuser",)), audit("create"))
    assert await store.users() == [user("Bob"), user("ann"), user("zoe")]
    assert await audited(store) == []


async def test_a_user_is_changed_by_whoever_knows_the_version(store: Store) -> None:
    await store.insert_user(user(), None)
    changed = user(password_hash="other", roles=("viewer",))
    assert await store.change_user(changed, 1, audit("update"))
    assert not await store.change_user(user(), 1, audit("again"))
    assert not await store.change_user(user("nobody"), 1, audit("unknown"))
    assert await store.users() == [replace(changed, version=2)]
    assert await audited(store) == ["update"]


async def test_keys_go_with_their_owner(store: Store) -> None:
    for name in ("ann", "bob"):
        await store.insert_user(user(name), None)
    assert await store.insert_api_key(key("1", "ann"), audit("create"))
    assert await store.insert_api_key(key("2", "bob", expires_at=NOON, created_by="bob"), None)
    assert await store.delete_user("ann", audit("delete"))
    assert not await store.delete_user("ann", audit("again"))
    assert await store.api_keys() == [key("2", "bob", expires_at=NOON, created_by="bob")]
    assert [each.name for each in await store.users()] == ["bob"]
    assert await audited(store) == ["create", "delete"]


async def test_a_key_needs_an_owner(store: Store) -> None:
    assert not await store.insert_api_key(key(owner="nobody"), audit("create"))
    assert await store.api_keys() == []
    assert await audited(store) == []


async def test_keys_are_listed_as_made_and_removed_by_id(store: Store) -> None:
    await store.insert_user(user(), None)
    for key_id, minutes in (("c", 0), ("b", 0), ("a", 1)):
        await store.insert_api_key(key(key_id, created_at=NOON + timedelta(minutes=minutes)), None)
    assert [each.id for each in await store.api_keys()] == ["b", "c", "a"]
    assert await store.delete_api_key("c", audit("revoke"))
    assert not await store.delete_api_key("c", audit("again"))
    assert [each.id for each in await store.api_keys()] == ["b", "a"]
    assert await audited(store) == ["revoke"]


WHOLE = {
    "kibana": (
        SpacePrivileges(("default", "ops"), ("read",)),
        SpacePrivileges(("other",), feature={"stackAlerts": ("all",), "actions": ("read", "x")}),
    ),
    "elasticsearch": {"cluster": ["manage_security"], "indices": [{"names": ["*"], "privileges": ["read"]}]},
    "description": "Ä",
    "metadata": {"team": {"z": 1, "a": [None]}},
}


async def test_a_role_comes_back_as_stored_and_is_replaced_as_a_whole(store: Store) -> None:
    assert await store.put_role(role(**WHOLE), audit("create"))
    assert await store.roles() == [role(**WHOLE)]
    assert await store.put_role(role(), audit("update"))
    assert await store.roles() == [role()]
    assert await audited(store) == ["create", "update"]


async def test_create_only_leaves_a_role_as_it_is(store: Store) -> None:
    assert await store.put_role(role("b"), None, create_only=True)
    assert not await store.put_role(role("b", **WHOLE), audit("create"), create_only=True)
    assert await store.put_role(role("a"), None)
    assert await store.roles() == [role("a"), role("b")]
    assert await store.delete_role("a", audit("delete"))
    assert not await store.delete_role("a", audit("again"))
    assert await store.roles() == [role("b")]
    assert await audited(store) == ["delete"]


async def test_the_stamp_changes_with_everything_that_counts(store: Store) -> None:
    stamps = [await store.security_stamp()]
    for change in (
        store.insert_user(user(), None),
        store.change_user(user(enabled=False), 1, None),
        store.insert_api_key(key(), None),
        store.delete_api_key("k", None),
        store.put_role(role(), None),
        store.delete_role("r", None),
        store.delete_user("ann", None),
    ):
        assert await change
        stamps.append(await store.security_stamp())
    assert len(set(stamps)) == 8
    assert not await store.delete_user("ann", None)
    assert await store.security_stamp() == stamps[-1]


def test_secrets_are_not_shown() -> None:
    assert "hash" not in repr(user()) + repr(key())
