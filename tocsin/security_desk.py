"""The desk at which an operator keeps users and API keys, while a daemon may be working with the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.operations.api_keys import ApiKeys
from engine.operations.users import Users
from engine.service.clocks import SystemClock
from engine.store.sqlite import open_store
from tocsin.cli.options import store_url
from tocsin.files.config import find_config, load_config
from tocsin.session import refuse
from tocsin.stored import PATIENCE_S, refuse_missing_store
from tocsin.user_name import user_name


@dataclass(frozen=True, slots=True)
class SecurityDesk:
    """What may be done to users and keys, now and under the operator's own name."""

    users: Users
    keys: ApiKeys
    at: datetime
    actor: str


@asynccontextmanager
async def open_security_desk(
    config_file: Path | None, store: str | None, *, makes_store: bool = False
) -> AsyncIterator[SecurityDesk]:
    """The desk of a store, by default the one of tocsin.yml; closed again at the end.

    ``makes_store``: that one need not exist yet; one that was named must. Raises StoreUnavailable, StoreLocked.
    """
    loaded = load_config(find_config(config_file), needs_secrets=False)
    if store is None:
        refuse(loaded.problems, "nothing was done")
    url = loaded.config.store if store is None else store_url(store)
    if store is not None or not makes_store:
        refuse_missing_store(url)
    opened = open_store(url, patience_s=PATIENCE_S)
    await opened.open()
    try:
        at = SystemClock().now()
        yield SecurityDesk(Users(opened), ApiKeys(opened), at, user_name())
    finally:
        await opened.close()
