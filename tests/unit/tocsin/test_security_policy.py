"""Where a daemon may listen with and without users, and what it says to that."""

import logging
from pathlib import Path

import pytest

from engine.api.address import Address, Certificate
from engine.model.errors import InvalidInput
from engine.model.user import User
from engine.security.policy import OFF
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine
from tocsin.security_policy import settle_policy

LOOPBACK = ("127.0.0.1", "::1", "localhost")
REACHABLE = ("0.0.0.0", "192.0.2.1", "::", "box.example.org")
TLS = Certificate(Path("api.pem"), Path("api-key.pem"))


async def settle(
    setting: bool | None, host: str | None, *, is_encrypted: bool = False, users: tuple[str, ...] = ()
) -> bool | str:
    """Whether security is on then, or why the daemon does not start."""
    async with AsyncEngine() as engine:
        for name in users:
            await engine.parts.store.insert_user(user(name, engine), None)
        address = None if host is None else Address(host, 0)
        options = ApiOptions(address, TLS if is_encrypted else None)
        security = engine.parts.security
        try:
            await settle_policy(security, setting, options)
        except InvalidInput as error:
            assert security.policy == OFF
            return str(error)
        return await security.judges() is not None


def user(name: str, engine: AsyncEngine) -> User:
    now = engine.clock.now()
    return User(name, "hash", now, now)


@pytest.mark.parametrize("host", [None, *LOOPBACK])
@pytest.mark.parametrize(
    ("setting", "users", "is_on"),
    [
        (None, (), False),
        (None, ("ann",), True),
        (True, (), True),
        (False, ("ann",), False),
    ],
)
async def test_on_this_machine_alone_users_decide_unless_the_operator_does(
    caplog: pytest.LogCaptureFixture, host: str | None, setting: bool | None, users: tuple[str, ...], is_on: bool
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await settle(setting, host, users=users) is is_on
    assert caplog.text == ""


@pytest.mark.parametrize("host", REACHABLE)
async def test_where_others_reach_it_somebody_must_be_able_to_come_in(host: str) -> None:
    for setting in (None, True):
        refusal = await settle(setting, host)
        assert str(refusal).startswith("api.listen: ")
        assert "there is no user who could come in (add one with `tocsin users add" in str(refusal)
        assert await settle(setting, host, users=("ann",)) is True


async def test_security_that_is_off_where_others_reach_it_is_told_loudly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await settle(False, "0.0.0.0", is_encrypted=True) is False
    assert "SECURITY IS OFF" in caplog.text


@pytest.mark.parametrize(("is_encrypted", "told"), [(False, "without TLS"), (True, "")])
async def test_credentials_that_travel_in_the_open_are_told(
    caplog: pytest.LogCaptureFixture, is_encrypted: bool, told: str
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await settle(None, "0.0.0.0", users=("ann",), is_encrypted=is_encrypted) is True
    assert told in caplog.text if told else caplog.text == ""
