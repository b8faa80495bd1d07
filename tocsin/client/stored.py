"""The API on a store that exists, in this process, while a daemon may be working with the store."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from engine.api import (
    alerts,
    data_view_specs,
    explanations,
    internal_rules,
    internal_windows,
    notifications,
    roles,
    rule_files,
    rules,
    spaces,
    windows,
)
from engine.api import bulk as bulk_rules
from engine.api.query import parse_query
from engine.api.route import Method, Request, Route
from engine.api.routing import RouteTable
from engine.model.errors import NotFound
from engine.model.jsonvalue import JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.operations.data_views import DataViewOperations
from engine.operations.roles import Roles
from engine.operations.rules import Rules
from engine.operations.spaces import Spaces
from engine.operations.validation import parse_model
from engine.operations.windows import MaintenanceWindows
from engine.ports.store import Store
from engine.security.caller import Caller
from engine.security.rights import EVERY_RIGHT
from engine.service.clocks import SystemClock, random_id
from engine.service.connector_directory import SpaceConnectors
from tocsin.cli.options import store_url
from tocsin.client.api import Query, pairs_of
from tocsin.client.place import StorePlace
from tocsin.composition import builtin_registry
from tocsin.declared_connectors import declared_connectors
from tocsin.files.config import Config, find_config, load_config
from tocsin.session import refuse
from tocsin.stored import existing_store
from tocsin.user_name import user_name


@asynccontextmanager
async def open_stored(place: StorePlace) -> AsyncIterator["StoredApi"]:
    """The API of a store, by default the one of tocsin.yml; closed again at the end.

    Where the store is named, a tocsin.yml with mistakes is no obstacle. Raises StoreUnavailable, StoreLocked, or
    NotFound for a space that does not exist.
    """
    loaded = load_config(find_config(place.config_file), needs_secrets=False)
    if place.store is None:
        refuse(loaded.problems, "nothing was done")
    store = existing_store(loaded.config.store if place.store is None else store_url(place.store))
    await store.open()
    try:
        yield await stored_api(store, loaded.config, place.space)
    finally:
        await store.close()


async def stored_api(store: Store, config: Config, space: str) -> "StoredApi":
    """The API on an open store, with the connectors of the settings. Raises NotFound for an unknown space."""
    registry = builtin_registry()
    of_rules = Rules(
        store=store,
        registry=registry,
        connectors=SpaceConnectors(store, declared_connectors(config, registry)),
        settings=config.engine,
        new_id=random_id,
    )
    of_spaces, of_windows = Spaces(store, of_rules), MaintenanceWindows(store, random_id)
    if not await of_spaces.exists(space):
        raise NotFound("space", space)
    served = (
        *rules.routes(of_rules),
        *internal_rules.routes(of_rules, store, registry),
        *bulk_rules.routes(of_rules, store, config.engine),
        *rule_files.routes(of_rules),
        *explanations.routes(of_rules, store),
        *alerts.routes(store, registry, config.engine),
        *notifications.routes(store, registry),
        *windows.routes(of_windows),
        *internal_windows.routes(of_windows),
        *data_view_specs.routes(DataViewOperations(store, random_id)),
        *spaces.routes(of_spaces),
        *roles.routes(Roles(store)),
    )
    return StoredApi(RouteTable(served), SystemClock().now, space, user_name())


@dataclass(frozen=True, slots=True)
class StoredApi:
    """An `Api` whose routes are called as functions: by the operator, who may do everything, under his own name.

    What they raise passes as it is, with its own code.
    """

    table: RouteTable
    now: Callable[[], datetime]
    space: str
    user: str

    @property
    def kind(self) -> Literal["store"]:
        return "store"

    async def ask(self, method: Method, path: str, *, query: Query | None = None, body: JsonValue = None) -> Any:
        """See the protocol."""
        found = self.table.find(method, path)
        if found is None:
            raise ValueError(f"{method} {path} is not served on stores")
        route = found.route
        _check_body(route, body)
        request = Request(
            method=method,
            path=path,
            at=self.now(),
            parts=found.parts,
            space=self.space if route.in_spaces else DEFAULT_SPACE,
            query=None if route.query is None else parse_query(route.query, pairs_of(query)),
            body=body,
            caller=Caller(self.user, EVERY_RIGHT, is_operator=True),
        )
        content = (await route.handle(request)).content
        return orjson.loads(content) if content else None


def _check_body(route: Route, body: JsonValue) -> None:
    if route.body is not None and not (body is None and route.body_is_optional):
        parse_model(route.body, body)
