"""The desk at which commands are given to a store that exists, while a daemon may be working with it."""

import getpass
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from engine.operations.data_views import DataViewOperations
from engine.operations.notifications import Notifications
from engine.operations.rules import Rules
from engine.operations.windows import MaintenanceWindows
from engine.ports.store import Store, StoredRule
from engine.service.clocks import SystemClock, random_id
from engine.service.connector_directory import SpaceConnectors
from tocsin.cli.options import store_url
from tocsin.composition import builtin_registry
from tocsin.declared_connectors import declared_connectors
from tocsin.files.config import find_config, load_config
from tocsin.session import refuse
from tocsin.stored import existing_store, find_rule


@dataclass(frozen=True, slots=True)
class Desk:
    """What a user may do to what a store holds, now and under the user's own name."""

    store: Store
    rules: Rules
    notifications: Notifications
    windows: MaintenanceWindows
    data_views: DataViewOperations
    at: datetime
    actor: str

    async def find(self, texts: Sequence[str]) -> list[StoredRule]:
        """The rules of ids or names, each once. Raises InvalidInput before anything is done to any."""
        found = [await find_rule(self.store, text) for text in texts]
        return list({stored.rule.id: stored for stored in found}.values())

    def as_of_now(self) -> "Desk":
        """The desk some time later, when somebody has thought about an answer."""
        return replace(self, at=SystemClock().now())


@asynccontextmanager
async def open_desk(config_file: Path | None, store: str | None) -> AsyncIterator[Desk]:
    """The desk of a store, by default the one of tocsin.yml; closed again at the end.

    Where the store is named, a tocsin.yml with mistakes is no obstacle. Raises StoreUnavailable, StoreLocked.
    """
    loaded = load_config(find_config(config_file), needs_secrets=False)
    if store is None:
        refuse(loaded.problems)
    opened = existing_store(loaded.config.store if store is None else store_url(store))
    await opened.open()
    try:
        registry = builtin_registry()
        rules = Rules(
            store=opened,
            registry=registry,
            connectors=SpaceConnectors(opened, declared_connectors(loaded.config, registry)),
            settings=loaded.config.engine,
            new_id=random_id,
        )
        windows = MaintenanceWindows(opened, random_id)
        views = DataViewOperations(opened, random_id)
        yield Desk(opened, rules, Notifications(opened), windows, views, SystemClock().now(), user_name())
    finally:
        await opened.close()


def user_name() -> str:
    """Who gives a command, for the record: the name that the machine knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return f"uid {os.getuid()}"
