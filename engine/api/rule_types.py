"""Rule types over HTTP (rest-api.md 4.7)."""

from engine.api.route import Answer, Request, Route, answer_json
from engine.model.settings import EngineSettings
from engine.operations.rule_types import authorized_consumers, rule_type_to_json
from engine.ports.registry import Registry


def routes(registry: Registry, settings: EngineSettings) -> tuple[Route, ...]:
    """The rule types, public and for internal clients; a caller sees those of which there is something to read."""

    async def list_types(request: Request) -> Answer:
        shown = []
        for rule_type in registry.rule_types():
            authorized = authorized_consumers(request.caller.rights, request.space, rule_type, settings)
            if authorized:
                shown.append(rule_type_to_json(rule_type, settings, authorized))
        return answer_json(shown)

    return (
        Route("GET", "/api/alerting/rule_types", list_types, summary="List the rule types"),
        Route("GET", "/internal/alerting/_rule_types", list_types),
    )
