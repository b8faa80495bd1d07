"""The HTTP API beside the daemon's work: it listens before the first rule runs, and ends with the rules."""

from collections.abc import Callable

from engine.api.authentication import authenticate_by
from engine.api.metrics import Metrics
from engine.api.server import ApiServer, Bridge
from engine.api.status import Level
from engine.operations.health import Protection
from engine.security.authentication import Authenticator
from engine.service.pulse import Pulse
from tocsin.composition import Parts
from tocsin.files.api_section import ApiOptions
from tocsin.http_api import ApiContext, build_api


async def start_api(parts: Parts, options: ApiOptions, on_change: Callable[[], None]) -> ApiServer:
    """Listen where the options say. ``on_change`` is called after each request that may have changed something.

    Whether callers must say who they are is the policy of the parts' security. Raises what `ApiServer.start` raises.
    """
    address = options.address
    if address is None:
        raise ValueError("there is nothing to listen on")
    pulse, metrics = Pulse(), Metrics()
    parts.observers.add(pulse)
    parts.observers.add(metrics)
    context = ApiContext(
        settings=options.settings,
        authenticate=authenticate_by(Authenticator(parts.security, parts.clock.now)),
        hand_over=Bridge(),
        on_change=on_change,
        protection=Protection(
            is_secured=await parts.security.judges() is not None,
            is_encrypted=options.certificate is not None,
            has_key=parts.vault.has_key,
        ),
        level=lambda: level_of(pulse),
        pulse=pulse,
        metrics=metrics,
    )
    server = ApiServer(build_api(parts, context), address, options.certificate)
    await server.start()
    return server


def level_of(pulse: Pulse) -> Level:
    """How a service with that pulse is."""
    if not pulse.is_beating:
        return "unavailable"
    return "available" if pulse.failure is None else "degraded"
