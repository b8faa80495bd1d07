"""Roles over HTTP (rest-api.md 7.1). They are global: the same under the path of every space."""

from dataclasses import dataclass

from engine.api.errors import Misplaced
from engine.api.query import QueryBool
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.model.errors import InvalidInput, Problem
from engine.operations.role_form import RoleBody, role_to_json
from engine.operations.roles import LONGEST_NAME, Roles
from engine.operations.values import Strict
from engine.security.caller import ClusterNeed

_ROLE = "/api/security/role/{name}"
_READING = ClusterNeed(("manage_security", "read_security", "all"))
_WRITING = ClusterNeed(("manage_security", "all"))


class GetQuery(Strict):
    """Nothing is ever deprecated here: accepted without effect."""

    replaceDeprecatedPrivileges: QueryBool = False  # noqa: N815 - the wire's name


class PutQuery(Strict):
    """The query of storing a role."""

    createOnly: QueryBool = False  # noqa: N815 - the wire's name


def routes(roles: Roles) -> tuple[Route, ...]:
    """The routes of roles, for whoever may manage security; of reading, for whoever may read it."""
    on = _RoleRoutes(roles)
    every, one = "/api/security/role", _ROLE
    return (
        Route("GET", every, on.find, query=GetQuery, needs=_READING, summary="List the roles"),
        Route("GET", one, on.get, query=GetQuery, needs=_READING, summary="Get a role"),
        Route("PUT", one, on.put, query=PutQuery, body=RoleBody, needs=_WRITING, summary="Make or replace a role"),
        Route("DELETE", one, on.delete, needs=_WRITING, summary="Delete a role"),
    )


@dataclass(frozen=True, slots=True)
class _RoleRoutes:
    """One method a route; what each may raise is what its operation raises."""

    roles: Roles

    async def find(self, request: Request) -> Answer:
        return answer_json([role_to_json(role) for role in await self.roles.find()])

    async def get(self, request: Request) -> Answer:
        return answer_json(role_to_json(await self.roles.get(request.parts["name"])))

    async def put(self, request: Request) -> Answer:
        name = request.parts["name"]
        if len(name) > LONGEST_NAME:
            problem = Problem("name", f"has {len(name)} characters", f"use at most {LONGEST_NAME}")
            raise Misplaced("request params", InvalidInput([problem]))
        create_only = request.query_as(PutQuery).createOnly
        await self.roles.put(name, request.body, at=request.at, actor=request.caller.name, create_only=create_only)
        return NO_CONTENT

    async def delete(self, request: Request) -> Answer:
        await self.roles.delete(request.parts["name"], at=request.at, actor=request.caller.name)
        return NO_CONTENT
