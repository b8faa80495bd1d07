"""The HTTP API beside the daemon's work: it listens before the first rule runs, and ends with the rules."""

from collections.abc import Callable

from engine.api.server import ApiServer, Bridge
from engine.model.errors import InvalidInput, Problem
from tocsin.composition import Parts
from tocsin.files.api_section import ApiOptions
from tocsin.http_api import ApiContext, build_api


async def start_api(parts: Parts, options: ApiOptions, on_change: Callable[[], None]) -> ApiServer:
    """Listen where the options say. ``on_change`` is called after each request that may have changed something.

    Raises InvalidInput for an address that others can reach, and what `ApiServer.start` raises.
    """
    address = options.address
    if address is None:
        raise ValueError("there is nothing to listen on")
    if not address.is_loopback:
        # DECISIONS 21: whoever reaches the API may do everything.
        message, remedy = f"{address} can be reached from elsewhere", "listen on 127.0.0.1 or [::1]"
        raise InvalidInput([Problem("api.listen", message, remedy)])
    context = ApiContext(settings=options.settings, hand_over=Bridge(), on_change=on_change)
    server = ApiServer(build_api(parts, context), address, options.certificate)
    await server.start()
    return server
