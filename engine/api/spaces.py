"""Spaces over HTTP, as far as clients use them (rest-api.md 1.1)."""

from dataclasses import dataclass

from engine.api.query import QueryBool
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.operations.spaces import SpaceBody, Spaces, space_to_json
from engine.operations.values import Strict
from engine.security.caller import ClusterNeed

_ALL = "/api/spaces/space"
_ONE = "/api/spaces/space/{id}"
_WRITING = ClusterNeed(("manage", "all"))


class FindQuery(Strict):
    """The query of listing spaces; accepted without effect."""

    purpose: str | None = None
    include_authorized_purposes: QueryBool = False


def routes(spaces: Spaces) -> tuple[Route, ...]:
    """Reading, for every caller; changes, for whoever may manage the whole of it."""
    on = _SpaceRoutes(spaces)
    return (
        Route("GET", _ALL, on.find, query=FindQuery, summary="List the spaces"),
        Route("POST", _ALL, on.create, body=SpaceBody, needs=_WRITING, summary="Create a space"),
        Route("GET", _ONE, on.get, summary="Get a space"),
        Route("PUT", _ONE, on.update, body=SpaceBody, needs=_WRITING, summary="Replace what is said of a space"),
        Route("DELETE", _ONE, on.delete, needs=_WRITING, summary="Delete a space and everything in it"),
    )


@dataclass(frozen=True, slots=True)
class _SpaceRoutes:
    """One method a route; what each may raise is what its operation raises."""

    spaces: Spaces

    async def find(self, request: Request) -> Answer:
        return answer_json([space_to_json(space) for space in await self.spaces.find()])

    async def get(self, request: Request) -> Answer:
        return answer_json(space_to_json(await self.spaces.get(request.parts["id"])))

    async def create(self, request: Request) -> Answer:
        created = await self.spaces.create(request.body, at=request.at, actor=request.caller.name)
        return answer_json(space_to_json(created))

    async def update(self, request: Request) -> Answer:
        changed = await self.spaces.update(request.parts["id"], request.body, at=request.at, actor=request.caller.name)
        return answer_json(space_to_json(changed))

    async def delete(self, request: Request) -> Answer:
        await self.spaces.delete(request.parts["id"], at=request.at, actor=request.caller.name)
        return NO_CONTENT
