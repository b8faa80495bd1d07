"""Data views over HTTP as they are stored: without the fields of their indices, which no cluster is asked for."""

from dataclasses import dataclass

from engine.api.route import Answer, Request, Route, answer_json
from engine.model.data_view import DataView
from engine.model.jsonvalue import JsonObject
from engine.operations.data_views import DataViewOperations
from engine.query.data_view_spec import spec_of

_ALL = "/api/tocsin/v1/data_views"


def routes(views: DataViewOperations) -> tuple[Route, ...]:
    """Reading needs no right, as for Kibana's own routes."""
    on = _SpecRoutes(views)
    return (
        Route("GET", _ALL, on.find, summary="List data views as they are stored"),
        Route("GET", f"{_ALL}/{{id}}", on.get, summary="Get a data view as it is stored"),
    )


@dataclass(frozen=True, slots=True)
class _SpecRoutes:
    """One method a route."""

    views: DataViewOperations

    async def find(self, request: Request) -> Answer:
        return answer_json({"data_views": [_shown(view) for view in await self.views.find(space=request.space)]})

    async def get(self, request: Request) -> Answer:
        return answer_json(_shown(await self.views.get(request.parts["id"], space=request.space)))


def _shown(view: DataView) -> JsonObject:
    return {"data_view": spec_of(view), "created_by": view.created_by}
