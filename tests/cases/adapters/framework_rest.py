"""Area rest of connector_framework: requests as those of rest_api, over connectors that the store holds already."""

import asyncio
from typing import Any

from tests.cases.adapters.rest_api import run_requests
from tests.cases.adapters.rest_server import RestServer
from tests.cases.matching import require_known

Json = Any


def check_rest(given: Json, expected: Json) -> None:
    """Send the requests of a case."""
    require_known(given, {"requests", "config", "store"}, "given")
    require_known(expected, {"responses"}, "expect")
    asyncio.run(_run(given, expected))


async def _run(given: Json, expected: Json) -> None:
    rows = given.get("store", {})
    require_known(rows, {"connectors"}, "store")
    async with RestServer(given.get("config", {}), stored=rows.get("connectors", ())) as server:
        await run_requests(server, given["requests"], expected["responses"])
