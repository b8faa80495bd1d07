"""The health of the alerting framework over HTTP (rest-api.md 4.8)."""

from engine.api.route import Answer, Request, Route, answer_json
from engine.model.errors import Forbidden
from engine.model.settings import EngineSettings
from engine.operations.health import Protection, framework_health
from engine.operations.rule_types import may_read_some_rules
from engine.ports.registry import Registry
from engine.ports.store import Store


def routes(store: Store, registry: Registry, settings: EngineSettings, protection: Protection) -> tuple[Route, ...]:
    """The health, public and for internal clients, for callers who may read some kind of rule."""

    async def health(request: Request) -> Answer:
        if not may_read_some_rules(request.caller.rights, request.space, registry.rule_types(), settings):
            raise Forbidden(f"not allowed in space [{request.space}]: this needs a role that reads some kind of rule")
        return answer_json(await framework_health(store, protection, at=request.at))

    return (
        Route("GET", "/api/alerting/_health", health, summary="Get the health of the alerting framework"),
        Route("GET", "/internal/alerting/_health", health),
    )
