"""Finding out who asks: Basic and ApiKey against the store (rest-api.md 1.7)."""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from engine.model.errors import TooManyRequests, Unauthorized
from engine.model.user import User
from engine.security.api_keys import is_secret
from engine.security.caller import ANYBODY, NOBODY, Caller
from engine.security.credentials import Key, Password, read_credentials
from engine.security.directory import Directory
from engine.security.failures import FailureLimit
from engine.security.passwords import is_password
from engine.security.policy import Security

_log = logging.getLogger("tocsin.security")

REMEMBERED_FOR = timedelta(minutes=5)
_MOST_REMEMBERED = 1000
_HASHING_THREADS = 2
"""Hashing is dear on purpose: however many ask at once, two processors and twice its memory are all that it gets."""
_MOST_WAITING = 100
"""More passwords than these wait for nothing: whoever sends that many at once is told to come again."""


class Authenticator:
    """Tells who callers are. A changed password, role or key counts from the next request on."""

    def __init__(self, security: Security, now: Callable[[], datetime]) -> None:
        self._security, self._now = security, now
        self._failures = FailureLimit()
        self._verified = _VerifiedPasswords()
        self._hashing = ThreadPoolExecutor(_HASHING_THREADS, thread_name_prefix="tocsin-passwords")
        self._waiting = 0

    async def authenticate(self, authorization: str | None, address: str, *, is_open: bool = False) -> Caller:
        """Who sends an ``Authorization`` header from an address; while security is off `ANYBODY`.

        ``is_open``: whoever sends none is `NOBODY`. Raises Unauthorized, with one text for whatever is wrong with
        credentials; TooManyRequests after many such.
        """
        directory, at = await self._security.judges(), self._now()
        if directory is None:
            return ANYBODY
        if is_open and authorization is None:
            return NOBODY
        credentials = read_credentials(authorization)
        who = credentials.name if isinstance(credentials, Password) else credentials.id
        self._failures.check(address, who, at)
        if isinstance(credentials, Password):
            caller = await self._by_password(directory, credentials, at)
        else:
            caller = _by_key(directory, credentials, at)
        if caller is None:
            self._failures.note(address, who, at)
            _log.warning("refused wrong credentials of [%s] from [%s]", who[:100], address)
            raise Unauthorized("unable to authenticate with these credentials")
        return caller

    @property
    def is_switched_off(self) -> bool:
        """Whether the operator said that nobody is asked, wherever he comes from."""
        return self._security.policy.setting is False

    def close(self) -> None:
        """End the threads that hash; what they are at is not waited for."""
        self._hashing.shutdown(wait=False, cancel_futures=True)

    async def _by_password(self, directory: Directory, given: Password, at: datetime) -> Caller | None:
        user = directory.users.get(given.name)
        if user is None or not self._verified.holds(user, given.password, at):
            if not await self._fits(given.password, None if user is None else user.password_hash):
                return None
            if user is not None:
                self._verified.remember(user, given.password, at)
        return _caller(directory, given.name)

    async def _fits(self, password: str, password_hash: str | None) -> bool:
        if self._waiting >= _MOST_WAITING:
            raise TooManyRequests("too many passwords are being checked: try again", 1)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._hashing, is_password, password, password_hash)
        finally:
            self._waiting -= 1


def _by_key(directory: Directory, given: Key, at: datetime) -> Caller | None:
    key = directory.keys.get(given.id)
    if not is_secret(given.secret, None if key is None else key.secret_hash) or key is None or key.is_expired(at):
        return None
    return _caller(directory, key.owner, key.id, key.name)


def _caller(directory: Directory, name: str, key_id: str | None = None, key_name: str | None = None) -> Caller | None:
    rights = directory.rights(name)
    return None if rights is None else Caller(name, rights, directory.users[name].roles, key_id, key_name)


class _VerifiedPasswords:
    """Which passwords fitted lately, as digests under a key that only this process has.

    A digest covers the stored hash: once that changes, none fits any more.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, datetime] = OrderedDict()

    def holds(self, user: User, password: str, at: datetime) -> bool:
        until = self._until.get(self._digest(user, password))
        return until is not None and until - REMEMBERED_FOR <= at < until

    def remember(self, user: User, password: str, at: datetime) -> None:
        digest = self._digest(user, password)
        self._until[digest] = at + REMEMBERED_FOR
        self._until.move_to_end(digest)
        while len(self._until) > _MOST_REMEMBERED:
            self._until.popitem(last=False)

    def _digest(self, user: User, password: str) -> bytes:
        return hmac.digest(self._key, f"{user.name}\0{user.password_hash}\0{password}".encode(), hashlib.sha256)
