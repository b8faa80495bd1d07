"""Who callers are: passwords and keys against the store, what is remembered, and when guessing ends."""

import asyncio
import base64
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.errors import TooManyRequests, Unauthorized
from engine.operations.api_keys import ApiKeys
from engine.operations.roles import Roles
from engine.operations.users import Users
from engine.security import authentication
from engine.security.authentication import Authenticator
from engine.security.failures import MOST_OF_ADDRESS, MOST_OF_USER_AT_ADDRESS
from engine.store.sqlite import SqliteStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = {"at": NOON, "actor": "root"}
HOME = "192.0.2.1"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


ANN, VIC = basic("ann", "ann's password"), basic("vic", "vic's password")


async def test_a_password_tells_who_asks_and_with_what_rights(authenticator: Authenticator) -> None:
    ann, vic = await authenticator.authenticate(ANN, HOME), await authenticator.authenticate(VIC, HOME)
    assert (ann.name, ann.roles, ann.by_api_key) == ("ann", ("superuser",), False)
    assert (ann.rights.is_superuser, vic.rights.is_superuser) == (True, False)
    assert vic.rights.level("anywhere", "stackAlerts") == "read"


async def test_a_key_has_the_rights_of_its_owner(authenticator: Authenticator, store: SqliteStore) -> None:
    made = await ApiKeys(store).create("ci", "vic", **WHO)
    caller = await authenticator.authenticate(f"ApiKey {made.encoded}", HOME)
    assert (caller.name, caller.roles, caller.api_key_id) == ("vic", ("viewer",), made.key.id)
    assert caller.by_api_key


@pytest.mark.parametrize(
    "header",
    [
        basic("ann", "wrong password"),
        basic("ann", ""),
        basic("Ann", "ann's password"),
        basic("nobody", "nobody"),
        "ApiKey " + base64.b64encode(b"id:secret").decode(),
    ],
)
async def test_wrong_credentials_are_all_refused_alike(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(Unauthorized) as caught:
        await authenticator.authenticate(header, HOME)
    assert str(caught.value) == "unable to authenticate with these credentials"
    assert "password" not in caplog.text


async def test_a_changed_password_counts_from_the_next_request(
    authenticator: Authenticator, store: SqliteStore
) -> None:
    await authenticator.authenticate(ANN, HOME)
    await Users(store).set_password("ann", "another password", **WHO)
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(ANN, HOME)
    assert (await authenticator.authenticate(basic("ann", "another password"), HOME)).name == "ann"


async def test_changed_roles_of_a_user_and_a_changed_role_count_from_the_next_request(
    authenticator: Authenticator, store: SqliteStore
) -> None:
    body = {"elasticsearch": {}, "kibana": [{"base": ["read"]}]}
    await Roles(store).put("mine", body, **WHO)
    await Users(store).set_roles("vic", ["mine"], **WHO)
    assert (await authenticator.authenticate(VIC, HOME)).rights.level("s", "actions") == "read"
    await Roles(store).put("mine", {**body, "kibana": [{"base": ["all"]}]}, **WHO)
    assert (await authenticator.authenticate(VIC, HOME)).rights.level("s", "actions") == "all"
    await Roles(store).delete("mine", **WHO)
    assert (await authenticator.authenticate(VIC, HOME)).rights.level("s", "actions") is None


async def test_users_that_are_shut_out_or_removed_and_their_keys_come_in_no_more(
    authenticator: Authenticator, store: SqliteStore
) -> None:
    key = f"ApiKey {(await ApiKeys(store).create('ci', 'vic', **WHO)).encoded}"
    users = Users(store)
    for _ in range(2):
        await authenticator.authenticate(VIC, HOME)
        await authenticator.authenticate(key, HOME)
        await users.set_enabled("vic", False, **WHO)
        for header in (VIC, key):
            with pytest.raises(Unauthorized):
                await authenticator.authenticate(header, HOME)
        await users.set_enabled("vic", True, **WHO)
    await users.remove("vic", **WHO)
    for header in (VIC, key):
        with pytest.raises(Unauthorized):
            await authenticator.authenticate(header, HOME)


async def test_a_key_ends_when_it_expires_or_is_revoked(
    authenticator: Authenticator, store: SqliteStore, clock: Any
) -> None:
    keys = ApiKeys(store)
    short = await keys.create("short", "ann", lasts=timedelta(minutes=5), **WHO)
    long = await keys.create("long", "ann", **WHO)
    clock.advance(minutes=4, seconds=59)
    for made in (short, long):
        await authenticator.authenticate(f"ApiKey {made.encoded}", HOME)
    clock.advance(seconds=1)
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(f"ApiKey {short.encoded}", HOME)
    await keys.revoke(long.key.id, **WHO)
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(f"ApiKey {long.encoded}", HOME)


async def test_a_password_is_hashed_again_only_after_a_while(
    authenticator: Authenticator, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = authentication.is_password

    def counting(password: str, password_hash: str | None) -> bool:
        hashed.append(password)
        return real(password, password_hash)

    monkeypatch.setattr(authentication, "is_password", counting)
    for _ in range(3):
        await authenticator.authenticate(ANN, HOME)
    assert len(hashed) == 1
    clock.advance(minutes=5)
    await authenticator.authenticate(ANN, HOME)
    assert len(hashed) == 2
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await authenticator.authenticate(basic("ann", "guessed"), HOME)
    assert hashed[2:] == ["guessed", "guessed"]


async def fail(authenticator: Authenticator, header: str, address: str) -> None:
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(header, address)


def wrong_key(number: int) -> str:
    return "ApiKey " + base64.b64encode(f"key-{number}:x".encode()).decode()


async def test_guessing_at_one_user_ends_for_that_address_only(authenticator: Authenticator, clock: Any) -> None:
    guess = "ApiKey " + base64.b64encode(b"one:x").decode()
    for _ in range(MOST_OF_USER_AT_ADDRESS):
        await fail(authenticator, guess, HOME)
    with pytest.raises(TooManyRequests) as caught:
        await authenticator.authenticate(guess, HOME)
    assert caught.value.retry_after_s == 60
    await fail(authenticator, guess, "198.51.100.9")
    await authenticator.authenticate(ANN, HOME)
    clock.advance(minutes=1)
    await fail(authenticator, guess, HOME)


async def test_guessing_at_many_users_ends_for_the_address(authenticator: Authenticator, clock: Any) -> None:
    for number in range(MOST_OF_ADDRESS):
        await fail(authenticator, wrong_key(number), HOME)
    clock.advance(seconds=50)
    with pytest.raises(TooManyRequests) as caught:
        await authenticator.authenticate(ANN, HOME)
    assert caught.value.retry_after_s == 10
    await authenticator.authenticate(ANN, "198.51.100.9")


async def test_a_flood_of_passwords_is_not_hashed_but_put_off(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "_MOST_WAITING", 2)
    asked = [authenticator.authenticate(basic("ann", f"guess {n}"), f"192.0.2.{n}") for n in range(4)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unauthorized, Unauthorized, TooManyRequests, TooManyRequests]
    assert (await authenticator.authenticate(ANN, HOME)).name == "ann"
