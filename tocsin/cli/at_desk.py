"""The frame of verbs about users and API keys, which are kept in the store alone."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tocsin.cli.options import Globals
from tocsin.cli.place import store_only

if TYPE_CHECKING:
    from tocsin.security_desk import SecurityDesk

on_store = store_only(
    "users and API keys are kept in the store alone",
    "run the command where the daemon runs, without it or with --store",
)
"""``--store`` for these verbs; no daemon lets anybody change over the network who may come in."""


def act_at_desk(
    options: Globals,
    store: str | None,
    work: "Callable[[SecurityDesk], Awaitable[int | None]]",
    *,
    makes_store: bool = False,
) -> int:
    """Do something at the security desk of a store; the exit code, 0 if the work returns none."""
    import asyncio

    from tocsin.security_desk import open_security_desk

    async def act() -> int:
        async with open_security_desk(options.config, store, makes_store=makes_store) as desk:
            return await work(desk) or 0

    return asyncio.run(act())
