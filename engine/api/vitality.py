"""Whether the program is alive and ready: what supervisors and load balancers ask."""

from http import HTTPStatus

from engine.api.errors import error_answer
from engine.api.route import Answer, Request, Route, answer_json
from engine.model.errors import StoreUnavailable
from engine.ports.store import Store
from engine.service.pulse import OLDEST_TICK_S, Pulse


def routes(pulse: Pulse, store: Store) -> tuple[Route, ...]:
    """Both answer anybody, and outside of spaces only.

    ``/-/healthy`` is answered by the server alone, so that it still tells when the engine hangs.
    """

    async def healthy(request: Request) -> Answer:
        age = pulse.tick_age_s
        if not pulse.is_beating:
            message = (
                f"the scheduler stands still: its last tick began {age:.0f} s ago, {OLDEST_TICK_S:.0f} s are allowed"
            )
            return error_answer(HTTPStatus.SERVICE_UNAVAILABLE, message)
        return answer_json({"status": "healthy", "last_tick_age_s": round(age, 3)})

    async def ready(request: Request) -> Answer:
        reason = await _obstacle(pulse, store)
        if reason is not None:
            return error_answer(HTTPStatus.SERVICE_UNAVAILABLE, reason)
        return answer_json({"status": "ready"})

    return (
        Route(
            "GET",
            "/-/healthy",
            healthy,
            is_open=True,
            is_apart=True,
            in_spaces=False,
            summary="Tell whether the scheduler is at work",
        ),
        Route("GET", "/-/ready", ready, is_open=True, in_spaces=False, summary="Tell whether rules can run"),
    )


async def _obstacle(pulse: Pulse, store: Store) -> str | None:
    """What keeps rules from running; None: nothing. Callers without credentials see it, so it names no places."""
    if not pulse.has_ticked:
        return "not ready yet: no tick of the scheduler has ended"
    if not pulse.is_beating:
        return "not ready: the scheduler stands still"
    if pulse.failure is not None:
        return f"not ready: the last tick failed ({pulse.failure}); the log tells why"
    try:
        await store.next_due()
    except StoreUnavailable:
        return "not ready: the store does not answer; the log tells why"
    return None
