"""The HTTP API of one case: the program's composition over an empty store in memory, called without a network.

``config`` of a case becomes settings here: `_SETTINGS` lists every key that is known, with what it sets; a key that is
missing there is a failure. Add one where a part of the program learns to be set.
"""

import base64
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from engine.api.authentication import authenticate_by
from engine.api.settings import ApiSettings
from engine.model.connector import Connector
from engine.model.settings import EngineSettings
from engine.model.space import Space
from engine.model.user import User
from engine.operations.api_keys import ApiKeys
from engine.operations.connector_secrets import seal_secrets
from engine.ports.http import HttpClient
from engine.ports.registry import Registry
from engine.ports.search import SearchPort
from engine.ports.store import StoredConnector
from engine.search.local.engine import LocalSearch
from engine.security.authentication import Authenticator
from engine.security.passwords import hash_password
from engine.security.policy import ON, Security
from engine.service.clocks import ManualClock
from engine.store.sqlite import open_store
from engine.vault.vault import AeadVault
from tests.cases.adapters.framework_settings import preconfigured_connectors, split_actions, with_actions
from tests.cases.matching import require_known
from tests.servers.asgi import Answered, call
from tocsin.composition import builtin_registry, compose
from tocsin.http_api import ApiContext, build_api

Json = Any

_BETWEEN_REQUESTS = timedelta(milliseconds=5)
_SETTINGS: dict[str, tuple[str, str]] = {
    "rules.maxScheduledPerMinute": ("engine", "max_scheduled_per_minute"),
    "rules.minimumScheduleInterval.value": ("engine", "minimum_schedule_interval"),
    "rules.minimumScheduleInterval.enforce": ("engine", "enforce_minimum_schedule_interval"),
    "api.clearThrottleOnNull": ("engine", "clear_throttle_on_null"),
    "server.publicBaseUrl": ("engine", "public_base_url"),
    "server.maxPayload": ("api", "max_body_bytes"),
    "server.xsrf.disable": ("api", "is_xsrf_checked"),
    "server.xsrf.disableProtection": ("api", "is_xsrf_checked"),
    "server.xsrf.allowlist": ("api", "xsrf_allowlist"),
    "server.restrictInternalApis": ("api", "restricts_internal"),
    "maintenanceWindow.enabled": ("api", "offers_windows"),
    "xpack.maintenanceWindow.enabled": ("api", "offers_windows"),
    "version": ("api", "version"),
}
"""Dotted key (``xpack.alerting.`` before it or not) -> whose setting it is, and which."""
_PREFIX = "xpack.alerting."
_OF_CASES = {"security", "users", "spaces"}
_ROW = {"id", "name", "connector_type_id", "config", "secrets", "is_missing_secrets", "space"}
_KEY = "the encryption key of all cases, long enough"
_PASSWORD = "correct horse"
_ROLES: dict[str, tuple[str, ...]] = {
    "all": ("editor",),
    "read": ("viewer",),
    "none": (),
    "superuser": ("superuser",),
}
"""What the users of a case hold -> the roles that grant it."""


@dataclass
class RestServer:
    """The server of one case, as an async context manager. ``now`` is when it started.

    ``stored``: connectors that the store holds already, with plain secrets; ``http``, ``search``: the other side of
    connectors, by default one that nothing is sent to, and one without any index.
    """

    config: Mapping[str, Json] = field(default_factory=dict)
    stored: Sequence[Json] = ()
    http: HttpClient | None = None
    search: SearchPort = field(default_factory=lambda: LocalSearch(lambda: datetime.now(UTC)))
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    async def __aenter__(self) -> "RestServer":
        actions, config = split_actions(self.config)
        engine, api = _settings(config)
        engine = with_actions(engine, actions)
        self._clock = ManualClock(self.now)
        self.vault = AeadVault([_KEY])
        self._exits = AsyncExitStack()
        store = open_store("sqlite://")
        await store.open()
        self._exits.push_async_callback(store.close)
        self.parts = compose(
            store=store,
            search=self.search,
            registry=_registry(),
            connectors=preconfigured_connectors(actions, _registry(), engine),
            clock=self._clock,
            settings=engine,
            vault=self.vault,
            http=self.http,
        )
        self._exits.push_async_callback(self.search.close)
        for row in self.stored:
            await self._store_connector(row)
        self._exits.push_async_callback(self.parts.http.close)
        self._app = build_api(self.parts, await self._context(api))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def _store_connector(self, row: Json) -> None:
        require_known(row, _ROW, "stored connector")
        members = {"space": "default", "config": {}, "secrets": {}, "is_missing_secrets": False, **row}
        connector = Connector(**members)
        if not connector.is_missing_secrets:
            connector = seal_secrets(connector, self.vault)
        stored = StoredConnector(connector, 1, self.now, self.now)
        assert await self.parts.store.insert_connector(stored, None)

    async def _context(self, settings: ApiSettings) -> ApiContext:
        for space_id in self.config.get("spaces", ()):
            await self.parts.store.put_space(Space(space_id, space_id), None)
        self._credentials: dict[str, str] = {}
        security = self.config.get("security", "off")
        assert security in ("on", "off"), f"security is {security!r}"
        if security == "off":
            return ApiContext(settings=settings)
        await self._add_users({"admin": "superuser", **self.config.get("users", {})})
        authenticator = Authenticator(Security(self.parts.store, ON), self._clock.now)
        self._exits.callback(authenticator.close)
        return ApiContext(settings=settings, authenticate=authenticate_by(authenticator))

    async def _add_users(self, users: Mapping[str, str]) -> None:
        """Users with a password and an API key each; what they hold is a name of `_ROLES`."""
        keys = ApiKeys(self.parts.store)
        for name, held in users.items():
            user = User(name, _hash_of(_PASSWORD), self.now, self.now, _ROLES[held])
            assert await self.parts.store.insert_user(user, None)
            made = await keys.create("key", name, at=self.now, actor=None)
            self._credentials[name] = "Basic " + base64.b64encode(f"{name}:{_PASSWORD}".encode()).decode()
            self._credentials[f"{name}_apikey"] = f"ApiKey {made.encoded}"

    def credentials(self, who: str | None) -> Mapping[str, str]:
        """The headers by which a user of the case comes in: its name, ``none``, ``bad``, ``<user>_apikey``."""
        if who == "none" or not self._credentials:
            return {}
        if who == "bad":
            return {"authorization": "Basic " + base64.b64encode(b"admin:wrong").decode()}
        return {"authorization": self._credentials[who or "admin"]}

    async def send(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answered:
        """One request, its path as written; time goes on a little before it."""
        self._clock.set(self._clock.now() + _BETWEEN_REQUESTS)
        return await call(self._app, method, path, headers, content)


@cache
def _hash_of(password: str) -> str:
    """Hashing is slow on purpose, and every case has the same password."""
    return hash_password(password)


@cache
def _registry() -> Registry:
    """Built once: it holds nothing that a case could change."""
    return builtin_registry()


def _settings(config: Mapping[str, Json]) -> tuple[EngineSettings, ApiSettings]:
    chosen: dict[str, dict[str, Json]] = {"engine": {}, "api": {}}
    for key, value in config.items():
        if key in _OF_CASES:
            continue
        known = _SETTINGS.get(key.removeprefix(_PREFIX))
        assert known is not None, f"unknown setting {key}"
        whose, name = known
        is_turned = name == "is_xsrf_checked"
        chosen[whose][name] = not value if is_turned else frozenset(value) if isinstance(value, list) else value
    return replace(EngineSettings(), **chosen["engine"]), replace(ApiSettings(), **chosen["api"])
