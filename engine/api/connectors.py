"""Connectors over HTTP (connector-framework.md 11): stored ones, preconfigured ones, their types, executions."""

from dataclasses import dataclass

from engine.api.query import QueryBool
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.model.connector_trace import UsedKey
from engine.model.settings import EngineSettings
from engine.operations.connector_executions import Asked, ConnectorExecutions
from engine.operations.connector_form import ConnectorBody, ConnectorChanges, ExecutionBody
from engine.operations.connector_presentation import connector_to_json, result_to_json
from engine.operations.connector_types import connector_types_to_json
from engine.operations.connectors import ConnectorOperations
from engine.operations.validation import parse_model
from engine.operations.values import Strict
from engine.ports.registry import Registry
from engine.security.caller import Caller, Need
from engine.security.features import ACTIONS

_ALL = "/api/actions/connector"
_ONE = "/api/actions/connector/{id}"
_READING, _WRITING, _EXECUTING = Need(ACTIONS, "read"), Need(ACTIONS, "all"), Need(ACTIONS, "execute")


class DeleteQuery(Strict):
    """The query of deleting a connector: with ``force=false`` one that rules use is kept."""

    force: QueryBool = True


class TypesQuery(Strict):
    """The query of listing connector types."""

    feature_id: str | None = None


def routes(
    connectors: ConnectorOperations, executions: ConnectorExecutions, registry: Registry, settings: EngineSettings
) -> tuple[Route, ...]:
    """The public routes, and the internal lists, which hold system connectors, too."""
    on = _ConnectorRoutes(connectors, executions, registry, settings)
    create = "Create a connector"
    return (
        Route("POST", _ALL, on.create, body=ConnectorBody, needs=_WRITING, summary=create),
        Route("POST", _ONE, on.create, body=ConnectorBody, needs=_WRITING, summary=f"{create} with an id of your own"),
        Route("GET", _ONE, on.get, needs=_READING, summary="Get a connector, without its secrets"),
        Route("PUT", _ONE, on.update, body=ConnectorChanges, needs=_WRITING, summary="Replace a connector"),
        Route("DELETE", _ONE, on.delete, query=DeleteQuery, needs=_WRITING, summary="Delete a connector"),
        Route("POST", f"{_ONE}/_execute", on.execute, body=ExecutionBody, needs=_EXECUTING, summary="Use a connector"),
        Route("GET", "/api/actions/connectors", on.find, needs=_READING, summary="List the connectors"),
        Route("GET", "/api/actions/connector_types", on.types, query=TypesQuery, summary="List the connector types"),
        Route("GET", "/internal/actions/connectors", on.find, needs=_READING, summary="List all connectors"),
        Route("GET", "/internal/actions/connector_types", on.types, query=TypesQuery, summary="List all types"),
    )


@dataclass(frozen=True, slots=True)
class _ConnectorRoutes:
    """One method a route; what each may raise is what its operation raises."""

    connectors: ConnectorOperations
    executions: ConnectorExecutions
    registry: Registry
    settings: EngineSettings

    async def create(self, request: Request) -> Answer:
        created = await self.connectors.create(
            request.body,
            connector_id=request.parts.get("id"),
            at=request.at,
            actor=request.caller.name,
            space=request.space,
        )
        return answer_json(connector_to_json(created, self.registry))

    async def get(self, request: Request) -> Answer:
        found = await self.connectors.get(request.parts["id"], space=request.space)
        return answer_json(connector_to_json(found, self.registry))

    async def update(self, request: Request) -> Answer:
        changed = await self.connectors.update(
            request.parts["id"], request.body, at=request.at, actor=request.caller.name, space=request.space
        )
        return answer_json(connector_to_json(changed, self.registry))

    async def delete(self, request: Request) -> Answer:
        await self.connectors.delete(
            request.parts["id"],
            at=request.at,
            actor=request.caller.name,
            space=request.space,
            force=request.query_as(DeleteQuery).force,
        )
        return NO_CONTENT

    async def find(self, request: Request) -> Answer:
        listed = await self.connectors.find(space=request.space, with_system=_is_internal(request))
        return answer_json(
            [connector_to_json(each.connector, self.registry, each.referenced_by_count) for each in listed]
        )

    async def types(self, request: Request) -> Answer:
        feature_id = request.query_as(TypesQuery).feature_id
        return answer_json(
            connector_types_to_json(
                self.registry, self.settings, feature_id=feature_id, with_system=_is_internal(request)
            )
        )

    async def execute(self, request: Request) -> Answer:
        params = parse_model(ExecutionBody, request.body).params
        sent = request.headers.get("content-length", "")
        asked = Asked(
            "http_request",
            request.space,
            user=request.caller.name,
            api_key=_used_key(request.caller),
            request_body_bytes=int(sent) if sent.isdecimal() else 0,
        )
        result = await self.executions.execute(request.parts["id"], params, asked)
        return answer_json(result_to_json(request.parts["id"], result))


def _used_key(caller: Caller) -> UsedKey | None:
    return None if caller.api_key_id is None else UsedKey(caller.api_key_id, caller.api_key_name or "")


def _is_internal(request: Request) -> bool:
    return "/internal/" in request.path
